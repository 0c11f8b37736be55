import { migrations } from '../migrations';
import { AuditTrail } from './audit/audit-trail';
import type { Config } from './config';
import { entities } from './entities';
import { giveMacsToOldPlaces } from './keys/old-places';
import { givenUp, openDatabase, type Database } from './database/database';
import type { Metrics } from './platform/metrics';
import { sealedTables } from './sealed-tables';
import { Cipher } from './vault/cipher';
import { noteMasterKeys, refuseWrongMasterKeys } from './vault/master-keys/master-key-check';
import { countByMasterKey } from './vault/master-keys/sealed-table';
import { openVault, type Vault } from './vault/vault';

/** The contents of the database, for the server and for its command line. */
export interface Store {
  readonly database: Database;
  readonly vault: Vault;
  readonly audit: AuditTrail;
}

/**
 * Opens the database, brings it up to date, and opens the keys that belong to it. Throws `UnusableKeyRing`.
 */
export async function openStore(config: Config, metrics: Metrics | null = null): Promise<Store> {
  const ring = await config.keyRing.unseal(config.keyServices);
  const database = await openDatabase(config.databaseUrl, { entities, migrations });
  try {
    const inUse = await countByMasterKey(database.read, sealedTables);
    await refuseWrongMasterKeys(database, ring, [...inUse.keys()]);
    await giveMacsToOldPlaces(database, ring);
    await noteMasterKeys(database, ring);
    const vault = await openVault(database, new Cipher(ring, metrics), config.auth.issuer);
    return { database, vault, audit: await AuditTrail.open(database, vault.cipher) };
  } catch (error) {
    throw await givenUp(database, error);
  }
}
