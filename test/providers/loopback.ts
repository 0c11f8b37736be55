import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { sendWith, type KeyPresentation, type OutboundLimits, type Send } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';

/** A key that is easy to find wherever it should not be. */
export const KEY = 'canary_key_3f9d1c77_do_not_show';

const BEARER: KeyPresentation = { scheme: 'Bearer' };
const LIMITS: OutboundLimits = { timeoutMs: 5000, maxBodyBytes: 64 * 1024 };

export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly bytes: Buffer;
}

/** The key of a request, where it came as the provider wants it. */
export function keyOf({ headers }: SeenRequest, presentation: KeyPresentation): unknown {
  if ('header' in presentation) return headers[presentation.header.toLowerCase()];
  const [scheme, key] = headers.authorization?.split(' ') ?? [];
  return scheme === presentation.scheme ? key : undefined;
}

/** A real HTTP server on loopback that answers everything in one way, and remembers what it was sent. */
export class Loopback {
  static readonly #open = new Set<Loopback>();
  readonly seen: SeenRequest[] = [];
  /** Settles when the first connection is closed, by whichever side. */
  readonly disconnected: Promise<Socket>;
  #answer: RequestListener = (_incoming, outgoing) => void outgoing.end();
  readonly #server = createServer((incoming, outgoing) => void this.#receive(incoming, outgoing));

  private constructor() {
    this.disconnected = new Promise((resolve) => {
      this.#server.on('connection', (socket) => socket.on('close', () => resolve(socket)));
    });
  }

  static async start(answer?: RequestListener): Promise<Loopback> {
    const loopback = new Loopback();
    if (answer) loopback.#answer = answer;
    Loopback.#open.add(loopback);
    await new Promise<void>((resolve) => loopback.#server.listen(0, '127.0.0.1', resolve));
    return loopback;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get baseUrl(): string {
    return `http://${this.host}`;
  }

  /** Sends to this server as the vault does. */
  sender(limits: Partial<OutboundLimits> = {}, keyPresentation: KeyPresentation = BEARER, key = KEY): Send {
    const target = { baseUrl: this.baseUrl, keyPresentation };
    return (request) => sendWith(new ApiKeyText(key), target, request, { ...LIMITS, ...limits });
  }

  static async closeAll(): Promise<void> {
    await Promise.all([...Loopback.#open].map((loopback) => loopback.close()));
  }

  close(): Promise<void> {
    Loopback.#open.delete(this);
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #receive(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      // A request that stops before its end is not among those that were seen.
      return;
    }
    const { method, url, headers } = incoming;
    const bytes = Buffer.concat(chunks);
    this.seen.push({ method, url, headers, body: bytes.toString(), bytes });
    this.#answer(incoming, outgoing);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): RequestListener {
  return text(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function text(
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): RequestListener {
  return (_incoming, outgoing) => void outgoing.writeHead(status, headers).end(body);
}

/** Takes the request and never answers. */
export const silence: RequestListener = () => undefined;

/** Takes the request and drops the connection. */
export const hangUp: RequestListener = (incoming) => void incoming.socket.destroy();

/** Says that it goes on by another protocol, which nobody has asked for, and keeps the connection. */
export const upgrade: RequestListener = (incoming) =>
  void incoming.socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n',
  );

/** Answers with the status line and the beginning of a body, of which the rest never comes. */
export function stall(status: number): RequestListener {
  return (_incoming, outgoing) =>
    void outgoing.writeHead(status, { 'content-type': 'application/json' }).write('{"status":');
}

/** Promises more than it sends, and drops the connection. */
export function truncated(status: number): RequestListener {
  return (incoming, outgoing) => {
    outgoing.writeHead(status, { 'content-length': '1000' });
    outgoing.write('{"status":"success"', () => incoming.socket.destroy());
  };
}

/** A body of so many bytes, sent as fast as it is taken. */
export function flood(status: number, bytes: number): RequestListener {
  const chunk = Buffer.alloc(64 * 1024, '[');
  return (_incoming, outgoing) => {
    outgoing.writeHead(status, { 'content-type': 'application/json' });
    let left = bytes;
    const pour = () => {
      while (left > 0 && !outgoing.destroyed) {
        left -= chunk.length;
        if (!outgoing.write(chunk)) return void outgoing.once('drain', pour);
      }
      outgoing.end();
    };
    pour();
  };
}

/** The base URL of a port on which nothing listens any more. */
export async function deadUrl(): Promise<string> {
  const loopback = await Loopback.start();
  const { baseUrl } = loopback;
  await loopback.close();
  return baseUrl;
}
