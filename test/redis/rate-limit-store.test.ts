import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../e2e/process';
import { startTestApp, type Answer, type TestApp } from '../harness';
import { RedisServer } from './server';

const LIMIT = 10;
const PASSWORD = 'a-password-of-the-store';

let running: TestApp;
const started: RedisServer[] = [];
let instances: TestApp[] = [];
beforeAll(async () => (running = await startTestApp()));
afterEach(async () => {
  await Promise.all(instances.map((instance) => instance.close()));
  instances = [];
});
afterAll(async () => {
  await running.close();
  await Promise.all(started.map((server) => server.kill()));
});

async function redis(...options: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...options);
  started.push(server);
  return server;
}

async function instance(store: string, env: NodeJS.ProcessEnv = {}): Promise<TestApp> {
  const another = await running.another({
    RATE_LIMIT_STORE: store,
    RATE_LIMIT_KEY_OPERATIONS: String(LIMIT),
    ...env,
  });
  instances.push(another);
  return another;
}

const CLEAR = `mutation { clearAgencyApiKeys(input: { providers: [] }) { userErrors { code } } }`;
const outcome = ({ status, errors }: Answer) => errors[0]?.extensions.code ?? status;
const ask = async (of: TestApp) => outcome(await of.ask('agencyAdmin', CLEAR));
/** How many of so many operations are let through. */
async function letThrough(of: TestApp, times = LIMIT + 5): Promise<number> {
  let passed = 0;
  for (let n = 0; n < times; n++) if ((await ask(of)) === 200) passed += 1;
  return passed;
}
const told = ({ logs }: TestApp) =>
  logs
    .filter((line) => line.includes('store of the rate limits'))
    .map((line) => JSON.parse(line) as { level: number; code?: string })
    .map(({ level, code }) => (level === 30 ? 'back' : code));

describe('limits in a store', () => {
  test('are one budget over all instances, for each caller, and outlive an instance', async () => {
    const { url } = await redis();
    const [one, other] = [await instance(url), await instance(url)];
    for (let n = 0; n < LIMIT / 2; n++) expect([await ask(one), await ask(other)]).toEqual([200, 200]);
    const refused = await other.ask('agencyAdmin', CLEAR);
    expect([outcome(refused), await ask(one), await ask(await instance(url))]).toEqual([
      'RATE_LIMITED',
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(outcome(await one.ask('otherAgencyAdmin', CLEAR))).toBe(200);
    expect([one, other].flatMap(told)).toEqual([]);
  });

  test('let exactly as many of many operations at once through, on two instances', async () => {
    const { url } = await redis();
    const [one, other] = [await instance(url), await instance(url)];
    const answers = await Promise.all(Array.from({ length: 4 * LIMIT }, (_, n) => ask(n % 2 ? one : other)));
    expect(answers.filter((answer) => answer === 200)).toHaveLength(LIMIT);
  });

  test('are counted apart in each database of a server', async () => {
    const { url } = await redis();
    expect(await letThrough(await instance(`${url}/1`))).toBe(LIMIT);
    expect(await letThrough(await instance(`${url}/2`))).toBe(LIMIT);
  });

  test('hold for links as well, and leave nothing behind that does not expire', async () => {
    const server = await redis();
    const one = await instance(server.url, { RATE_LIMIT_ONE_TIME_LINKS: '1' });
    const look = async () => (await fetch(`${one.url}/key/x`)).status;
    expect([await look(), await look()]).toEqual([404, 429]);
    await ask(one);
    const keys = (await server.send('KEYS *')).split('\r\n').filter((line) => line.startsWith('latchkey:'));
    expect([...new Set(keys.map((key) => key.split(':')[1]))].sort()).toEqual([
      'KEY_OPERATION',
      'ONE_TIME_LINK',
      'REQUEST',
    ]);
    for (const key of keys) expect(await server.send(`TTL "${key}"`)).toMatch(/^:(60|5\d)\r/);
  });

  test('need no more of a user than the documented rights', async () => {
    const server = await redis();
    const rights = '~latchkey:* +eval +set +incrby +pttl +expire +ping +select';
    expect(await server.send(`ACL SETUSER latchkey on >${PASSWORD} ${rights}`)).toBe('+OK\r\n');
    await server.send('ACL SETUSER default off');
    const store = `redis://latchkey:${PASSWORD}@127.0.0.1:${server.port}/4`;
    const [one, other] = [await instance(store), await instance(store)];
    expect((await letThrough(one, 6)) + (await letThrough(other, 6))).toBe(LIMIT);
    expect([one, other].flatMap(told)).toEqual([]);
  });
});

describe('a store that fails', () => {
  test('is done without until it is back, and is told of once each time', async () => {
    const server = await redis();
    const one = await instance(server.url);
    expect(await letThrough(one, LIMIT)).toBe(LIMIT);
    await server.kill();
    // The memory of the instance knows nothing of what the store has counted.
    expect(await letThrough(one)).toBe(LIMIT);
    expect(told(one)).toEqual([expect.stringMatching(/^E|^it failed$/)]);
    await server.start();
    await until(async () => {
      await ask(one);
      return told(one).includes('back');
    });
    expect(told(one)).toHaveLength(2);
    const fresh = await instance(server.url);
    await letThrough(fresh, LIMIT);
    expect(await ask(one)).toBe('RATE_LIMITED');
  });

  test('and hangs holds up one request for a moment, not each, and not for long', async () => {
    const server = await redis();
    const one = await instance(server.url);
    expect(await ask(one)).toBe(200);
    server.signal('SIGSTOP');
    const before = performance.now();
    expect(await letThrough(one)).toBe(LIMIT);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(told(one)).toEqual(['TIMEOUT']);
    // The connection is given up, and a new one finds the server where it goes on.
    server.signal('SIGCONT');
    await until(async () => {
      await ask(one);
      return told(one).includes('back');
    });
  });

  test('because it became a replica is left for the server to which its address leads now', async () => {
    const [old, next] = [await redis(), await redis()];
    let leadsTo = old;
    const relay = createServer((near) => {
      const far = connect(leadsTo.port, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const one = await instance(`redis://127.0.0.1:${(relay.address() as AddressInfo).port}`);
    expect(await ask(one)).toBe(200);
    leadsTo = next;
    await old.send('REPLICAOF 127.0.0.1 1');
    expect(await letThrough(one)).toBe(LIMIT);
    await until(async () => {
      await ask(one);
      return told(one).includes('back');
    });
    expect(told(one)).toEqual(['READONLY', 'back']);
    relay.close();
  });

  test('at the start stops nothing, and counts as soon as it is there', async () => {
    const server = await RedisServer.notYet();
    started.push(server);
    const one = await instance(server.url);
    expect(await ask(one)).toBe(200);
    await server.start();
    await until(async () => {
      await ask(one);
      return told(one).includes('back');
    });
  });

  test.each([
    ['a password that is not its own', ['--requirepass', 'another'], 'WRONGPASS'],
    ['no memory left', ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'], 'OOM'],
    ['too few rights', ['--user', 'default', 'on', `>${PASSWORD}`, '~*', '+ping', '+select'], 'NOPERM'],
  ])('with %s refuses nobody, limits in memory, and shows no password', async (_, options, code) => {
    const { port } = await redis(...options);
    const password = code === 'OOM' ? '' : `default:${PASSWORD}@`;
    const one = await instance(`redis://${password}127.0.0.1:${port}`);
    expect(await letThrough(one)).toBe(LIMIT);
    expect(told(one)).toEqual([code]);
    expect(one.logs.join('')).not.toMatch(new RegExp(`${PASSWORD}|127\\.0\\.0\\.1:${port}`));
  });
});

describe('rediss://', () => {
  let folder: string;
  let server: RedisServer;
  const openssl = (command: string) =>
    execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-redis-'));
    openssl('req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem');
    openssl('req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr');
    openssl('x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem');
    const file = (name: string) => join(folder, name);
    server = await redis(
      ...['--port', '0', '--tls-port', 'PORT', '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')],
      ...['--tls-ca-cert-file', file('ca.pem')],
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What a process of its own prints that counts once; it trusts one authority more than the system. */
  function countedBy(host: string, authority?: string): string {
    const program = `
      const { parseStoreAddress, RateLimitStore } = require('./dist/src/http/rate-limit-store.js');
      const log = { warn: ({ code }) => console.log('not counted there: ' + code), info: () => undefined };
      RateLimitStore.open(parseStoreAddress('rediss://${host}:${server.port}'), log).then(async (store) => {
        await store.limiter({ keyPrefix: 'latchkey:QUERY', points: 1, duration: 60 }).consume('somebody', 1);
        console.log('counted');
        process.exit(0);
      });`;
    const env = { PATH: process.env.PATH, ...(authority && { NODE_EXTRA_CA_CERTS: authority }) };
    return execFileSync(process.execPath, ['-e', program], { env, encoding: 'utf8' }).trim();
  }

  test('counts where the authority is trusted and the certificate names the host', () => {
    expect(countedBy('localhost', join(folder, 'ca.pem'))).toBe('counted');
  });

  test('sends nothing to a server of an unknown authority, or of another name', () => {
    expect(countedBy('localhost')).toMatch(/^not counted there: (UNABLE_TO|SELF_SIGNED)\w+\ncounted$/);
    expect(countedBy('127.0.0.1', join(folder, 'ca.pem'))).toMatch(
      /^not counted there: ERR_TLS_CERT_ALTNAME_INVALID\ncounted$/,
    );
  });
});
