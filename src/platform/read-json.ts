/** The longest answer that is read of a service that an operator has named, in bytes: 1 MiB. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** An answer was not read to its end, or is not JSON. The message quotes nothing of it. */
export class UnreadableAnswer extends Error {}

/**
 * Reads the body of a response as JSON. Throws `UnreadableAnswer` for one that is longer than
 * `MAX_ANSWER_BYTES`, so that no answer fills the memory; and whatever `fetch` throws when the connection
 * breaks or the time is over.
 */
export async function readJson(response: Response): Promise<unknown> {
  const bytes = await readBytes(response, MAX_ANSWER_BYTES);
  if (bytes === null) throw new UnreadableAnswer(`longer than ${MAX_ANSWER_BYTES} bytes`);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new UnreadableAnswer('not JSON');
  }
}

/**
 * Reads the body of a response, counted after decompression, and returns null for one that is longer. Throws
 * whatever `fetch` throws when the connection breaks or the time is over.
 */
export async function readBytes({ body }: Response, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the stream, which closes the connection, so that the rest is not received
  // either.
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
