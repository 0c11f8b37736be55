import { PROVIDER_ID_MAX_LENGTH } from '../graphql/checks';
import { withoutUnseenEnds } from '../graphql/invisible';
import { userError, type UserError } from '../graphql/user-error';
import { providers } from '.';
import type { ProviderAdapter } from './provider';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Keys of many services, tokens of Latchkey, JSON web tokens, and what stands around a key. */
const KEY_OR_TOKEN = /^(sk[-_]|lk_|eyJ|bearer\b)|^\w+=/i;

/** People paste these things in place of an id. The most telling form comes first. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [/^[a-z][a-z\d+.-]*:\/\/|^www\.|\//i, 'an address (URL)'],
  [/^[^@]+@[^@]+\.[^@]+$/, 'an e-mail address'],
  [/^\+?[\d().-]{7,20}$/, 'a phone number'],
];

/**
 * The result is the provider's own id of an agent or of a phone number, without what copy-and-paste put
 * around it, or the reason why the value cannot be one. Nothing of what was sent is repeated, because it may
 * be a key.
 */
export function checkProviderId(
  adapter: ProviderAdapter,
  value: string,
  field: readonly string[],
): string | UserError {
  // An id with invisible characters looks right, but the provider finds no agent by it.
  const id = withoutUnseenEnds(value);
  if (id === '') return userError('REQUIRED', field);
  if (id.length > PROVIDER_ID_MAX_LENGTH)
    return userError('TOO_LONG', field, `At most ${PROVIDER_ID_MAX_LENGTH} characters.`);
  if (!/^[\x21-\x7E]+$/.test(id))
    return userError('INVALID_FORMAT', field, 'Only printable ASCII characters without spaces.');
  const mistaken = mistakenFor(id);
  if (!hasForm(adapter, id) || (adapter.idForm === 'ANY' && mistaken !== undefined))
    return userError('INVALID_FORMAT', field, messageFor(adapter, mistaken));
  // Databases compare ids letter by letter.
  return adapter.idForm === 'UUID' ? id.toLowerCase() : id;
}

function mistakenFor(id: string): string | undefined {
  const found = MISTAKEN.find(([form]) => form.test(id))?.[1];
  // A key must not be stored as an id, because ids are shown.
  return found ?? (KEY_OR_TOKEN.test(id) || isKeyOfProvider(id) ? 'an API key or a token' : undefined);
}

function isKeyOfProvider(text: string): boolean {
  const prefixes = providers.flatMap(({ keyPrefixes }: ProviderAdapter) => keyPrefixes);
  return prefixes.some((prefix) => text.toLowerCase().startsWith(prefix));
}

function hasForm({ idForm }: ProviderAdapter, id: string): boolean {
  if (idForm === 'ANY') return true;
  return idForm === 'UUID' ? UUID.test(id) : id.startsWith(idForm.prefix) && id !== idForm.prefix;
}

function messageFor({ name, idForm }: ProviderAdapter, mistaken: string | undefined): string {
  const is =
    mistaken === undefined ? `This is not an id of ${name}` : `This is ${mistaken}, not an id of ${name}`;
  if (idForm === 'ANY') return `${is}.`;
  return idForm === 'UUID' ? `${is}: these are UUIDs.` : `${is}: these begin with \`${idForm.prefix}\`.`;
}
