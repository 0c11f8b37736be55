import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { providers, type Provider } from './providers';
import { PROVIDER_REGIONS, type ProviderAdapter } from './providers/provider';
import type { BaseUrls } from './providers/provider-api';
import { KeyRing } from './vault/key-ring';

export interface Config {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  readonly keyRing: KeyRing;
  readonly authIssuer: string;
  readonly authAudience: string;
  readonly baseUrls: BaseUrls;
  readonly providerTimeoutMs: number;
  readonly playground: boolean;
  readonly logLevel: string;
}

/** Everything that is wrong with the configuration, in one message. Never quotes a value. */
export class ConfigError extends Error {}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function isUrl(text: string, allows: (url: URL) => boolean): boolean {
  return URL.canParse(text) && allows(new URL(text));
}

// A key or a token must not cross a network in the clear.
const secureUrl = z.string().refine(
  (text) => isUrl(text, (url) => url.username === '' && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname)))),
  'must be an https address (http on this machine only) without a user name',
);
const baseUrl = secureUrl.transform((text) => text.replace(/\/+$/, '')).optional();

const databaseUrl = z
  .string('is required')
  .refine(
    (text) => /^sqlite:[^:]/.test(text) || isUrl(text, (url) => /^(mysql|mariadb):$/.test(url.protocol) && url.pathname.length > 1),
    'must be sqlite:<file>, mysql://... or mariadb://... with the name of a database',
  );

const keyRing = z.string('is required').transform((file, context) => {
  try {
    return KeyRing.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const unread = (error as NodeJS.ErrnoException).code;
    context.addIssue({ code: 'custom', message: unread ? `cannot be read (${unread})` : (error as Error).message });
    return z.NEVER;
  }
});

const environment = z.object({
  DATABASE_URL: databaseUrl,
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number('must be a port').int().min(0).max(65_535).default(4000),
  LATCHKEY_MASTER_KEY_FILE: keyRing,
  AUTH_ISSUER: z.string('is required').pipe(secureUrl),
  AUTH_AUDIENCE: z.string('is required').min(1, 'is required'),
  PROVIDER_TIMEOUT_MS: z.coerce.number('must be milliseconds').int().min(100).max(120_000).default(10_000),
  PLAYGROUND: z.enum(['on', 'off'], 'must be on or off').default('off'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], 'must be fatal, error, warn, info, debug or silent').default('info'),
  ...Object.fromEntries(baseUrlVariables().map(({ variable }) => [variable, baseUrl])),
});

/** Reads the whole configuration from the environment. Throws `ConfigError`, which names every problem. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(`The configuration is not complete. Nothing was started.\n${problems.join('\n')}`);
  }
  const { data } = parsed;
  return {
    databaseUrl: data.DATABASE_URL,
    host: data.HOST,
    port: data.PORT,
    keyRing: data.LATCHKEY_MASTER_KEY_FILE,
    authIssuer: data.AUTH_ISSUER,
    authAudience: data.AUTH_AUDIENCE,
    baseUrls: baseUrlsOf(data),
    providerTimeoutMs: data.PROVIDER_TIMEOUT_MS,
    playground: data.PLAYGROUND === 'on',
    logLevel: data.LOG_LEVEL,
  };
}

/** The variables that replace a provider's address: `RETELL_BASE_URL`, and `VAPI_EU_BASE_URL` for a region other than the default. */
export function baseUrlVariables(): { provider: Provider; region: (typeof PROVIDER_REGIONS)[number]; variable: string; standard: string }[] {
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
