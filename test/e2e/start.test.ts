import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { createTestDatabase } from '../database';
import { HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { post } from '../harness';
import { CLIENT_KEYS, codes, PENDING_HAND_INS, SET_CLIENT, START_CALL, type UserErrors } from '../operations';
import { KeyRing } from '../../src/vault/key-ring';
import { Process, until } from './process';

interface Demo {
  readonly url: string;
  readonly tokens: Record<string, string>;
  readonly oneTimeLink: { readonly url: string; readonly code: string };
  readonly sandbox: Record<string, { baseUrl: string; keys: Record<string, string> }>;
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'latchkey-start-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const demoFile = () => join(folder, '.latchkey', 'demo.json');

async function startDemo(env: NodeJS.ProcessEnv = {}): Promise<{ demo: Demo; running: Process }> {
  const running = new Process('src/demo/main.js', folder, env);
  await running.prints(/demo is ready/);
  return { demo: JSON.parse(readFileSync(demoFile(), 'utf8')) as Demo, running };
}

const ask = (demo: Demo, query: string, variables: object) => post(demo.url, demo.tokens.agencyAdmin ?? '', { query, variables });
const setKey = (demo: Demo, apiKey: string) => ask(demo, SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });

const whoAmI = (on: Demo, { tokens } = on) => post(on.url, tokens.agencyAdmin ?? '', { query: '{ viewer { role } }' });
const pathOf = (demo: Demo) => new URL(demo.oneTimeLink.url).pathname;
const issuerOf = ({ tokens }: Demo) => decodeJwt(tokens.agencyAdmin ?? '').iss ?? '';

/** A provider that answers when it is told to. */
async function startProvider(): Promise<{ url: string; placed: () => number; release: () => void; server: Server }> {
  let placed = 0;
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = createServer((request, response) => {
    if (request.method === 'POST') placed += 1;
    void released.then(() => response.writeHead(201, { 'content-type': 'application/json' }).end('{"call_id":"call_1"}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, placed: () => placed, release, server };
}

describe('the demo', () => {
  test('does not run where NODE_ENV says that this is production', async () => {
    const running = new Process('src/demo/main.js', folder, { NODE_ENV: 'production' });
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(/npm run serve/);
  });

  test('does not run where a `.env` says so either', async () => {
    writeFileSync(join(folder, '.env'), 'NODE_ENV=production\n');
    const running = new Process('src/demo/main.js', folder);
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(/npm run serve/);
    expect(existsSync(demoFile())).toBe(false);
  });

  test("does not fill a database that holds other agencies than the demo's", async () => {
    const keys = join(folder, 'master.keys');
    writeFileSync(keys, KeyRing.generateLine('own'));
    const env = { DATABASE_URL: `sqlite:${join(folder, 'own.sqlite')}`, LATCHKEY_MASTER_KEY_FILE: keys };
    const admin = new Process('src/cli.js', folder, { ...env, AUTH_ISSUER: 'https://login.example.com/', AUTH_AUDIENCE: 'x' }, ['create-agency', '--agency', 'Own', '--name', 'Olga', '--subject', 'olga']);
    expect(await admin.ended()).toBe(0);
    const running = new Process('src/demo/main.js', folder, env);
    expect(await running.ended()).toBe(1);
    expect(running.output).toBe("DATABASE_URL: this database holds agencies that are not the demo's. The demo was not put into it.\n");
  });

  test('shows keys that wait for an admin, and a one-time link that opens', async () => {
    const { demo, running } = await startDemo();
    const { data } = await ask(demo, PENDING_HAND_INS, {});
    expect(data).toMatchObject({ keyHandIns: { nodes: [{ handedInByKind: 'KEY_LINK' }, { handedInByKind: 'PERSON' }] } });
    const { url, code } = demo.oneTimeLink;
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ code, apiKey: demo.sandbox.bland?.keys.valid ?? '' }) });
    expect(answer.status).toBe(200);
    await running.end();
  });

  test('writes what is needed to try it, for its owner alone', async () => {
    const { demo, running } = await startDemo();
    expect(demo.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(demo.tokens)).toEqual(['agencyAdmin', 'agencyMember', 'portalUser', 'portalUserNoPermissions', 'otherAgencyAdmin']);
    for (const provider of ['retell', 'vapi', 'bland']) {
      expect(Object.keys(demo.sandbox[provider]?.keys ?? {})).toEqual(expect.arrayContaining(['valid', 'revoked', 'restricted', 'rateLimited', 'outOfFunds']));
    }
    expect(statSync(demoFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, '.latchkey', 'master.keys')).mode & 0o777).toBe(0o600);
    expect(await running.end()).toBe(0);
  });

  test('keeps its data over a second start, and its tokens are good again', async () => {
    const first = await startDemo();
    await setKey(first.demo, 'key_kept_over_starts_77');
    await first.running.end();
    rmSync(demoFile());
    const second = await startDemo();
    const { data } = await ask(second.demo, CLIENT_KEYS, { id: MAPLE });
    expect(JSON.stringify(data)).toContain('••••••••s_77');
    await second.running.end();
  });

  test('leaves the tokens of an earlier start good', async () => {
    const first = await startDemo();
    await first.running.end();
    const second = await startDemo();
    expect((await whoAmI(second.demo, first.demo)).status).toBe(200);
    await second.running.end();
  });

  test('a second time on the same port ends with what to do, and changes nothing of the one that runs', async () => {
    const first = await startDemo();
    const written = readFileSync(demoFile(), 'utf8');
    const second = new Process('src/demo/main.js', folder, { PORT: new URL(first.demo.url).port });
    expect(await second.ended()).toBe(1);
    expect(second.output).toBe('The port is in use. Choose another: PORT=4001 npm start\n');
    expect((await whoAmI(first.demo)).status).toBe(200);
    expect(readFileSync(demoFile(), 'utf8')).toBe(written);
    await first.running.end();
  });

  test('runs twice in one folder, each with the tokens of both, whichever ends first', async () => {
    const first = await startDemo();
    const second = new Process('src/demo/main.js', folder);
    await second.prints(/demo is ready/);
    const demo = JSON.parse(readFileSync(demoFile(), 'utf8')) as Demo;
    for (const on of [first.demo, demo]) for (const tokens of [first.demo, demo]) expect((await whoAmI(on, tokens)).status).toBe(200);
    await first.running.end();
    expect((await whoAmI(demo)).status).toBe(200);
    const issuer = issuerOf(demo);
    await until(async () => (await fetch(`${issuer}/jwks`).catch(() => null))?.status === 200);
    await second.end();
  });

  test('moves its issuer where another program has taken its port', async () => {
    const first = await startDemo();
    const issuer = issuerOf(first.demo);
    await first.running.end();
    const taken = createServer((_request, response) => response.end('{}'));
    await new Promise<void>((resolve) => taken.listen(Number(new URL(issuer).port), '127.0.0.1', resolve));
    rmSync(demoFile());
    const second = await startDemo();
    expect((await whoAmI(second.demo)).status).toBe(200);
    await second.running.end();
    taken.closeAllConnections();
    taken.close();
  });

  test('keeps its one-time link over starts while it is open, and makes another when it is not', async () => {
    const first = await startDemo();
    await first.running.end();
    const second = await startDemo();
    expect(pathOf(second.demo)).toBe(pathOf(first.demo));
    expect(new URL(second.demo.oneTimeLink.url).origin).toBe(second.demo.url);
    const { code, url } = second.demo.oneTimeLink;
    const used = await fetch(url, { method: 'POST', body: new URLSearchParams({ code, apiKey: second.demo.sandbox.bland?.keys.valid ?? '' }) });
    expect(used.status).toBe(200);
    await second.running.end();
    const third = await startDemo();
    expect(pathOf(third.demo)).not.toBe(pathOf(first.demo));
    const { data } = await ask(third.demo, '{ keyLinks { nodes { status } } }', {});
    expect(data).toEqual({ keyLinks: { nodes: [{ status: 'OPEN' }, { status: 'USED' }] } });
    await third.running.end();
  });

  test("does not use a provider's stand-in when the provider's address is given", async () => {
    const provider = await startProvider();
    provider.release();
    const { demo, running } = await startDemo({ RETELL_BASE_URL: provider.url });
    expect(demo.sandbox.retell).toEqual({ baseUrl: provider.url, keys: {} });
    await ask(demo, START_CALL, { input: { agentId: MAPLE_RETELL_AGENT, toNumber: '+14155550123' } });
    expect(provider.placed()).toBe(1);
    await running.end();
    provider.server.close();
  });

  test('does not start on a key ring that is not the one of its database, and says so', async () => {
    await (await startDemo()).running.end();
    writeFileSync(join(folder, '.latchkey', 'master.keys'), KeyRing.generateLine('demo'));
    const again = new Process('src/demo/main.js', folder);
    expect(await again.ended()).toBe(1);
    expect(again.output.trim()).toBe('Not the master key that this database knows by this name: demo');
  });
});

describe('a process that is asked to end', () => {
  test('finishes the call that it is placing, however often it is asked, and takes no new request', async () => {
    const provider = await startProvider();
    const { demo, running } = await startDemo({ RETELL_BASE_URL: provider.url });
    const calling = ask(demo, START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } });
    await until(() => provider.placed() === 1);
    running.signal('SIGTERM');
    await until(async () => (await fetch(`${demo.url}/healthz`).catch(() => null))?.status !== 200);
    running.signal('SIGTERM');
    provider.release();
    expect((await calling).data).toMatchObject({ startTestCall: { call: { status: 'QUEUED', providerCallId: 'call_1' } } });
    expect(await running.ended()).toBe(0);
    provider.server.close();
  });
});

describe('a process that is killed while a provider is placing a call', () => {
  test('has the call on record, and never places it a second time under the same idempotency key', async () => {
    const provider = await startProvider();
    const env = { RETELL_BASE_URL: provider.url };
    const call = { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'once' } };
    const first = await startDemo(env);
    const calling = ask(first.demo, START_CALL, call).catch(() => null);
    await until(() => provider.placed() === 1);
    first.running.signal('SIGKILL');
    await first.running.ended();
    expect(await calling).toBeNull();
    rmSync(demoFile());
    const second = await startDemo(env);
    const { data } = await ask(second.demo, START_CALL, call);
    const { startTestCall } = data as { startTestCall: UserErrors & { call: { status: string } } };
    expect([codes(startTestCall), startTestCall.call.status]).toEqual([[], 'UNKNOWN']);
    expect(provider.placed()).toBe(1);
    await second.running.end();
    provider.server.closeAllConnections();
    provider.server.close();
  });
});

describe('a production start', () => {
  const environment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
    const keys = join(folder, 'master.keys');
    if (!existsSync(keys)) writeFileSync(keys, KeyRing.generateLine('test'));
    return { DATABASE_URL: `sqlite:${join(folder, 'production.sqlite')}`, LATCHKEY_MASTER_KEY_FILE: keys, AUTH_ISSUER: 'https://login.example.com/', AUTH_AUDIENCE: 'x', ...env };
  };

  test('names everything that is wrong in one message, and does not start', async () => {
    const running = new Process('src/main.js', folder, { PORT: 'x', DATABASE_URL: 'postgres://' });
    expect(await running.ended()).toBe(1);
    for (const name of ['PORT', 'DATABASE_URL', 'LATCHKEY_MASTER_KEY_FILE', 'AUTH_ISSUER', 'AUTH_AUDIENCE']) expect(running.output).toContain(name);
    expect(running.output).not.toContain('    at ');
  });

  test.each([
    ['mysql://latchkey:hunter2@127.0.0.1:9/latchkey', 'ECONNREFUSED'],
    ['mariadb://latchkey:hunter2@nowhere.invalid/latchkey', '(ENOTFOUND|EAI_AGAIN)'],
    ['sqlite:/dev/null/none/latchkey.sqlite', '\\w+'],
  ])('that cannot open %s tells so in one line, without the password', async (DATABASE_URL, code) => {
    const running = new Process('src/main.js', folder, environment({ DATABASE_URL }));
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(new RegExp(`^DATABASE_URL: the database cannot be opened \\(${code}\\)\\n$`));
  });

  test('that finds its port taken tells so in one line, whatever database it has opened already', async () => {
    const database = await createTestDatabase();
    const taken = await startProvider();
    const running = new Process('src/main.js', folder, environment({ DATABASE_URL: database.url, PORT: new URL(taken.url).port }));
    expect(await running.ended()).toBe(1);
    expect(running.output).toBe('HOST and PORT: the server cannot listen there (EADDRINUSE)\n');
    taken.server.close();
    await database.drop();
  });

  test('without PUBLIC_URL warns of where one-time links lead', async () => {
    const quiet = new Process('src/main.js', folder, environment({ PUBLIC_URL: 'https://keys.example.com' }));
    await quiet.prints(/Server listening/);
    await quiet.end();
    expect(quiet.output).not.toContain('PUBLIC_URL');
    const running = new Process('src/main.js', folder, environment({}));
    await running.prints(/"level":40.*PUBLIC_URL is not given: one-time links lead to http:\/\/127\.0\.0\.1:\d+, which is this machine/);
    expect(await running.end()).toBe(0);
  });
});
