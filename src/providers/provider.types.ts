import { Field, Int, ObjectType } from 'type-graphql';
import { enumOf } from '../graphql/schema-types';
import { messageFor, type ProviderError } from './refusals';
import { adapterOf, providers, PROVIDERS, type Provider } from './index';
import { PROVIDER_REGIONS, type ProviderAdapter } from './provider';
import { AGENT_KINDS } from './provider-agent';
import { PROVIDER_ERROR_CODES, PROVIDER_ERRORS, type ProviderErrorCode } from './provider-errors';

const adapters: readonly ProviderAdapter[] = providers;
const descriptions = Object.fromEntries(providers.map(({ id, name }) => [id, `The provider ${name}.`]));

export const ProviderEnum = enumOf(
  'Provider',
  PROVIDERS,
  'A voice platform. An agent lives on one of them, and an account there carries and pays for its calls.',
  descriptions as Record<Provider, string>,
);

export const ProviderRegionEnum = enumOf(
  'ProviderRegion',
  PROVIDER_REGIONS,
  'A region for data residency. A provider keeps separate accounts, with keys of their own, in each ' +
    'of its regions.',
  { US: 'The United States. Every provider has this region.', EU: 'The European Union.' },
);

/** Every input field for the region of an account has this description. */
export const REGION_DESCRIPTION = [
  'The region of the account. It is US when not given.',
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

export const ProviderAgentKindEnum = enumOf(
  'ProviderAgentKind',
  AGENT_KINDS,
  'What an agent is at its provider. Some providers build them in several ways, each with ids of its own.',
  {
    AGENT: 'What the provider calls an agent or an assistant. Every provider has these.',
    PATHWAY: 'A conversational pathway.',
    PERSONA: 'A persona.',
  },
);

/** Every input field for the kind of an agent says which providers have others than agents. */
export const AGENT_KINDS_DESCRIPTION = adapters
  .filter(({ agentKinds }) => agentKinds.length > 1)
  .map(({ name, agentKinds }) => `${name} has ${agentKinds.join(', ')}.`)
  .join(' ');

/** Every field for the number that an agent calls from has this description. */
export const FROM_NUMBER_DESCRIPTION =
  'The number that the agent calls from: a phone number in E.164 form ' +
  `(${namesWhere(({ fromNumberForm }) => fromNumberForm === 'E164')}) or the provider's id of one ` +
  `(${namesWhere(({ fromNumberForm }) => fromNumberForm === 'ID')}).`;

/** This sentence names the providers that can place a call without such a number. */
export const FROM_NUMBER_OPTIONAL =
  'It is optional for these providers: ' + `${namesWhere(({ requiresFromNumber }) => !requiresFromNumber)}.`;

export const ProviderErrorCodeEnum = enumOf(
  'ProviderErrorCode',
  PROVIDER_ERROR_CODES,
  "Why a provider refused or failed, in the platform's own words.",
  PROVIDER_ERRORS,
);

@ObjectType('ProviderError', {
  simpleResolvers: true,
  description: "A provider's refusal or failure, in the platform's own words.",
})
export class ProviderErrorType {
  @Field(() => ProviderErrorCodeEnum, { description: 'What went wrong.' })
  code!: ProviderErrorCode;

  @Field(() => Int, {
    nullable: true,
    description: 'The HTTP status of the answer. It is null when there was no answer.',
  })
  httpStatus!: number | null;

  @Field(() => String, {
    description: "The refusal for people to read. It never contains a key or the provider's own text.",
  })
  message!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long the provider asks to wait, in seconds, at most 86,400. It is null when it does not ask.',
  })
  retryAfterSeconds!: number | null;
}

/** Rows store a refusal in these columns. */
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
