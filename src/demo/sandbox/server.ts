import { createHash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../../http/addresses';

/** A stand-in sees a request in this form. */
export interface StandInRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** This is the header as it came, or an empty string. */
  readonly authorization: string;
  /** It is undefined when there was no body, or none that is JSON. */
  readonly body: unknown;
}

export interface StandInReply {
  readonly status: number;
  /** Bytes are sent as they are, and anything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Tests can look at a request afterwards in this form. Only the hash of the key is kept. */
export interface RecordedRequest {
  readonly method: string;
  /** The path includes the query. */
  readonly path: string;
  /**
   * It holds the scheme and the SHA-256 (in hex) of what follows it. It is null if there was no such header.
   */
  readonly authorization: { readonly scheme: string; readonly keyHash: string } | null;
  readonly body: unknown;
}

export interface StandInServer {
  readonly baseUrl: string;
  /** These are the latest 1,000 requests, the oldest first. They are kept in memory and never printed. */
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

const MAX_RECORDED = 1000;
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The server listens on the loopback interface only. With port 0 the operating system chooses a free port.
 */
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
    // A stand-in answers well-formed requests only. All others get no answer.
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
  const bytes = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(bytes);
}

function recordOf({ method, path, query, authorization, body }: StandInRequest): RecordedRequest {
  const [scheme, key] = splitAuthorization(authorization);
  const keyHash = createHash('sha256').update(key).digest('hex');
  const fullPath = query.size > 0 ? `${path}?${query.toString()}` : path;
  return { method, path: fullPath, authorization: authorization ? { scheme, keyHash } : null, body };
}

/**
 * The header is split into its scheme and its credential. A header of one word is a credential without a
 * scheme.
 */
export function splitAuthorization(header: string): [scheme: string, key: string] {
  const [first = '', second] = header.split(' ');
  return second === undefined ? ['', first] : [first, second];
}
