import { Field, Int, ObjectType } from 'type-graphql';
import { enumOf } from '../graphql/schema-types';
import { messageFor, type ProviderError } from './refusals';
import { adapterOf, providers, PROVIDERS, type Provider } from './index';
import {
  PROVIDER_ERROR_CODES,
  PROVIDER_REGIONS,
  type ProviderAdapter,
  type ProviderErrorCode,
} from './provider';

const adapters: readonly ProviderAdapter[] = providers;
const names = Object.fromEntries(providers.map(({ id, name }) => [id, name]));

export const ProviderEnum = enumOf(
  'Provider',
  PROVIDERS,
  'Where an agent lives and whose account carries its calls.',
  names,
);

export const ProviderRegionEnum = enumOf(
  'ProviderRegion',
  PROVIDER_REGIONS,
  'A data residency in which a provider runs separate accounts.',
);

/** What is said of every input field for the region of an account. */
export const REGION_DESCRIPTION = [
  'The region of the account; US when not given.',
  ...adapters.flatMap(({ name, baseUrls }) => {
    const others = PROVIDER_REGIONS.filter((region) => region !== 'US' && baseUrls[region] !== undefined);
    return others.length > 0 ? [`${name} also has ${others.join(', ')}.`] : [];
  }),
].join(' ');

const namesWhere = (matches: (adapter: ProviderAdapter) => boolean) =>
  adapters
    .filter(matches)
    .map(({ name }) => name)
    .join(', ') || 'no provider';

/** What is said of the number that an agent calls from. */
export const FROM_NUMBER_DESCRIPTION = `What the agent calls from: a phone number in E.164 form (${namesWhere(
  ({ fromNumberForm }) => fromNumberForm === 'E164',
)}) or the provider's id of one (${namesWhere(({ fromNumberForm }) => fromNumberForm === 'ID')}).`;

/** Who can do without it. */
export const FROM_NUMBER_OPTIONAL = `Optional for: ${namesWhere(({ requiresFromNumber }) => !requiresFromNumber)}.`;

export const ProviderErrorCodeEnum = enumOf(
  'ProviderErrorCode',
  PROVIDER_ERROR_CODES,
  "A provider's refusal in the platform's words.",
  {
    KEY_INVALID: 'The provider does not accept the key: wrong, expired, revoked, or of the wrong kind.',
    INSUFFICIENT_PERMISSIONS: 'The key is accepted, but not for this.',
    RATE_LIMITED: 'Too many requests of this account; `retryAfterSeconds` when the provider tells.',
    OUT_OF_FUNDS: "The provider account's balance or plan does not allow it.",
    AGENT_NOT_FOUND: "The agent does not exist in the key's account.",
    INVALID_REQUEST: 'The provider refuses the request as it stands, e.g. for the number it is to call from.',
    UNREACHABLE: 'The provider could not be reached.',
    TIMEOUT: 'The provider gave no answer in time. Whether it acted is not known.',
    PROVIDER_FAULT: 'The provider answered with a fault, or with something that is no answer.',
  },
);

@ObjectType('ProviderError', {
  simpleResolvers: true,
  description:
    "A provider's refusal in the platform's words. `message` never contains a key, nor the provider's own text.",
})
export class ProviderErrorType {
  @Field(() => ProviderErrorCodeEnum)
  code!: ProviderErrorCode;

  @Field(() => Int, { nullable: true, description: 'Null when there was no answer.' })
  httpStatus!: number | null;

  @Field(() => String)
  message!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds, as the provider asks for; null when it does not.',
  })
  retryAfterSeconds!: number | null;
}

/** How rows keep a refusal. */
export interface ErrorColumns {
  readonly provider: Provider;
  readonly errorCode: ProviderErrorCode | null;
  readonly errorHttpStatus: number | null;
  readonly errorRetryAfterSeconds: number | null;
}

export function errorOf(row: ErrorColumns): ProviderErrorType | null {
  if (row.errorCode === null) return null;
  return toProviderError(row.provider, {
    code: row.errorCode,
    httpStatus: row.errorHttpStatus,
    retryAfterSeconds: row.errorRetryAfterSeconds,
  });
}

export function toProviderError(provider: Provider, error: ProviderError): ProviderErrorType {
  return { ...error, message: messageFor(adapterOf(provider).name, error.code, error.httpStatus) };
}
