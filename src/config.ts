import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { MAX_FIELDS, MAX_MUTATIONS } from './api/rules/document-limits';
import { parseNetwork } from './http/addresses';
import type { GraphqlOptions } from './http/graphql';
import type { PerMinute } from './http/rate-limits';
import type { ServerOptions } from './http/server';
import type { ConsoleOptions } from './http/pages/console';
import { TrustedDocuments } from './http/trusted-documents';
import { parseDatabaseUrl } from './database/address';
import { ConfigError } from './platform/config-error';
import { isSecureBaseUrl, isUrl } from './platform/secure-url';
import { providers, type Provider } from './providers';
import { PROVIDER_REGIONS, type ProviderAdapter } from './providers/provider';
import type { BaseUrls } from './providers/provider-api';
import { KeyRing } from './vault/master-keys/key-ring';
import type { KeyServiceEnvironment } from './vault/master-keys/kms';

/** What an operator decides about the endpoint. */
type HttpOptions = Pick<ServerOptions, 'corsOrigins' | 'trustProxy'> &
  Pick<GraphqlOptions, 'queryTimeoutMs' | 'trustedDocuments'> & { readonly perMinute: PerMinute };

export interface Config {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** Where people reach this server from outside; null: where it listens. */
  readonly publicUrl: string | null;
  /** In days. */
  readonly handInLifetime: number;
  /** Not yet unsealed. */
  readonly keyRing: KeyRing;
  readonly keyServices: KeyServiceEnvironment;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly trustEmail: boolean };
  readonly baseUrls: BaseUrls;
  readonly providerTimeoutMs: number;
  readonly playground: boolean;
  /** Null: no console. */
  readonly console: ConsoleOptions | null;
  readonly http: HttpOptions;
  readonly logLevel: string;
}

export { ConfigError };

const secureUrl = z
  .string()
  .refine(
    isSecureBaseUrl,
    'must be an https address (http on this machine only) without a user name, a password, a query or a fragment',
  );
const baseUrl = secureUrl.transform((text) => text.replace(/\/+$/, '')).optional();

const databaseUrl = z.string('is required').superRefine((text, context) => {
  try {
    parseDatabaseUrl(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** What a file holds, as `parse` reads it. */
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

/** Words between commas, each of which must be as `allows` wants it. */
function listOf(allows: (word: string) => boolean, message: string) {
  return z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    )
    .refine((words) => words.every(allows), message);
}

const isOrigin = (text: string) =>
  isUrl(text, ({ origin, protocol }) => /^https?:$/.test(protocol) && origin === text);

/** Digits alone: JavaScript takes a blank for 0. */
function wholeNumber(least: number, most: number, standard: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .trim()
    .regex(/^\d{1,10}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message)
    .default(standard);
}

/** At least as many as one operation may hold: a smaller number would let some operations never through. */
const perMinute = (least: number, standard: number) => wholeNumber(least, 1_000_000_000, standard);

const onOrOff = z.enum(['on', 'off'], 'must be on or off').default('off');

const keyServices = z.object({
  // Looked at only where a line of the key ring needs them: they may be set for something else.
  VAULT_ADDR: z.string().optional(),
  VAULT_TOKEN: z.string().optional(),
  VAULT_TOKEN_FILE: z.string().optional(),
  VAULT_NAMESPACE: z.string().optional(),
  KEY_SERVICE_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
});

const environment = z.object({
  ...keyServices.shape,
  DATABASE_URL: databaseUrl,
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535, 4000),
  PUBLIC_URL: baseUrl,
  HAND_IN_LIFETIME_DAYS: wholeNumber(1, 90, 14),
  LATCHKEY_MASTER_KEY_FILE: contentOf((text) => KeyRing.parse(text)),
  AUTH_ISSUER: z.string('is required').pipe(secureUrl),
  AUTH_AUDIENCE: z.string('is required').min(1, 'is required'),
  AUTH_TRUST_EMAIL: onOrOff,
  PROVIDER_TIMEOUT_MS: wholeNumber(100, 120_000, 10_000),
  PLAYGROUND: onOrOff,
  CONSOLE: onOrOff,
  CONSOLE_CLIENT_ID: z.string().optional(),
  CONSOLE_SCOPE: z.string().min(1).default('openid offline_access'),
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
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
      'must be fatal, error, warn, info, debug or silent',
    )
    .default('info'),
  ...Object.fromEntries(baseUrlVariables().map(({ variable }) => [variable, baseUrl])),
});
const completeEnvironment = environment.refine(
  ({ CONSOLE, CONSOLE_CLIENT_ID }) => CONSOLE === 'off' || CONSOLE_CLIENT_ID !== undefined,
  { path: ['CONSOLE_CLIENT_ID'], message: 'is required with CONSOLE=on' },
);

function parse<T>(variables: z.ZodType<T>, env: NodeJS.ProcessEnv): T {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  throw new ConfigError(`The configuration is not complete. Nothing was started.\n${problems.join('\n')}`);
}

/** What it takes to ask a key service, without the rest. Throws `ConfigError`. */
export function readKeyServices(env: NodeJS.ProcessEnv): KeyServiceEnvironment {
  return parse(keyServices, env);
}

/** Reads the whole configuration from the environment. Throws `ConfigError`, which names every problem. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const data = parse(completeEnvironment, env);
  return {
    databaseUrl: data.DATABASE_URL,
    host: data.HOST,
    port: data.PORT,
    publicUrl: data.PUBLIC_URL ?? null,
    handInLifetime: data.HAND_IN_LIFETIME_DAYS,
    keyRing: data.LATCHKEY_MASTER_KEY_FILE,
    keyServices: keyServicesOf(data),
    auth: {
      issuer: data.AUTH_ISSUER,
      audience: data.AUTH_AUDIENCE,
      trustEmail: data.AUTH_TRUST_EMAIL === 'on',
    },
    baseUrls: baseUrlsOf(data),
    providerTimeoutMs: data.PROVIDER_TIMEOUT_MS,
    playground: data.PLAYGROUND === 'on',
    console: consoleOf(data),
    http: {
      corsOrigins: data.CORS_ORIGINS,
      trustProxy: data.TRUST_PROXY,
      trustedDocuments: data.TRUSTED_DOCUMENTS_FILE ?? null,
      queryTimeoutMs: data.QUERY_TIMEOUT_MS,
      perMinute: {
        QUERY: data.RATE_LIMIT_QUERIES,
        MUTATION: data.RATE_LIMIT_MUTATIONS,
        KEY_OPERATION: data.RATE_LIMIT_KEY_OPERATIONS,
        ONE_TIME_LINK: data.RATE_LIMIT_ONE_TIME_LINKS,
      },
    },
    logLevel: data.LOG_LEVEL,
  };
}

function consoleOf(data: z.infer<typeof environment>): ConsoleOptions | null {
  if (data.CONSOLE === 'off') return null;
  return {
    issuer: data.AUTH_ISSUER,
    audience: data.AUTH_AUDIENCE,
    clientId: data.CONSOLE_CLIENT_ID ?? '',
    scope: data.CONSOLE_SCOPE,
  };
}

// What else is configured is none of their business.
function keyServicesOf({
  VAULT_ADDR,
  VAULT_TOKEN,
  VAULT_TOKEN_FILE,
  VAULT_NAMESPACE,
  KEY_SERVICE_TIMEOUT_MS,
}: KeyServiceEnvironment): KeyServiceEnvironment {
  return { VAULT_ADDR, VAULT_TOKEN, VAULT_TOKEN_FILE, VAULT_NAMESPACE, KEY_SERVICE_TIMEOUT_MS };
}

/**
 * The variables that replace a provider's address: `<PROVIDER>_BASE_URL`, and `<PROVIDER>_<REGION>_BASE_URL`
 * outside of the US.
 */
export function baseUrlVariables(): {
  provider: Provider;
  region: (typeof PROVIDER_REGIONS)[number];
  variable: string;
  standard: string;
}[] {
  return providers.flatMap((adapter: ProviderAdapter & { id: Provider }) =>
    PROVIDER_REGIONS.flatMap((region) => {
      const standard = adapter.baseUrls[region];
      if (standard === undefined) return [];
      const variable = region === 'US' ? `${adapter.id}_BASE_URL` : `${adapter.id}_${region}_BASE_URL`;
      return [{ provider: adapter.id, region, variable, standard }];
    }),
  );
}

function baseUrlsOf(data: Readonly<Record<string, unknown>>): BaseUrls {
  const urls: Partial<Record<Provider, Record<string, string>>> = {};
  for (const { provider, region, variable, standard } of baseUrlVariables()) {
    urls[provider] = { ...urls[provider], [region]: (data[variable] as string | undefined) ?? standard };
  }
  return urls as BaseUrls;
}
