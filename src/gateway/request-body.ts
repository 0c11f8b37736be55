import { Transform, type Readable } from 'node:stream';
import { GatewayRefusal } from './refusals';

/** The longest body of a request, in bytes, and that of a file which is uploaded. */
export const MAX_BODY_BYTES = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;

/** Returns undefined for what is no JSON. A byte order mark before it is left out. */
export function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads a body of at most `MAX_BODY_BYTES`. */
export async function readBody(body: Readable | null): Promise<Buffer | null> {
  if (!body) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new GatewayRefusal('BODY_TOO_LARGE');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Lets a body through as it comes, as far as the bound. */
export function bounded(body: Readable | null): Readable | null {
  let bytes = 0;
  const bound = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > MAX_UPLOAD_BYTES) done(new GatewayRefusal('BODY_TOO_LARGE'));
      else done(null, chunk);
    },
  });
  body?.on('error', (error) => bound.destroy(error));
  // It may end before anybody reads it: an error that nobody hears of would end the process.
  bound.on('error', () => undefined);
  return body && body.pipe(bound);
}
