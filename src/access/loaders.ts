import DataLoader from 'dataloader';
import { isKnown, type Ids } from '../database/rows-of-ids';
import { tookTooLong } from '../graphql/errors';

/** A read of one field for many of its parents at once, which it answers by their ids. */
export interface AheadRead {
  readonly key: string;
  readonly read: (ids: Ids) => Promise<ReadonlyMap<string, unknown>>;
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
   * Reads what is expected of the first clients that are found, in one go with what `find` reads. What cannot
   * be read is left to its field, which tells why.
   */
  async readAhead<T>(clients: Ids, find: () => T | Promise<T>): Promise<T> {
    // This happens once: a document may ask for a hundred lists of clients, each of which would be read for
    // all that is asked of any of them.
    const isNone = isKnown(clients) && clients.length === 0;
    const expected = isNone || this.#stopped ? [] : this.#expected.splice(0);
    const readOne = async ({ key, read }: AheadRead) => void this.#read.set(key, await read(clients));
    const [found] = await this.together(() =>
      Promise.all([find(), Promise.allSettled(expected.map(readOne))]),
    );
    return found;
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
