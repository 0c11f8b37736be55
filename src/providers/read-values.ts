import { PROVIDER_ID_MAX_LENGTH } from '../graphql/checks';
import { isId } from '../platform/ids';
import { textField } from './json';

// In a URL the names `.` and `..` lead to another path, however they are encoded. What JSON escapes, which
// would take twice the room there, is in no id.
const ID = /^(?!\.{1,2}$)(?!.*["\\])[\x21-\x7E]+$/;
const E164 = /^\+[1-9]\d{6,14}$/;

export function isProviderId(text: string): boolean {
  return text.length <= PROVIDER_ID_MAX_LENGTH && ID.test(text);
}

export function readId(json: unknown, ...names: readonly string[]): string | null {
  const ids = names.map((name) => textField(json, name));
  return ids.find(isProviderId) ?? null;
}

export function readNumber(json: unknown, name: string): string | null {
  const number = textField(json, name);
  return E164.test(number) ? number : null;
}

/** Reads the property of metadata that Latchkey sends with each call. */
export function readLatchkeyId(metadata: unknown): string | null {
  const id = textField(metadata, 'latchkey_call_id');
  return isId(id) ? id : null;
}

/** Translates a provider's word. The result is null for a word that is not in the table. */
export function readWord<W>(words: Readonly<Record<string, W>>, word: string): W | null {
  return Object.hasOwn(words, word) ? (words[word] ?? null) : null;
}
