import type { Viewer } from '../access/viewer';
import { equal, filledUp, partsOf, placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { PROVIDERS } from '../providers';
import type { Fingerprints } from '../vault/fingerprints';
import { KEY_MAX_LENGTH, KEY_MIN_LENGTH } from '../vault/secret';

const KEY_FORM = new RegExp(`^[\\x21-\\x7E]{${KEY_MIN_LENGTH},${KEY_MAX_LENGTH}}$`);
/** No key is taken that has the form of a phone number, which every request for a call has. */
const PHONE_NUMBER = /^\+[\d().-]{7,20}$/;
/** Every part of a word is looked at where it has no more pieces than this. A UUID has five. */
const MAX_PIECES = 12;

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

/** Finds what has the characters and the length of a key. */
function candidatesIn(texts: readonly string[], most: number): readonly string[] {
  const found = new Set<string>();
  for (const word of wordsAndParts(texts)) {
    if (found.size >= most) break;
    if (KEY_FORM.test(word)) found.add(word);
  }
  return [...found];
}

// A key has no spaces. What surrounds one, as in `KEY=...` or at the end of a sentence, may stand within one
// as well, so that the parts of words are looked at behind all words.
function* wordsAndParts(texts: readonly string[]): Generator<string> {
  const words = texts
    .filter((text) => !PHONE_NUMBER.test(text))
    .flatMap((text) => [...text.split(/\s+/), ...text.split(/[^\w+/=.~-]+/)]);
  yield* words;
  for (const word of words) yield* piecesOf(word);
}

/** The parts of a word that begin and end with a letter or a digit. */
function piecesOf(word: string): string[] {
  const pieces = [...word.matchAll(/[A-Za-z0-9]+/g)];
  if (pieces.length > MAX_PIECES) return word.split(/[^\w+/=.~-]+|[/=]/);
  return pieces.flatMap(({ index: start }, first) =>
    pieces.slice(first).map(({ index, 0: last }) => word.slice(start, index + last.length)),
  );
}
