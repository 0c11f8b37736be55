import type { GraphqlOptions } from './http/graphql';
import type { ConsoleOptions } from './http/pages/console';
import type { StoreAddress } from './http/rate-limit-store';
import type { PerMinute } from './http/rate-limits';
import type { ServerOptions } from './http/server';
import { openSecretFiles } from './open-secret-files';
import { ConfigError } from './platform/config-error';
import type { Provider } from './providers';
import type { BaseUrls } from './providers/provider-api';
import { misspeltSettings } from './misspelt-settings';
import {
  BASE_URLS,
  givenVariables,
  readKeyServices,
  readSettings,
  SETTING_NAMES,
  type Settings,
} from './settings';
import type { KeyRing } from './vault/master-keys/key-ring';
import type { KeyServiceEnvironment } from './vault/master-keys/kms';

/** The part of the endpoint that an operator decides on. */
type HttpOptions = Pick<ServerOptions, 'corsOrigins' | 'trustProxy'> &
  Pick<GraphqlOptions, 'queryTimeoutMs' | 'trustedDocuments'> & { readonly perMinute: PerMinute };

export interface Config {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /**
   * The address at which people reach this server from outside. Null stands for the address where it listens.
   */
  readonly publicUrl: string | null;
  /** The time for which a key that was handed in waits, in days. */
  readonly handInLifetime: number;
  /** The keys that a key service has wrapped are still wrapped. */
  readonly keyRing: KeyRing;
  readonly keyServices: KeyServiceEnvironment;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly trustEmail: boolean };
  readonly baseUrls: BaseUrls;
  readonly providerTimeoutMs: number;
  readonly playground: boolean;
  /** Null when the console is not served. */
  readonly console: ConsoleOptions | null;
  readonly http: HttpOptions;
  /** Where the rate limits of all instances are counted. Null when each instance counts in its memory. */
  readonly rateLimitStore: StoreAddress | null;
  /** Where the metrics are served. Null when nothing is measured. */
  readonly metrics: { readonly host: string; readonly port: number } | null;
  readonly logLevel: string;
  /** One line for each thing that does not stop the start, but is probably not meant so. */
  readonly warnings: readonly string[];
}

export { ConfigError };

/**
 * Reads the whole configuration from the environment. Throws `ConfigError`, whose message names every
 * problem.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const settings = readSettings(env);
  return {
    databaseUrl: settings.DATABASE_URL,
    host: settings.HOST,
    port: settings.PORT,
    publicUrl: settings.PUBLIC_URL ?? null,
    handInLifetime: settings.HAND_IN_LIFETIME_DAYS,
    keyRing: settings.LATCHKEY_MASTER_KEY_FILE,
    keyServices: readKeyServices(env),
    auth: {
      issuer: settings.AUTH_ISSUER,
      audience: settings.AUTH_AUDIENCE,
      trustEmail: settings.AUTH_TRUST_EMAIL === 'on',
    },
    baseUrls: baseUrlsOf(settings),
    providerTimeoutMs: settings.PROVIDER_TIMEOUT_MS,
    playground: settings.PLAYGROUND === 'on',
    console: consoleOf(settings),
    http: {
      corsOrigins: settings.CORS_ORIGINS,
      trustProxy: settings.TRUST_PROXY,
      trustedDocuments: settings.TRUSTED_DOCUMENTS_FILE ?? null,
      queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
      perMinute: {
        QUERY: settings.RATE_LIMIT_QUERIES,
        MUTATION: settings.RATE_LIMIT_MUTATIONS,
        KEY_OPERATION: settings.RATE_LIMIT_KEY_OPERATIONS,
        ONE_TIME_LINK: settings.RATE_LIMIT_ONE_TIME_LINKS,
        EVENT: settings.RATE_LIMIT_EVENTS,
        GATEWAY: settings.RATE_LIMIT_GATEWAY,
      },
    },
    rateLimitStore: settings.RATE_LIMIT_STORE ?? null,
    metrics: settings.METRICS === 'on' ? { host: settings.METRICS_HOST, port: settings.METRICS_PORT } : null,
    logLevel: settings.LOG_LEVEL,
    warnings: [
      ...misspeltSettings(env, SETTING_NAMES),
      ...openSecretFiles(secretFiles(givenVariables(env), settings.LATCHKEY_MASTER_KEY_FILE)),
    ],
  };
}

function consoleOf(settings: Settings): ConsoleOptions | null {
  if (settings.CONSOLE === 'off') return null;
  return {
    issuer: settings.AUTH_ISSUER,
    audience: settings.AUTH_AUDIENCE,
    clientId: settings.CONSOLE_CLIENT_ID ?? '',
    scope: settings.CONSOLE_SCOPE,
  };
}

function baseUrlsOf(settings: Readonly<Record<string, unknown>>): BaseUrls {
  const urls: Partial<Record<Provider, Record<string, string>>> = {};
  for (const { provider, region, variable, standard } of BASE_URLS) {
    urls[provider] = { ...urls[provider], [region]: (settings[variable] as string | undefined) ?? standard };
  }
  return urls as BaseUrls;
}

// The file with Vault's token is read only for a line of the key ring that Vault has wrapped.
function secretFiles(
  { LATCHKEY_MASTER_KEY_FILE, VAULT_TOKEN, VAULT_TOKEN_FILE }: NodeJS.ProcessEnv,
  keyRing: KeyRing,
): Record<string, string | undefined> {
  const readsToken = !VAULT_TOKEN && keyRing.usesService('vault-transit');
  return { LATCHKEY_MASTER_KEY_FILE, ...(readsToken && { VAULT_TOKEN_FILE }) };
}
