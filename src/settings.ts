import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { MAX_FIELDS, MAX_MUTATIONS } from './api/rules/document-limits';
import { parseDatabaseUrl } from './database/address';
import { parseNetwork } from './http/addresses';
import { parseStoreAddress } from './http/rate-limit-store';
import { TrustedDocuments } from './http/trusted-documents';
import { ConfigError } from './platform/config-error';
import { isSecureBaseUrl, isUrl } from './platform/secure-url';
import { providers, type Provider } from './providers';
import { PROVIDER_REGIONS, type ProviderAdapter, type ProviderRegion } from './providers/provider';
import { misspeltSettings } from './misspelt-settings';
import { KeyRing } from './vault/master-keys/key-ring';
import type { KeyServiceEnvironment } from './vault/master-keys/kms';

const secureUrl = z
  .string()
  .refine(
    isSecureBaseUrl,
    'must be an https address (http on this machine only) without a user name, a password, a query or a fragment',
  );
// `docker run --env-file` takes quotes for a part of the value.
const isQuoted = (text: string) => /^["']|["']$/.test(text);
const IN_QUOTES = 'must not stand in quotes';
const unquoted = z.string('is required').refine((text) => !isQuoted(text), IN_QUOTES);

const baseUrl = secureUrl.transform((text) => text.replace(/\/+$/, '')).optional();

/** IPv6 addresses may stand in brackets, as in a URL. */
const host = z
  .string()
  .transform((text) => text.replace(/^\[(.*)\]$/, '$1'))
  .refine(
    (text) => isIP(text) !== 0 || /^[\w.-]+$/.test(text),
    'must be an IP address or the name of a host, without a port',
  );

const databaseUrl = z.string('is required').superRefine((text, context) => {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** It may hold a password, so that messages quote nothing of it. */
const storeAddress = z.string().transform((text, context) => {
  try {
    return parseStoreAddress(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

/** Reads the file that is named, and takes its text apart with `parse`. */
function contentOf<T>(parse: (text: string) => T) {
  return z.string('is required').transform((file, context) => {
    try {
      return parse(readFileSync(file, 'utf8'));
    } catch (error) {
      const unread = (error as NodeJS.ErrnoException).code;
      context.addIssue({
        code: 'custom',
        message: unread ? `cannot be read (${unread})` : (error as Error).message,
      });
      return z.NEVER;
    }
  });
}

/** A list of words between commas. `isAllowed` tells of each word whether it may stand there. */
function listOf(isAllowed: (word: string) => boolean, message: string) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
    .refine((words) => words.every(isAllowed), message);
}

const isOrigin = (text: string) =>
  isUrl(text, ({ origin, protocol }) => /^https?:$/.test(protocol) && origin === text);

/** A whole number in digits. Other text is refused, because JavaScript takes a blank for 0. */
function wholeNumber(least: number, most: number, standard: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
    .default(standard);
}

/**
 * A number of operations in a minute. It is at least as many as one document may hold, because a smaller
 * number would never let some documents through.
 */
const perMinute = (least: number, standard: number) => wholeNumber(least, 1_000_000_000, standard);

const onOrOff = z.enum(['on', 'off'], 'must be on or off').default('off');

/** A setting that replaces a provider's address. */
export interface BaseUrlSetting {
  readonly provider: Provider;
  readonly region: ProviderRegion;
  readonly variable: string;
  /** The address that is used when the variable is not set. */
  readonly standard: string;
}

/** They are called `<PROVIDER>_BASE_URL`, and outside of the US `<PROVIDER>_<REGION>_BASE_URL`. */
export const BASE_URLS: readonly BaseUrlSetting[] = providers.flatMap(
  (adapter: ProviderAdapter & { id: Provider }) =>
    PROVIDER_REGIONS.flatMap((region) => {
      const standard = adapter.baseUrls[region];
      if (standard === undefined) return [];
      const variable = region === 'US' ? `${adapter.id}_BASE_URL` : `${adapter.id}_${region}_BASE_URL`;
      return [{ provider: adapter.id, region, variable, standard }];
    }),
);

/** The settings that it takes to ask a key service. */
const keyServices = z.object({
  // These are checked only where a line of the key ring needs them. They may be set for something else.
  VAULT_ADDR: z.string().optional(),
  VAULT_TOKEN: z.string().optional(),
  VAULT_TOKEN_FILE: z.string().optional(),
  VAULT_NAMESPACE: z.string().optional(),
  KEY_SERVICE_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
});

/** All settings. This table is the only place that lists them; docs/operations.md explains each. */
const settings = z.object({
  ...keyServices.shape,
  DATABASE_URL: databaseUrl,
  HOST: host.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535, 4000),
  PUBLIC_URL: baseUrl,
  HAND_IN_LIFETIME_DAYS: wholeNumber(1, 90, 14),
  LATCHKEY_MASTER_KEY_FILE: contentOf((text) => KeyRing.parse(text)),
  AUTH_ISSUER: z
    .string('is required')
    .pipe(secureUrl)
    .refine(
      (text) => !text.includes('/.well-known/'),
      'must be the issuer as it stands in tokens, without the path of its discovery document',
    ),
  AUTH_AUDIENCE: unquoted,
  AUTH_TRUST_EMAIL: onOrOff,
  PROVIDER_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
  PLAYGROUND: onOrOff,
  CONSOLE: onOrOff,
  CONSOLE_CLIENT_ID: unquoted.optional(),
  CONSOLE_SCOPE: unquoted.default('openid offline_access'),
  CORS_ORIGINS: listOf(isOrigin, 'must be origins, as https://portal.example.com, between commas'),
  TRUST_PROXY: listOf(
    (text) => parseNetwork(text) !== null,
    'must be addresses, as 10.0.0.0/8 or ::1, between commas',
  ),
  TRUSTED_DOCUMENTS_FILE: contentOf((text) => TrustedDocuments.parse(text)).optional(),
  QUERY_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
  RATE_LIMIT_QUERIES: perMinute(MAX_FIELDS, 12_000),
  RATE_LIMIT_MUTATIONS: perMinute(MAX_MUTATIONS, 3_000),
  RATE_LIMIT_KEY_OPERATIONS: perMinute(MAX_MUTATIONS, 1_200),
  RATE_LIMIT_ONE_TIME_LINKS: perMinute(1, 20),
  RATE_LIMIT_EVENTS: perMinute(60, 60_000),
  RATE_LIMIT_GATEWAY: perMinute(1, 3_000),
  RATE_LIMIT_STORE: storeAddress.optional(),
  METRICS: onOrOff,
  METRICS_HOST: host.default('127.0.0.1'),
  METRICS_PORT: wholeNumber(0, 65_535, 9464),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
      'must be fatal, error, warn, info, debug or silent',
    )
    .default('info'),
  ...Object.fromEntries(BASE_URLS.map(({ variable }) => [variable, baseUrl])),
});
export type Settings = z.infer<typeof settings>;

export const SETTING_NAMES: readonly string[] = Object.keys(settings.shape);

const consistentSettings = settings.refine(
  ({ CONSOLE, CONSOLE_CLIENT_ID }) => CONSOLE === 'off' || CONSOLE_CLIENT_ID !== undefined,
  { path: ['CONSOLE_CLIENT_ID'], message: 'is required with CONSOLE=on' },
);

/** Reads and checks all settings. Throws `ConfigError`, whose message names every problem. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return parse(consistentSettings, env);
}

/** Reads what it takes to ask a key service, and nothing else. Throws `ConfigError`. */
export function readKeyServices(env: NodeJS.ProcessEnv): KeyServiceEnvironment {
  return parse(keyServices, env);
}

/** The variables that are set. White space around a value is no part of it, and a blank one is not set. */
export function givenVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const trimmed = Object.entries(env).map(([name, value]) => [name, value?.trim() ?? ''] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

function parse<T>(variables: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const given = givenVariables(env);
  const parsed = variables.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = [
    ...parsed.error.issues.map(({ path, message }) => {
      const name = path.join('.');
      return `${name} ${isQuoted(given[name] ?? '') ? IN_QUOTES : message}`;
    }),
    ...misspeltSettings(env, SETTING_NAMES),
  ];
  const lines = problems.map((problem) => `  ${problem}\n`).join('');
  throw new ConfigError(`The configuration cannot be used. Nothing was started.\n${lines}`.trimEnd());
}
