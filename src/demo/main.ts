import 'reflect-metadata';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createApp, type App } from '../app';
import { baseUrlVariables, ConfigError, readConfig, type Config } from '../config';
import { closeOnSignals, loadEnvFile } from '../process';
import { KeyRing } from '../vault/key-ring';
import { WrongMasterKey } from '../vault/master-key-check';
import { startIssuer, type DemoIssuer } from './issuer';
import { startSandbox, type Sandbox, type SandboxName } from './sandbox';
import { PERSONAS, seed, subjectOf } from './seed';

const FOLDER = '.latchkey';
const AUDIENCE = 'latchkey-demo';
const TOKEN_LIFETIME_S = 30 * 24 * 60 * 60;

/**
 * The demo: the product as it is, with an embedded database, two made-up agencies, an issuer of its own and stand-ins for the
 * providers whose address was not given. Whatever the environment configures is respected.
 */
async function main(): Promise<void> {
  loadEnvFile();
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const issuer = await startIssuer({ keyFile: join(FOLDER, 'issuer-key.json') });
  const sandbox = await startSandbox();
  const config = readConfig({ ...demoDefaults(issuer), ...given(process.env), ...sandboxUrls(sandbox) });
  const tokens = await mintTokens(issuer, config);
  const app = await createApp(config, { playgroundTokens: tokens });
  await seed(app.database, app.cipher, config.authIssuer, sandbox);
  closeOnSignals({ close: () => Promise.all([app.close(), issuer.close(), sandbox.close()]) });
  const url = await listen(app, config);
  const file = join(FOLDER, 'demo.json');
  const demo = { url, tokens, sandbox: describeSandbox(sandbox, config) };
  writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  console.log(JSON.stringify(demo, null, 2));
  console.log(`\nLatchkey's demo is ready.\n  Playground: ${url}/\n  GraphQL:    ${url}/graphql\n  Tokens and keys to paste: ${file}`);
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

async function listen({ server }: App, { host, port }: Config): Promise<string> {
  await server.listen({ host, port });
  const bound = (server.server.address() as AddressInfo).port;
  return `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${bound}`;
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof WrongMasterKey;
  const busy = (error as { code?: unknown }).code === 'EADDRINUSE';
  console.error(busy ? 'The port is in use. Choose another: PORT=4001 npm start' : expected ? error.message : error);
  process.exit(1);
});
