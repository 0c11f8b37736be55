import type { Viewer } from '../access/viewer';
import { equal, filledUp, partsOf, placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { PROVIDERS } from '../providers';
import type { Fingerprints } from '../vault/fingerprints';
import { candidatesIn } from './key-candidates';

/** How many more words of a request, and parts of them, are looked at. */
export interface Budget {
  left: number;
}

/**
 * Tells which of some texts are, or contain, a key that is set in an agency for whichever provider, or for a
 * portal user one of its own client: of others it learns nothing, not even that a text is their key. It opens
 * nothing. Each word takes some time, so that those beyond the budget are not looked at.
 */
export async function containKnownKeys(
  read: Reader,
  fingerprints: Fingerprints,
  { agencyId, clientId }: Pick<Viewer, 'agencyId' | 'clientId'>,
  texts: readonly string[],
  budget: Budget,
): Promise<boolean[]> {
  const candidates = candidatesIn(texts, budget.left);
  budget.left -= candidates.length;
  if (candidates.length === 0) return texts.map(() => false);
  const wordOf = new Map(
    candidates.flatMap((word) =>
      PROVIDERS.map((provider) => [fingerprints.ofText(word, agencyId, provider), word] as const),
    ),
  );
  const owned = equal({ agencyId, ...(clientId !== null && { ownerId: clientId }) });
  const found: { readonly fingerprint: string }[] = [];
  for (const part of partsOf([...wordOf.keys()])) {
    const prints = filledUp(part);
    found.push(
      ...(await read.rows<{ fingerprint: string }>(
        `SELECT fingerprint FROM api_keys WHERE ${owned.sql} AND fingerprint IN (${placeholders(prints)})`,
        [...owned.values, ...prints],
      )),
    );
  }
  const known = found.flatMap(({ fingerprint }) => wordOf.get(fingerprint) ?? []);
  return texts.map((text) => known.some((word) => text.includes(word)));
}
