import { migrations } from '../migrations';
import { AuditTrail, NoAuditTrail } from './audit/audit-trail';
import type { ReadPlaces } from './audit/place-comparison';
import type { Config } from './config';
import { entities } from './entities';
import { readStatedPlaces } from './keys/stated-places';
import { givenUp, openToRead, type ReadOnlyDatabase } from './database/database';
import { Cipher, UnreadableKey } from './vault/cipher';
import { UnusableKeyRing } from './vault/master-keys/key-ring';
import { isFromBeforeMacs } from './vault/master-keys/master-key-check';
import { PlaceMacs } from './vault/place-macs';

/** The parts of the database that are verified: the audit trail, and the places of keys of which it tells. */
export interface StoredTrail {
  readonly database: ReadOnlyDatabase;
  readonly audit: AuditTrail;
  readonly readPlaces: ReadPlaces;
}

/**
 * Opens the audit trail alone, in order to verify it. It writes nothing, neither a migration nor a key.
 * Throws `UnusableKeyRing` or `NoAuditTrail`.
 */
export async function openAuditTrail(config: Config): Promise<StoredTrail> {
  const ring = await config.keyRing.unseal(config.keyServices);
  const database = await openToRead(config.databaseUrl, { entities, migrations });
  if (!database) throw new NoAuditTrail('There is no audit trail in this database');
  try {
    const cipher = new Cipher(ring);
    const audit = await AuditTrail.openExisting(database, cipher);
    const macs = (await isFromBeforeMacs(database.read, ring))
      ? null
      : await PlaceMacs.readExisting(database.read, cipher);
    return { database, audit, readPlaces: (agencyId) => readStatedPlaces(database.read, macs, agencyId) };
  } catch (error) {
    throw error instanceof UnreadableKey
      ? await givenUp(database, new UnusableKeyRing("The key ring does not open the audit trail's key"))
      : await givenUp(database, error);
  }
}
