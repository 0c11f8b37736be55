import type { Database } from '../../database/database';
import { UnreadableKey, type Cipher } from '../cipher';
import type { SealedTable, StoredSecret } from './sealed-table';

export type RotationStep =
  /** `done` secrets are finished, of the `total` that this walk through the table found at its start. */
  | { readonly kind: 'PROGRESS'; readonly table: string; readonly done: number; readonly total: number }
  /** The secret of this row does not open. It is left as it is. */
  | { readonly kind: 'UNREADABLE'; readonly table: string; readonly key: string };

/** A batch is small, so that nobody who sets or clears one of its keys meanwhile waits for long. */
const BATCH = 100;

/**
 * This wraps the data key of every secret with the active master key. It walks through the tables again until
 * a walk finds nothing to do, so that it does not miss secrets that other instances seal with an older key
 * meanwhile. It keeps its state in the database alone, so that it continues after a crash, and several may
 * run at once.
 */
export async function* rotateMasterKeys(
  database: Database,
  cipher: Cipher,
  tables: readonly SealedTable[],
): AsyncGenerator<RotationStep> {
  const named = new Set<string>();
  for (let moved = true; moved;) {
    moved = false;
    for (const table of tables) {
      for await (const step of walkThrough(database, cipher, table)) {
        moved ||= step.kind === 'PROGRESS';
        const fault = step.kind === 'UNREADABLE' ? `${step.table} ${step.key}` : '';
        if (!named.has(fault)) yield step;
        if (fault !== '') named.add(fault);
      }
    }
  }
}

async function* walkThrough(
  database: Database,
  cipher: Cipher,
  table: SealedTable,
): AsyncGenerator<RotationStep> {
  const { name } = table;
  const next = (after: string | null) =>
    table.wrappedByOthers(database.read, cipher.masterKeyName, after, BATCH);
  const total = await countOthers(database, cipher, table);
  let done = 0;
  for (let batch = await next(null); batch.length > 0; batch = await next(batch.at(-1)?.key ?? null)) {
    const rewrapped: Rewrapped[] = [];
    for (const secret of batch) {
      const sealed = rewrap(cipher, secret);
      if (sealed === null) yield { kind: 'UNREADABLE', table: name, key: secret.key };
      else rewrapped.push({ secret, sealed });
    }
    if (rewrapped.length === 0) continue;
    done += await store(database, cipher, table, rewrapped);
    yield { kind: 'PROGRESS', table: name, done, total: Math.max(done, total) };
  }
}

interface Rewrapped {
  readonly secret: StoredSecret;
  readonly sealed: string;
}

/**
 * The batch is stored in one transaction. The result is the number of rows that were written: a row that was
 * changed since it was read stays as it is.
 */
function store(
  database: Database,
  cipher: Cipher,
  table: SealedTable,
  batch: readonly Rewrapped[],
): Promise<number> {
  return database.write(async (tx) => {
    let stored = 0;
    for (const { secret, sealed } of batch) {
      if (await table.replace(tx, secret, sealed, cipher.masterKeyName)) stored += 1;
    }
    return stored;
  });
}

function rewrap(cipher: Cipher, { sealed, place }: StoredSecret): string | null {
  if (sealed === null) return null;
  try {
    return cipher.rewrap(sealed, place);
  } catch (error) {
    if (error instanceof UnreadableKey) return null;
    throw error;
  }
}

async function countOthers(database: Database, cipher: Cipher, table: SealedTable): Promise<number> {
  const counts = await table.countByMasterKey(database.read);
  return [...counts].reduce((sum, [name, count]) => (name === cipher.masterKeyName ? sum : sum + count), 0);
}
