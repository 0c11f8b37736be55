import type { Reader } from '../database/transaction';
import type { Provider } from '../providers';
import type { Fingerprints } from '../vault/fingerprints';
import { Secret } from '../vault/secret';

/** Whether text is one of the keys that are set in an agency for a provider. Opens nothing. */
export async function isKnownKey(
  read: Reader,
  fingerprints: Fingerprints,
  agencyId: string,
  provider: Provider,
  text: string,
): Promise<boolean> {
  const key = new Secret(text).read();
  if (typeof key === 'string') return false;
  const found = await read.rows('SELECT id FROM api_keys WHERE agencyId = ? AND fingerprint = ?', [
    agencyId,
    fingerprints.of(key, agencyId, provider),
  ]);
  return found.length > 0;
}
