import 'reflect-metadata';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp, ownAddress } from '../app';
import { baseUrlVariables, ConfigError, readConfig, type Config } from '../config';
import { closeOnSignals, loadEnvFile } from '../process';
import { KeyRing, UnusableKeyRing } from '../vault/key-ring';
import { startIssuer, type DemoIssuer } from './issuer';
import { startSandbox, type Sandbox, type SandboxName } from './sandbox';
import { seedHandIns } from './hand-ins';
import { HARBOR_DENTAL, PERSONAS, seed, subjectOf } from './seed';

const FOLDER = '.latchkey';
const AUDIENCE = 'latchkey-demo';
const TOKEN_LIFETIME_S = 30 * 24 * 60 * 60;

/**
 * The demo: the product as it is, with an embedded database, two made-up agencies, an issuer of its own and stand-ins for the
 * providers whose address was not given. Whatever the environment configures is respected.
 */
async function main(): Promise<void> {
  if (process.env.NODE_ENV === 'production') throw new ConfigError('This is the demo, and NODE_ENV is production. Production starts with `npm run serve`.');
  loadEnvFile();
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const issuer = await startIssuer({ keyFile: join(FOLDER, 'issuer-key.json') });
  const sandbox = await startSandbox();
  const config = readConfig({ ...demoDefaults(issuer), ...given(process.env), ...sandboxUrls(sandbox) });
  const tokens = await mintTokens(issuer, config);
  const app = await createApp(config, { playgroundTokens: tokens });
  await seed(app.database, app.vault, app.audit, config.authIssuer, sandbox);
  await seedHandIns(app.database, app.vault, app.audit, sandbox);
  closeOnSignals({ drainMs: app.drainMs, close: () => Promise.all([app.close(), issuer.close(), sandbox.close()]) });
  await app.server.listen({ host: config.host, port: config.port });
  const url = ownAddress(app.server, config);
  const file = join(FOLDER, 'demo.json');
  const demo = { url, tokens, sandbox: describeSandbox(sandbox, config), oneTimeLink: await createLink(url, tokens.agencyAdmin) };
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  console.log(JSON.stringify(demo, null, 2));
  console.log(`\nLatchkey's demo is ready.\n  Playground: ${url}/\n  GraphQL:    ${url}/graphql\n  Tokens and keys to paste: ${file}\n  A one-time link, and its code, stand there too.`);
}

// As an admin would: the link can be read in no other place than the answer.
async function createLink(url: string, token: string | undefined): Promise<{ url: string; code: string } | null> {
  if (token === undefined) return null;
  const query = `mutation { createKeyLink(input: { clientId: "${HARBOR_DENTAL}", provider: BLAND }) { url code } }`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data } = (await answer.json()) as { data: { createKeyLink: { url: string | null; code: string } } | null };
  const link = data?.createKeyLink;
  return link?.url ? { url: link.url, code: link.code } : null;
}

function demoDefaults(issuer: DemoIssuer): NodeJS.ProcessEnv {
  const keyRingFile = join(FOLDER, 'master.keys');
  if (!process.env.LATCHKEY_MASTER_KEY_FILE && !existsSync(keyRingFile)) {
    writeFileSync(keyRingFile, KeyRing.generateLine('demo'), { mode: 0o600, flag: 'wx' });
  }
  return {
    DATABASE_URL: `sqlite:${join(FOLDER, 'demo.sqlite')}`,
    LATCHKEY_MASTER_KEY_FILE: keyRingFile,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: AUDIENCE,
    PLAYGROUND: 'on',
    LOG_LEVEL: 'warn',
  };
}

function given(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function nameOf(provider: string): SandboxName {
  return provider.toLowerCase() as SandboxName;
}

// Every region of a provider whose own address is not given leads to its stand-in: the demo reaches no real provider by itself.
function sandboxUrls(sandbox: Sandbox): NodeJS.ProcessEnv {
  const unset = baseUrlVariables().filter(({ variable }) => !process.env[variable]);
  return Object.fromEntries(unset.map(({ provider, variable }) => [variable, sandbox[nameOf(provider)].baseUrl]));
}

function describeSandbox(sandbox: Sandbox, config: Config) {
  const described = baseUrlVariables().filter(({ region }) => region === 'US').map(({ provider }) => {
    const { baseUrl, keys } = sandbox[nameOf(provider)];
    const used = config.baseUrls[provider].US;
    return [nameOf(provider), { baseUrl: used, keys: used === baseUrl ? keys : {} }];
  });
  return Object.fromEntries(described) as Record<string, unknown>;
}

// With an issuer of the user's own there is nobody here who could sign tokens.
async function mintTokens(issuer: DemoIssuer, config: Config): Promise<Record<string, string>> {
  if (config.authIssuer !== issuer.issuer) return {};
  const { authAudience: audience } = config;
  const tokens = PERSONAS.map(async (persona) => [
    persona,
    await issuer.mint({ subject: subjectOf(persona), audience, expiresInSeconds: TOKEN_LIFETIME_S }),
  ]);
  return Object.fromEntries(await Promise.all(tokens)) as Record<string, string>;
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof UnusableKeyRing;
  const busy = (error as { code?: unknown }).code === 'EADDRINUSE';
  console.error(busy ? 'The port is in use. Choose another: PORT=4001 npm start' : expected ? error.message : error);
  process.exit(1);
});
