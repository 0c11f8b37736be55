import { userError, type UserError } from '../platform/user-error';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import { KEY_MAX_LENGTH, KEY_MIN_LENGTH, type ApiKeyText, type Secret, type SecretFault } from '../vault/secret';
import type { KeyToStore } from './key-writer';

/** One key of a request, as it came in. */
export interface KeyEntry {
  readonly provider: Provider;
  readonly apiKey: Secret;
  readonly region?: ProviderRegion | null;
  readonly expectedVersion?: number | null;
}

type HasRegion = (provider: Provider, region: ProviderRegion) => boolean;

const MESSAGES: Partial<Record<SecretFault, string>> = {
  INVALID_FORMAT: 'A key consists of printable ASCII characters without spaces.',
  TOO_SHORT: `A key has at least ${KEY_MIN_LENGTH} characters.`,
  TOO_LONG: `A key has at most ${KEY_MAX_LENGTH} characters.`,
};

/** Every fault of a request is reported, not only the first. The messages never quote what was sent. */
export function readEntries(entries: readonly KeyEntry[], hasRegion: HasRegion): { keys: KeyToStore[]; userErrors: UserError[] } {
  if (entries.length === 0) return { keys: [], userErrors: [userError('REQUIRED', ['input', 'keys'])] };
  const providers = entries.map(({ provider }) => provider);
  const keys: KeyToStore[] = [];
  const userErrors: UserError[] = [];
  for (const [index, entry] of entries.entries()) {
    const field = ['input', 'keys', String(index)];
    if (providers.indexOf(entry.provider) < index) userErrors.push(userError('DUPLICATE', [...field, 'provider']));
    const read = readKey(entry.provider, { secret: entry.apiKey, region: entry.region ?? null }, field, hasRegion);
    if ('userErrors' in read) userErrors.push(...read.userErrors);
    else keys.push({ provider: entry.provider, ...read, verdict: null });
  }
  return { keys, userErrors };
}

export interface Candidate {
  readonly secret: Secret;
  readonly region: ProviderRegion | null;
}

interface ReadKey {
  readonly key: ApiKeyText;
  readonly region: ProviderRegion;
}

/** A key that is only looked at. */
export function readCandidate(provider: Provider, candidate: Candidate, hasRegion: HasRegion): ReadKey | { userErrors: UserError[] } {
  return readKey(provider, candidate, ['input'], hasRegion);
}

function readKey(provider: Provider, candidate: Candidate, field: string[], hasRegion: HasRegion): ReadKey | { userErrors: UserError[] } {
  const userErrors: UserError[] = [];
  const region = candidate.region ?? 'US';
  const key = candidate.secret.read();
  if (!hasRegion(provider, region)) userErrors.push(userError('INVALID_FORMAT', [...field, 'region'], 'The provider has no such region.'));
  if (typeof key === 'string') userErrors.push(userError(key, [...field, 'apiKey'], MESSAGES[key]));
  return userErrors.length > 0 || typeof key === 'string' ? { userErrors } : { key, region };
}

/** The providers of a request, each once. */
export function checkProviders(providers: readonly Provider[]): UserError[] {
  if (providers.length === 0) return [userError('REQUIRED', ['input', 'providers'])];
  return providers.flatMap((provider, index) =>
    providers.indexOf(provider) < index ? [userError('DUPLICATE', ['input', 'providers', index])] : [],
  );
}
