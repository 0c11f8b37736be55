import 'reflect-metadata';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Database } from '../database/database';
import { createApp, listen, ownAddress } from '../app';
import { ConfigError, readConfig, type Config } from '../config';
import { BLOCKED_PORT, isBlockedPort } from '../platform/blocked-port';
import { loadEnvFile } from '../platform/env-file';
import { endOnSignals, outliveLostOutput } from '../platform/process';
import { BASE_URLS, givenVariables } from '../settings';
import { KeyRing, UnusableKeyRing } from '../vault/master-keys/key-ring';
import type { Ask } from './ask';
import { connectEvents } from './connected-events';
import { resumeIssuer, type DemoIssuer } from './issuer';
import { sandboxNameOf, startSandbox, type Sandbox } from './sandbox';
import { addBilling } from './billing';
import { receiveDayOfCalls } from './day-of-calls';
import { gatewayToken } from './gateway-token';
import { seedHandIns } from './hand-ins';
import { PERSONAS, seed, subjectOf } from './seed';
import { addShowcase } from './showcase';
import { startWebhookReceiver } from './webhook-receiver';

const FOLDER = '.latchkey';
const DEMO_FILE = join(FOLDER, 'demo.json');
const WEBHOOKS_FILE = join(FOLDER, 'webhooks.jsonl');
const AUDIENCE = 'latchkey-demo';
const NPM_LOOKED_FOR_EVERY_MS = 500;
const TOKEN_LIFETIME_S = 30 * 24 * 60 * 60;

/**
 * Starts the demo. It is the product as it is, with an embedded database, two made-up agencies, an issuer of
 * its own, and stand-ins for the providers whose address was not given. What the environment configures takes
 * precedence.
 */
async function main(): Promise<void> {
  outliveLostOutput();
  const closeOnSignals = endOnSignals();
  loadEnvFile();
  if (process.env.NODE_ENV === 'production')
    throw new ConfigError(
      'This is the demo, and NODE_ENV is production. Production starts with `npm run serve`.',
    );
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const issuer = await resumeIssuer({
    keyFile: join(FOLDER, 'issuer-key.json'),
    portFile: join(FOLDER, 'issuer-port'),
  });
  const sandbox = await startSandbox();
  const receiver = await startWebhookReceiver(keepWebhook);
  const config = readConfig({
    ...demoDefaults(issuer),
    ...givenVariables(process.env),
    ...sandboxUrls(sandbox),
  });
  refuseOtherHosts(config);
  await refuseTakenPort(config);
  const tokens = await mintTokens(issuer, config);
  // It is filled over its own API, while it listens already.
  let isFilled = false;
  const app = await createApp(config, {
    playgroundTokens: tokens,
    loopbackOnly: true,
    webhooksToLoopback: true,
    isBeingFilled: () => !isFilled,
  });
  await seed(app.database, app.vault, app.audit, config.auth.issuer, sandbox);
  await seedHandIns(app.database, app.vault, app.audit, sandbox);
  // The issuer and the stand-ins end last, because requests that are in flight may still ask them.
  closeOnSignals({
    ...app,
    close: () => app.close().then(() => Promise.all([issuer.close(), sandbox.close(), receiver.close()])),
  });
  endWithNpm();
  await listen(app, config);
  const url = ownAddress(app.server, config);
  if (tokens.agencyAdmin !== undefined && asksStandInsAlone(sandbox, config))
    await addCalls(app.database, askAs(url, tokens.agencyAdmin), url, sandbox);
  const demo = {
    url,
    tokens,
    sandbox: describeSandbox(sandbox, config),
    oneTimeLink: (await earlierLink(url, config)) ?? (await createLink(url, tokens.agencyAdmin, sandbox)),
    gatewayToken: await createGatewayToken(url, tokens.agencyAdmin, sandbox),
  };
  if (tokens.agencyAdmin !== undefined) await receiver.enter(askAs(url, tokens.agencyAdmin));
  writeFileSync(DEMO_FILE, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 });
  isFilled = true;
  console.log(JSON.stringify(demo, null, 2));
  console.log(
    `\nLatchkey's demo is ready.\n  Console:    ${url}/\n  Playground: ${url}/playground\n  GraphQL:    ${url}/graphql\n  Tokens and keys to paste: ${DEMO_FILE}\n  A one-time link with its code, and a gateway token, stand there too.\n  Webhooks that the agency receives: ${WEBHOOKS_FILE}`,
  );
}

// In the terminal, dozens of them would hide what was printed of tokens and addresses.
function keepWebhook(message: string): void {
  appendFileSync(WEBHOOKS_FILE, `${message}\n`, { mode: 0o600 });
}

/** Lets the stand-ins tell of their calls, and adds some when the demo starts for the first time. */
async function addCalls(database: Database, ask: Ask, url: string, sandbox: Sandbox): Promise<void> {
  await addBilling(database, ask);
  await connectEvents(ask, url, sandbox);
  if (await addShowcase(ask, sandbox)) receiveDayOfCalls(sandbox);
}

// When npm is told to end, it tells its shell alone, which ends and leaves this process to another parent.
// Where there is a production start, `exec` takes the place of the shell, which the shell of Windows does not
// know.
function endWithNpm(): void {
  const shell = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  const watching = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watching);
    process.kill(process.pid, 'SIGTERM');
  }, NPM_LOOKED_FOR_EVERY_MS).unref();
}

// The showcase verifies keys and places calls. It must never do so at a provider whose address somebody has
// given.
function asksStandInsAlone(sandbox: Sandbox, config: Config): boolean {
  return sandbox.providers.every(({ provider, baseUrl }) =>
    Object.values(config.baseUrls[provider]).every((used) => used === baseUrl),
  );
}

// The demo hands out tokens. Therefore only this machine may reach it, whatever name a request gives for the
// host.
function refuseOtherHosts({ host }: Config): void {
  if (!['127.0.0.1', '::1', 'localhost'].includes(host))
    throw new ConfigError(
      'HOST: the demo listens on this machine alone. Leave HOST out, or set it to 127.0.0.1.',
    );
}

// The port is tried before anything is changed, because another demo may run on this database.
async function refuseTakenPort({ host, port }: Config): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  await new Promise((resolve) => server.close(resolve));
}

interface OneTimeLink {
  readonly url: string;
  readonly code: string;
}

/**
 * Returns the one-time link of an earlier start, with the address at which this server can be reached now.
 * Returns null when the link does not open any more.
 */
async function earlierLink(url: string, { publicUrl }: Config): Promise<OneTimeLink | null> {
  const earlier = readDemoFile().oneTimeLink;
  if (!earlier) return null;
  const { pathname } = new URL(earlier.url);
  const path = pathname.slice(pathname.indexOf('/key/'));
  const { status } = await fetch(`${url}${path}`, { method: 'HEAD' });
  return status === 200 ? { url: `${publicUrl ?? url}${path}`, code: earlier.code } : null;
}

/** What an earlier start has written of what is shown once. */
interface Earlier {
  readonly oneTimeLink?: OneTimeLink | null;
  readonly gatewayToken?: string | null;
}

function readDemoFile(): Earlier {
  try {
    return JSON.parse(readFileSync(DEMO_FILE, 'utf8')) as Earlier;
  } catch {
    // This is the first start, or the file was cut off.
    return {};
  }
}

// The link is created as an admin would do it, because it can be read in no other place than the answer.
async function createLink(
  url: string,
  token: string | undefined,
  sandbox: Sandbox,
): Promise<OneTimeLink | null> {
  const asked = sandbox.providers.find(({ scene }) => scene.askedByLink !== undefined);
  if (token === undefined || !asked) return null;
  const input = `{ clientId: "${asked.scene.askedByLink}", provider: ${asked.provider} }`;
  const data = await askAs(url, token)(`mutation { createKeyLink(input: ${input}) { url code } }`);
  const link = data.createKeyLink as { url: string | null; code: string } | undefined;
  return link?.url ? { url: link.url, code: link.code } : null;
}

async function createGatewayToken(
  url: string,
  token: string | undefined,
  { providers }: Sandbox,
): Promise<string | null> {
  if (token === undefined) return null;
  const ids = providers.map(({ provider }) => provider);
  return gatewayToken(askAs(url, token), readDemoFile().gatewayToken, ids);
}

function askAs(url: string, token: string): Ask {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return async (query, variables) => {
    const body = JSON.stringify({ query, variables });
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    return ((await answer.json()) as { data: Record<string, unknown> | null }).data ?? {};
  };
}

function demoDefaults(issuer: DemoIssuer): NodeJS.ProcessEnv {
  const keyRingFile = join(FOLDER, 'master.keys');
  if (givenVariables(process.env).LATCHKEY_MASTER_KEY_FILE === undefined && !existsSync(keyRingFile)) {
    writeFileSync(keyRingFile, KeyRing.generateLine('demo'), { mode: 0o600, flag: 'wx' });
  }
  return {
    DATABASE_URL: `sqlite:${join(FOLDER, 'demo.sqlite')}`,
    LATCHKEY_MASTER_KEY_FILE: keyRingFile,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: AUDIENCE,
    PLAYGROUND: 'on',
    CONSOLE: 'on',
    CONSOLE_CLIENT_ID: 'latchkey-console',
    LOG_LEVEL: 'warn',
  };
}

// Every region of a provider leads to its stand-in unless the provider's own address is given. By itself, the
// demo never reaches a real provider.
function sandboxUrls(sandbox: Sandbox): NodeJS.ProcessEnv {
  const given = givenVariables(process.env);
  const unset = BASE_URLS.filter(({ variable }) => given[variable] === undefined);
  return Object.fromEntries(
    unset.map(({ provider, variable }) => [variable, sandbox[sandboxNameOf(provider)].baseUrl]),
  );
}

function describeSandbox(sandbox: Sandbox, config: Config) {
  const described = BASE_URLS.filter(({ region }) => region === 'US').map(({ provider }) => {
    const { baseUrl, keys } = sandbox[sandboxNameOf(provider)];
    const used = config.baseUrls[provider].US;
    return [sandboxNameOf(provider), { baseUrl: used, keys: used === baseUrl ? keys : {} }];
  });
  return Object.fromEntries(described) as Record<string, unknown>;
}

// Nobody here can sign tokens when the user has configured another issuer.
async function mintTokens(issuer: DemoIssuer, config: Config): Promise<Record<string, string>> {
  if (config.auth.issuer !== issuer.issuer) return {};
  const { audience } = config.auth;
  const tokens = PERSONAS.map(async (persona) => [
    persona,
    await issuer.mint({ subject: subjectOf(persona), audience, expiresInSeconds: TOKEN_LIFETIME_S }),
  ]);
  return Object.fromEntries(await Promise.all(tokens)) as Record<string, string>;
}

function reasonOf(error: unknown): unknown {
  if ((error as { code?: unknown }).code === 'EADDRINUSE')
    return 'The port is in use. Choose another: PORT=4001 npm start';
  if (isBlockedPort((error as Error).cause)) return `PORT: ${BLOCKED_PORT}`;
  const isExpected = error instanceof ConfigError || error instanceof UnusableKeyRing;
  return isExpected ? error.message : error;
}

main().catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exit(1);
});
