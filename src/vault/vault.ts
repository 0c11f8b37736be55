import type { Database } from '../database/database';
import type { Cipher } from './cipher';
import { Fingerprints } from './fingerprints';
import { PlaceMacs } from './place-macs';
import { UploadKeys } from './upload-keys';

/**
 * The vault has all that is needed to receive, compare, seal and open keys, and to tell whether their rows
 * are as they were written.
 */
export interface Vault {
  readonly cipher: Cipher;
  readonly fingerprints: Fingerprints;
  readonly placeMacs: PlaceMacs;
  readonly uploads: UploadKeys;
}

/**
 * The first start makes the vault's own keys, and every later start reads them. The tokens of the issuer are
 * not taken for keys.
 */
export async function openVault(database: Database, cipher: Cipher, issuer: string): Promise<Vault> {
  const uploads = new UploadKeys(database, cipher, issuer);
  await uploads.rotate();
  const fingerprints = await Fingerprints.load(database, cipher);
  return { cipher, fingerprints, placeMacs: await PlaceMacs.load(database, cipher), uploads };
}
