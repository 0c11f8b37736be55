/** A list of a payload that is read when a document asks for it, and not otherwise. */
export type OnDemand<T> = readonly T[] | (() => Promise<readonly T[]>);

/** Reads once what several fields of a payload tell of. */
export function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => (answer ??= read());
}
