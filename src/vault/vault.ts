import type { Database } from '../database/database';
import type { Cipher } from './cipher';
import { Fingerprints } from './fingerprints';
import { PlaceMacs } from './place-macs';
import { UploadKeys } from './upload-keys';
import { WebhookTokens } from './webhook-tokens';

/**
 * The vault has all that is needed to receive, compare, seal and open keys, and to tell whether their rows
 * are as they were written.
 */
export interface Vault {
  readonly cipher: Cipher;
  readonly fingerprints: Fingerprints;
  readonly placeMacs: PlaceMacs;
  readonly uploads: UploadKeys;
  readonly webhookTokens: WebhookTokens;
}

/**
 * The first start makes the vault's own keys, and every later start reads them. The tokens of the issuer are
 * not taken for keys.
 */
export async function openVault(database: Database, cipher: Cipher, issuer: string): Promise<Vault> {
  const uploads = new UploadKeys(database, cipher, issuer);
  await uploads.rotate();
  const fingerprints = await Fingerprints.load(database, cipher);
  const placeMacs = await PlaceMacs.load(database, cipher);
  const webhookTokens = await WebhookTokens.load(database, cipher);
  return { cipher, fingerprints, placeMacs, uploads, webhookTokens };
}
