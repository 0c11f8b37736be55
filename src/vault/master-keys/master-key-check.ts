import type { Database } from '../../database/database';
import type { Transaction } from '../../database/transaction';
import { UnusableKeyRing, type KeyRing } from './key-ring';
import { MasterKeyCheckRow } from './master-key.entity';

/** The key ring is not the one with which this database was sealed. */
export class WrongMasterKey extends UnusableKeyRing {}

// As long as a data key, whose place it takes.
const KNOWN = Buffer.from('latchkey master key check: 32 by');

const associated = (name: string) => JSON.stringify(['lk1', 'master-key-check', name]);

/**
 * Holds the key ring against the database before anything is served: a key of the ring whose content is not what it was, or a key that
 * still wraps secrets and is not in the ring, throws `WrongMasterKey`. Keys seen for the first time are noted.
 */
export async function checkMasterKeys(
  database: Database,
  ring: KeyRing,
  namesInUse: readonly string[],
): Promise<void> {
  const missing = namesInUse.filter((name) => !ring.has(name));
  if (missing.length > 0)
    throw new WrongMasterKey(`The key ring lacks master keys that seal stored keys: ${missing.join(', ')}`);
  const known = await database.read.find(MasterKeyCheckRow);
  refuseWrong(ring, known);
  if (unknown(ring, known).length > 0) await database.write((tx) => note(tx, ring));
}

// All or none, and only where none is wrong: a name that is noted is never given to another key, although the start may be refused.
async function note(tx: Transaction, ring: KeyRing): Promise<void> {
  // Again: another instance may have been faster.
  const known = await tx.find(MasterKeyCheckRow);
  refuseWrong(ring, known);
  for (const name of unknown(ring, known)) {
    await tx.insert(MasterKeyCheckRow, {
      name,
      sealed: ring.wrap(KNOWN, associated(name), { name }).toString('base64url'),
    });
  }
}

function refuseWrong(ring: KeyRing, known: readonly MasterKeyCheckRow[]): void {
  const wrong = known.filter((row) => ring.has(row.name) && !opens(ring, row));
  if (wrong.length > 0)
    throw new WrongMasterKey(
      `Not the master key that this database knows by this name: ${wrong.map((row) => row.name).join(', ')}`,
    );
}

function unknown(ring: KeyRing, known: readonly MasterKeyCheckRow[]): string[] {
  return ring.names.filter((name) => known.every((row) => row.name !== name));
}

function opens(ring: KeyRing, row: MasterKeyCheckRow): boolean {
  try {
    return ring.unwrap(row.name, Buffer.from(row.sealed, 'base64url'), associated(row.name)).equals(KNOWN);
  } catch {
    return false;
  }
}
