import type { Database } from '../database/database';
import type { Cipher } from './cipher';
import { Fingerprints } from './fingerprints';
import { UploadKeys } from './upload-keys';

/** All that it takes to receive, compare, seal and open keys. */
export interface Vault {
  readonly cipher: Cipher;
  readonly fingerprints: Fingerprints;
  readonly uploads: UploadKeys;
}

/** Makes the vault's own keys at the first start, and reads them at every other. */
export async function openVault(database: Database, cipher: Cipher): Promise<Vault> {
  const uploads = new UploadKeys(database, cipher);
  await uploads.rotate();
  return { cipher, fingerprints: await Fingerprints.load(database, cipher), uploads };
}
