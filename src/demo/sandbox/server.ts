import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../../http/addresses';

/** A request as a stand-in sees it. */
export interface StandInRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The header as it came, or the empty string. */
  readonly authorization: string;
  /** Undefined when there was none, or none that is JSON. */
  readonly body: unknown;
}

export interface StandInReply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as tests may look at it afterwards. Of the key there is its hash alone. */
export interface RecordedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Scheme and SHA-256 (hex) of what follows it; null without the header. */
  readonly authorization: { readonly scheme: string; readonly keyHash: string } | null;
  readonly body: unknown;
}

export interface StandInServer {
  readonly baseUrl: string;
  /** The latest 1,000, the oldest first. Kept in memory, never printed. */
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

const MAX_RECORDED = 1000;
const MAX_BODY_BYTES = 1024 * 1024;

/** Serves on loopback only; with port 0 the operating system chooses a free one. */
export async function serve(
  answer: (request: StandInRequest) => StandInReply,
  port = 0,
): Promise<StandInServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const answered = readRequest(incoming).then((request) => {
      requests.push(recordOf(request));
      if (requests.length > MAX_RECORDED) requests.shift();
      const isHere = isLoopbackHost(incoming.headers.host);
      reply(outgoing, isHere ? answer(request) : { status: 421, body: {} });
    });
    // A stand-in is there for what is well formed; the rest gets no answer.
    answered.catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  const { port: chosen } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${chosen}`, requests, close: () => closed(server) };
}

function closed(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function readRequest(incoming: IncomingMessage): Promise<StandInRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new RangeError('The request is too long');
    chunks.push(chunk);
  }
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const { method = 'GET', headers } = incoming;
  const body = parse(Buffer.concat(chunks).toString());
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    authorization: headers.authorization ?? '',
    body,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reply(outgoing: ServerResponse, { status, body, headers }: StandInReply): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function recordOf({ method, path, query, authorization, body }: StandInRequest): RecordedRequest {
  const [scheme, key] = splitAuthorization(authorization);
  const keyHash = createHash('sha256').update(key).digest('hex');
  const fullPath = query.size > 0 ? `${path}?${query.toString()}` : path;
  return { method, path: fullPath, authorization: authorization ? { scheme, keyHash } : null, body };
}

/** Scheme and credential; a header that is one word is a credential without a scheme. */
export function splitAuthorization(header: string): [scheme: string, key: string] {
  const [first = '', second] = header.split(' ');
  return second === undefined ? ['', first] : [first, second];
}
