import DataLoader from 'dataloader';
import { tookTooLong } from './errors';

/** A read of one field for many of its parents at once, which it answers in their order. */
export interface AheadRead {
  readonly key: string;
  readonly read: (ids: readonly string[]) => Promise<readonly unknown[]>;
}

/**
 * The batching loaders of one request, made on first use: look-ups of the same kind in one tick become one
 * statement. They keep nothing: of two mutations in one document, the second must not answer with what the
 * first one saw.
 */
export class Loaders {
  readonly #byName = new Map<string, DataLoader<string, unknown>>();
  readonly #read = new Map<string, ReadonlyMap<string, unknown>>();
  #expected: AheadRead[] = [];
  #stopped = false;

  /** `together` sends what is asked of the database in one go at once. */
  constructor(private readonly together: <T>(ask: () => T) => T) {}

  /** Nothing more is loaded: the answer would come too late. */
  stop(): void {
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  load<V>(name: string, id: string, batch: (ids: readonly string[]) => Promise<readonly V[]>): Promise<V> {
    if (this.#stopped) return Promise.reject(tookTooLong());
    const loader =
      this.#byName.get(name) ??
      new DataLoader<string, unknown>((ids) => oncePerId(ids, batch), { cache: false });
    this.#byName.set(name, loader);
    return loader.load(id) as Promise<V>;
  }

  /**
   * Notes what will be asked of clients. Only queries may say so: a mutation could change what was read
   * before it.
   */
  expect(reads: readonly AheadRead[]): void {
    this.#expected = [...reads];
  }

  /**
   * Reads at once what is expected of the first clients that are found. What cannot be read is left to its
   * field, which tells why.
   */
  async readAhead(clientIds: readonly string[]): Promise<void> {
    // This happens once: a document may ask for a hundred lists of clients, each of which would be read for
    // all that is asked of any of them.
    const expected = clientIds.length === 0 || this.#stopped ? [] : this.#expected.splice(0);
    const readOne = async ({ key, read }: AheadRead) => {
      const values = await read(clientIds);
      this.#read.set(key, new Map(clientIds.map((id, index) => [id, values[index]])));
    };
    await Promise.allSettled(this.together(() => expected.map(readOne)));
  }

  /** Answers what was read ahead; undefined where nothing was. */
  known(key: string, clientId: string): unknown {
    return this.#read.get(key)?.get(clientId);
  }
}

async function oncePerId<V>(
  ids: readonly string[],
  batch: (ids: readonly string[]) => Promise<readonly V[]>,
): Promise<V[]> {
  const unique = [...new Set(ids)];
  const values = await batch(unique);
  const byId = new Map(unique.map((id, index) => [id, values[index] as V]));
  return ids.map((id) => byId.get(id) as V);
}
