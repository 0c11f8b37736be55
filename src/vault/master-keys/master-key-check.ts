import type { Database } from '../../database/database';
import type { Reader, Transaction } from '../../database/transaction';
import { UnusableKeyRing, type KeyRing } from './key-ring';
import { MasterKeyCheckRow } from './master-key.entity';

/** The key ring is not the one with which this database was sealed. */
export class WrongMasterKey extends UnusableKeyRing {}

// This text is as long as a data key, in whose place it is wrapped.
const KNOWN = Buffer.from('latchkey master key check: 32 by');

/** The format is `lk1` in databases whose places have no MACs yet. */
type Format = 'lk1' | 'lk2';

const associated = (name: string, format: Format) => JSON.stringify([format, 'master-key-check', name]);

/**
 * This compares the key ring with the database before anything is served. It throws `WrongMasterKey` if a key
 * of the ring is not the one that the database knows by its name, or if a key that still wraps secrets is
 * missing from the ring.
 */
export async function refuseWrongMasterKeys(
  database: Database,
  ring: KeyRing,
  namesInUse: readonly string[],
): Promise<void> {
  const missing = namesInUse.filter((name) => !ring.has(name));
  if (missing.length > 0)
    throw new WrongMasterKey(`The key ring lacks master keys that seal stored keys: ${missing.join(', ')}`);
  refuseWrong(ring, await database.read.find(MasterKeyCheckRow));
}

/**
 * This records the keys of the ring that the database does not know yet. It throws `WrongMasterKey` if a key
 * is not the one that the database knows by its name.
 */
export async function noteMasterKeys(database: Database, ring: KeyRing): Promise<void> {
  const known = await database.read.find(MasterKeyCheckRow);
  refuseWrong(ring, known);
  if (unknown(ring, known).length > 0) await database.write((tx) => note(tx, ring));
}

/**
 * This tells whether the database was last opened by a release without MACs of places. Nobody can make a
 * newer database look like that without the master key, because the check value of each master key is sealed
 * in another format from then on (see `noteMacs`).
 */
export async function isFromBeforeMacs(reader: Reader, ring: KeyRing): Promise<boolean> {
  const known = (await reader.find(MasterKeyCheckRow)).filter(({ name }) => ring.has(name));
  return known.length > 0 && known.every((row) => opens(ring, row, 'lk1'));
}

/** This runs inside a `write`. It records that every place has a MAC from now on. */
export async function noteMacs(tx: Transaction, ring: KeyRing): Promise<void> {
  const known = (await tx.find(MasterKeyCheckRow)).filter(({ name }) => ring.has(name));
  for (const { name } of known) await tx.update(MasterKeyCheckRow, { name }, { sealed: checkOf(ring, name) });
}

// Either all keys are recorded or, if one of them is wrong, none. A recorded name belongs to its key for
// good, so a start that is refused must record nothing.
async function note(tx: Transaction, ring: KeyRing): Promise<void> {
  // The check is repeated inside the transaction, because another instance may have been faster.
  const known = await tx.find(MasterKeyCheckRow);
  refuseWrong(ring, known);
  for (const name of unknown(ring, known)) {
    await tx.insert(MasterKeyCheckRow, { name, sealed: checkOf(ring, name) });
  }
}

function checkOf(ring: KeyRing, name: string): string {
  return ring.wrap(KNOWN, associated(name, 'lk2'), { name }).toString('base64url');
}

function refuseWrong(ring: KeyRing, known: readonly MasterKeyCheckRow[]): void {
  const wrong = known.filter(
    (row) => ring.has(row.name) && !opens(ring, row, 'lk2') && !opens(ring, row, 'lk1'),
  );
  if (wrong.length > 0)
    throw new WrongMasterKey(
      `Not the master key that this database knows by this name: ${wrong.map((row) => row.name).join(', ')}`,
    );
}

function unknown(ring: KeyRing, known: readonly MasterKeyCheckRow[]): string[] {
  return ring.names.filter((name) => known.every((row) => row.name !== name));
}

function opens(ring: KeyRing, { name, sealed }: MasterKeyCheckRow, format: Format): boolean {
  try {
    return ring.unwrap(name, Buffer.from(sealed, 'base64url'), associated(name, format)).equals(KNOWN);
  } catch {
    return false;
  }
}
