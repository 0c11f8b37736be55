import type { Origin } from '../access/viewer';
import { userError, type UserError, type UserErrorCode } from '../graphql/user-error';
import { adapterOf, PROVIDERS, type Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import {
  KEY_MAX_LENGTH,
  KEY_MIN_LENGTH,
  type ApiKeyText,
  type Secret,
  type SecretFault,
} from '../vault/secret';
import type { Vault } from '../vault/vault';
import type { KeyToStore } from './key-writer';
import type { KeyOwner } from './key-store';

/** This is one key of a request, as it came in. */
export interface KeyEntry {
  readonly provider: Provider;
  readonly apiKey: Secret;
  readonly region?: ProviderRegion | null;
  readonly expectedVersion?: number | null;
}

/** `ID` is for what a provider gives to its agents, and `SIGNING` for what webhooks are signed with. */
type KeyFault = SecretFault | 'ID' | 'SIGNING';

/** A reader checks the keys that are meant for one owner, whether they come as plain text or sealed. */
export interface KeyReader {
  hasRegion(provider: Provider, region: ProviderRegion): boolean;
  read(provider: Provider, region: ProviderRegion, secret: Secret): Promise<ApiKeyText | KeyFault>;
}

/**
 * `origin` tells where the request came from. It is null for keys that come by a one-time link, which are
 * sent with no token. A key opens an account, unless it is for `WEBHOOKS`, which it signs.
 */
export function keyReader(
  vault: Vault,
  providers: ProviderApi,
  { agencyId, id: ownerId }: KeyOwner,
  origin: Origin | null,
  use: 'ACCOUNT' | 'WEBHOOKS' = 'ACCOUNT',
): KeyReader {
  return {
    hasRegion: (provider, region) => providers.hasRegion(provider, region),
    async read(provider, region, secret) {
      const place = { agencyId, ownerId, provider, region };
      const key = await vault.uploads.read(secret, place, origin?.tokenDigest?.() ?? null);
      if (typeof key === 'string') return key;
      const beginsWith = (prefixes: readonly string[]) => prefixes.some((prefix) => key.beginsWith(prefix));
      if (beginsWith(ID_PREFIXES)) return 'ID';
      return use === 'ACCOUNT' && beginsWith(SIGNING_PREFIXES) ? 'SIGNING' : key;
    },
  };
}

/** Secrets and public keys of Standard Webhooks begin with these, those of Latchkey's own webhooks too. */
const SIGNING_PREFIXES = ['whsec_', 'whpk_'];

/** Some providers' ids of agents begin with these. They are copied from the same dashboards as keys. */
const ID_PREFIXES = PROVIDERS.flatMap((provider) => {
  const { idForm } = adapterOf(provider);
  return typeof idForm === 'object' ? [idForm.prefix] : [];
});

// Each fault has the code of its user error and, where the general message of that code is not enough, a
// message that tells the reason and the remedy. A message never quotes what was sent.
const FAULTS: Readonly<Record<KeyFault, readonly [code: UserErrorCode, message?: string]>> = {
  REQUIRED: ['REQUIRED'],
  LOOKS_MASKED: ['LOOKS_MASKED'],
  INVALID_FORMAT: [
    'INVALID_FORMAT',
    'A key consists of printable ASCII characters without spaces: letters with accents, and letters of other ' +
      'alphabets that look alike, are none.',
  ],
  TOO_SHORT: ['TOO_SHORT', `A key has at least ${KEY_MIN_LENGTH} characters.`],
  TOO_LONG: ['TOO_LONG', `A key has at most ${KEY_MAX_LENGTH} characters.`],
  NOT_OPENED: [
    'INVALID_FORMAT',
    'The sealed key does not open: its upload key is unknown or expired, or it is not as it was ' +
      'sealed. Ask for `apiKeyUploadKey` and seal it again.',
  ],
  NOT_BOUND: [
    'INVALID_FORMAT',
    'The sealed key does not say what it is for. Put `lk_owner` (the id of the client, or of the ' +
      'agency) and `lk_provider` (the value of `provider`) into its protected header, and seal the key ' +
      'again.',
  ],
  BOUND_ELSEWHERE: [
    'INVALID_FORMAT',
    'The sealed key is for another client, agency, provider or region: its `lk_owner`, `lk_provider` or ' +
      '`lk_region` names another one (`US` where it has no `lk_region`). Seal the key again for this one.',
  ],
  DAMAGED: [
    'INVALID_FORMAT',
    'This is a part of a sealed key, or a sealed key that was changed on its way: cut off, quoted, ' +
      'encoded once more, or with more round it. Send the compact JWE exactly as it was made, or seal ' +
      'the key again.',
  ],
  OWN_TOKEN: [
    'INVALID_FORMAT',
    "This is a token for Latchkey itself, not a provider's key. Paste the key that the provider shows " +
      'in its dashboard. Revoke the token if others may have seen it.',
  ],
  NO_VALUE: [
    'INVALID_FORMAT',
    'This is what a program writes where it has no value, not a key. Check where the key is read ' +
      'from, and paste the key itself.',
  ],
  PLACEHOLDER: [
    'INVALID_FORMAT',
    'This is a placeholder or the name of a variable, not a key. Paste the value that it stands for.',
  ],
  NAMED: [
    'INVALID_FORMAT',
    'The name of the key is in front of it, as in a configuration file, a header or JSON. Paste the ' +
      'value alone, without its name and without quotes.',
  ],
  SCHEME: [
    'INVALID_FORMAT',
    'A word of an HTTP header is in front of the key, for example `Bearer`. Paste only what follows it.',
  ],
  ADDRESS: [
    'INVALID_FORMAT',
    'This is an address, or a reference to a secret that is kept elsewhere, not a key. Paste the key itself.',
  ],
  CONTACT: [
    'INVALID_FORMAT',
    'This is an e-mail address or a phone number, not a key. Paste the key itself.',
  ],
  ENCODED: [
    'INVALID_FORMAT',
    'Some characters are encoded, as in an address, in HTML or in JSON. Paste the key as its provider shows it.',
  ],
  SIGNING: [
    'INVALID_FORMAT',
    'This is what webhooks are signed or verified with, not an API key. Paste the API key itself.',
  ],
  ID: ['INVALID_FORMAT', "This is a provider's id of an agent, not a key. Paste the key itself."],
  REPEATED: ['INVALID_FORMAT', 'The key stands there more than once. Paste it once.'],
  SEVERAL: [
    'INVALID_FORMAT',
    'These are several keys, or one key with other text or in several lines: a comma, a semicolon, a bar, a ' +
      'space or a line break stands within it. Paste one key, in one line and with nothing beside it.',
  ],
  INVISIBLE: [
    'INVALID_FORMAT',
    'A character that is not seen stands in the key or beside it, for example a zero-width space, a soft ' +
      'hyphen or a no-break space. Copy the key from where the provider shows it, or type it.',
  ],
  QUOTED: ['INVALID_FORMAT', 'The key is in quotes. Paste it without them.'],
  PUNCTUATED: [
    'INVALID_FORMAT',
    'A full stop, a comma, a bracket or another character that is no part of the key is before or behind ' +
      'it. Paste the key without it.',
  ],
};

// A list that is longer than the list of providers names one of them twice. It is refused before its entries
// are read, because reading a very long list would take much time.
function tooMany(field: readonly string[]): UserError {
  return userError('TOO_LONG', field, `There are ${PROVIDERS.length} providers: name each at most once.`);
}

/** Every fault of a request is reported, not only the first. The messages never quote what was sent. */
export async function readEntries(
  entries: readonly KeyEntry[],
  reader: KeyReader,
): Promise<{ keys: KeyToStore[]; userErrors: UserError[] }> {
  if (entries.length === 0) return { keys: [], userErrors: [userError('REQUIRED', ['input', 'keys'])] };
  if (entries.length > PROVIDERS.length) return { keys: [], userErrors: [tooMany(['input', 'keys'])] };
  const providers = entries.map(({ provider }) => provider);
  const keys: KeyToStore[] = [];
  const userErrors: UserError[] = [];
  for (const [index, entry] of entries.entries()) {
    const field = ['input', 'keys', String(index)];
    if (providers.indexOf(entry.provider) < index)
      userErrors.push(userError('DUPLICATE', [...field, 'provider']));
    const read = await readKey(
      entry.provider,
      { secret: entry.apiKey, region: entry.region ?? null },
      field,
      reader,
    );
    if ('userErrors' in read) userErrors.push(...read.userErrors);
    else keys.push({ provider: entry.provider, ...read, verdict: null });
  }
  return { keys, userErrors };
}

export interface Candidate {
  readonly secret: Secret;
  readonly region: ProviderRegion | null;
}

interface Refused {
  readonly userErrors: UserError[];
}

/** This is a key that passed all checks, with the region of its account. */
export interface ReadKey {
  readonly key: ApiKeyText;
  readonly region: ProviderRegion;
}

/** A candidate key is checked like a key that is to be set, but it is not stored. */
export function readCandidate(
  provider: Provider,
  candidate: Candidate,
  reader: KeyReader,
): Promise<ReadKey | Refused> {
  return readKey(provider, candidate, ['input'], reader);
}

async function readKey(
  provider: Provider,
  candidate: Candidate,
  field: string[],
  reader: KeyReader,
): Promise<ReadKey | Refused> {
  const userErrors: UserError[] = [];
  const region = candidate.region ?? 'US';
  const key = await reader.read(provider, region, candidate.secret);
  if (!reader.hasRegion(provider, region))
    userErrors.push(userError('INVALID_FORMAT', [...field, 'region'], 'The provider has no such region.'));
  if (typeof key === 'string') {
    const [code, message] = FAULTS[key];
    userErrors.push(userError(code, [...field, 'apiKey'], message));
  }
  return userErrors.length > 0 || typeof key === 'string' ? { userErrors } : { key, region };
}

/** A request has to name at least one provider, and each provider at most once. */
export function checkProviders(providers: readonly Provider[]): UserError[] {
  if (providers.length === 0) return [userError('REQUIRED', ['input', 'providers'])];
  if (providers.length > PROVIDERS.length) return [tooMany(['input', 'providers'])];
  return providers.flatMap((provider, index) =>
    providers.indexOf(provider) < index ? [userError('DUPLICATE', ['input', 'providers', index])] : [],
  );
}
