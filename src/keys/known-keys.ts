import { placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { PROVIDERS } from '../providers';
import type { Fingerprints } from '../vault/fingerprints';
import { Secret } from '../vault/secret';

/** So many words of a request that look like keys are looked up. Real texts have hardly any. */
const MAX_LOOKED_UP = 50;

/**
 * Tells which of some texts are, or contain as a word, a key that is set in an agency for whichever provider.
 * It opens nothing, and asks the database once at most.
 */
export async function containKnownKeys(
  read: Reader,
  fingerprints: Fingerprints,
  agencyId: string,
  texts: readonly string[],
): Promise<boolean[]> {
  const prints = texts.map((text) =>
    keysIn(text).flatMap((key) => PROVIDERS.map((provider) => fingerprints.of(key, agencyId, provider))),
  );
  const all = [...new Set(prints.flat())];
  if (all.length === 0) return texts.map(() => false);
  const found = await read.rows<{ fingerprint: string }>(
    `SELECT fingerprint FROM api_keys WHERE agencyId = ? AND fingerprint IN (${placeholders(all)})`,
    [agencyId, ...all],
  );
  const known = new Set(found.map(({ fingerprint }) => fingerprint));
  return prints.map((ofText) => ofText.some((print) => known.has(print)));
}

// A key has no spaces, and what else surrounds one is no part of it.
function keysIn(text: string) {
  const words = new Set([text, ...text.split(/\s+/), ...text.split(/[^\w+/=.~-]+/)]);
  return [...words].slice(0, MAX_LOOKED_UP).flatMap((word) => {
    const key = new Secret(word).read();
    return typeof key === 'string' ? [] : [key];
  });
}
