import { KEY_MAX_LENGTH, KEY_MIN_LENGTH } from '../vault/secret';

const KEY_FORM = new RegExp(`^[\\x21-\\x7E]{${KEY_MIN_LENGTH},${KEY_MAX_LENGTH}}$`);
/** No key is taken that has the form of a phone number, which every request for a call has. */
const PHONE_NUMBER = /^\+[\d().-]{7,20}$/;
/** Every part of a word is looked at where it has no more pieces than this. A UUID has five. */
const MAX_PIECES = 12;

/** Finds what has the characters and the length of a key. */
export function candidatesIn(texts: readonly string[], most: number): readonly string[] {
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
    .flatMap((text) => [...text.split(/\s+/), ...text.split(/[^\w+/=.~-]+/)])
    .filter(({ length }) => length >= KEY_MIN_LENGTH);
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
