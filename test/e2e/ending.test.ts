import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { HARBOR_RETELL_AGENT } from '../demo-ids';
import { startWaitingProvider, type WaitingProvider } from '../fixtures/waiting-provider';
import { freePort } from '../fixtures/oidc';
import { post } from '../harness';
import { START_CALL } from '../operations';
import { COMPILED_BEFORE, until } from './process';

let folder: string;
let provider: WaitingProvider;
let url: string;
let env: NodeJS.ProcessEnv;
let started: ChildProcess | null = null;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-ending-'));
  provider = await startWaitingProvider();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const { PATH } = process.env;
  env = { PATH, ...COMPILED_BEFORE, PORT: String(port), RETELL_BASE_URL: provider.url, LOG_LEVEL: 'info' };
});
afterEach(() => {
  started?.kill('SIGKILL');
  provider.close();
  rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 });
});

const main = join(__dirname, '../../dist/src/demo/main.js');
const health = async () => (await fetch(`${url}/healthz`).catch(() => null))?.status;

/** A demo that writes its log to this file, and is asked to place a call, at which the provider waits. */
async function startPlacing(output: string) {
  const child = spawn('sh', ['-c', 'exec "$0" "$1" > "$2"', process.execPath, main, output], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started = child;
  const said = textOf(child.stderr);
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const file = join(folder, '.latchkey', 'demo.json');
  const read = () => JSON.parse(readFileSync(file, 'utf8')) as { tokens: { agencyAdmin: string } };
  let token = '';
  await until(() => {
    try {
      token = read().tokens.agencyAdmin;
    } catch {
      // It is not written yet.
    }
    return token !== '' || child.exitCode !== null;
  });
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const calling = post(url, token, { query: START_CALL, variables: { input } });
  await until(() => provider.placed() === 1 || child.exitCode !== null);
  return { child, calling, said, status: async () => (await ended)[0] };
}

const PLACED = { startTestCall: { call: { status: 'QUEUED', providerCallId: 'call_1' } } };

test('a call that is being placed is finished where the log cannot be written', async () => {
  const { child, calling, said, status } = await startPlacing('/dev/full');
  // The answer is logged, too.
  expect(await health()).toBe(200);
  provider.release();
  expect((await calling).data).toMatchObject(PLACED);
  child.kill('SIGTERM');
  expect([await status(), await said]).toEqual([0, '']);
});

test('the log tells that a process begins to end, with how many requests are open, and that all is finished', async () => {
  const log = join(folder, 'log');
  const { child, calling, status } = await startPlacing(log);
  const lines = () => readFileSync(log, 'utf8');
  child.kill('SIGTERM');
  await until(() => lines().includes('"signal":"SIGTERM","openRequests":1'));
  expect(lines()).not.toContain('Everything is finished');
  provider.release();
  expect((await calling).data).toMatchObject(PLACED);
  expect(await status()).toBe(0);
  expect(lines().split('Everything is finished')).toHaveLength(2);
});

test('the log goes on with a program that reads it when that has been started anew', async () => {
  const pipe = join(folder, 'log');
  spawnSync('mkfifo', [pipe]);
  const first = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
  first.stdout.resume();
  const { child, calling, status } = await startPlacing(pipe);
  first.kill();
  await once(first, 'exit');
  // These lines are lost.
  expect(await health()).toBe(200);
  const second = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'ignore'] });
  const secondEnded = once(second, 'exit');
  let log = '';
  second.stdout.on('data', (data: Buffer) => (log += data.toString()));
  await until(async () => (await health()) === 200 && log.includes('/healthz'));
  provider.release();
  expect((await calling).data).toMatchObject(PLACED);
  child.kill('SIGTERM');
  expect(await status()).toBe(0);
  await secondEnded;
});

test('a process whose terminal is closed finishes the call that it is placing, and waits for no silent connection', async () => {
  const { child, calling, status } = await startPlacing('/dev/null');
  const silent = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  await once(silent, 'connect');
  child.kill('SIGHUP');
  await until(async () => (await health()) !== 200);
  provider.release();
  expect((await calling).data).toMatchObject(PLACED);
  expect(await status()).toBe(0);
  silent.destroy();
});
