import type { Socket } from 'node:net';
import type { DataSource, QueryRunner } from 'typeorm';
import { openDatabase, openToRead } from '../../src/database/database';
import { poolOf } from '../../src/database/typeorm-internals';
import { createTestDatabase } from '../database';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { SET_AGENCY, SET_CLIENT, START_CALL } from '../operations';
import { Proxy, startBehindProxy } from '../proxy';

const QUERY = '{ clients { nodes { name } } }';
const MUTATION = 'mutation { createClient(input: { name: "Silent" }) { userErrors { code } } }';
const server = process.env.TEST_DATABASE_SERVER;

// SQLite has no connection that could go silent.
if (server !== undefined) {
  let running: TestApp;
  let instance: TestApp;
  let proxy: Proxy;
  beforeAll(async () => {
    running = await startTestApp();
    ({ instance, proxy } = await startBehindProxy(running));
  });
  afterAll(async () => {
    await instance.close();
    proxy.close();
    await running.close();
  });

  const ready = async () => (await fetch(`${instance.url}/readyz`)).status;
  const refusal = { status: 503, retryAfter: '5', code: 'SERVICE_UNAVAILABLE' };
  const asked = async (query: string) => {
    const { status, headers, errors } = await instance.ask('agencyAdmin', query);
    return { status, retryAfter: headers.get('retry-after'), code: errors[0]?.extensions.code };
  };

  describe('a database', () => {
    test('that goes silent is told of as unavailable in time, and is used again when it answers', async () => {
      expect(await asked(QUERY)).toEqual({ status: 200, retryAfter: null, code: undefined });
      proxy.silence(true);
      const started = Date.now();
      const took = ready().then((status) => [status, Date.now() - started < 4_000]);
      const answers = Promise.all([
        asked(QUERY),
        asked(MUTATION),
        ...Array.from({ length: 25 }, () => asked(QUERY)),
      ]);
      expect(await took).toEqual([503, true]);
      expect(await answers).toEqual(Array(27).fill(refusal));
      expect(Date.now() - started).toBeLessThan(30_000);
      proxy.silence(false);
      // What was silent is not in the pool any more.
      expect(await Promise.all(Array.from({ length: 25 }, () => asked(QUERY)))).toEqual(
        Array(25).fill({ status: 200, retryAfter: null, code: undefined }),
      );
      expect(await ready()).toBe(200);
    });

    test('that is gone is told of as unavailable', async () => {
      proxy.close();
      expect([await asked(QUERY), await asked(MUTATION), await ready()]).toEqual([refusal, refusal, 503]);
    });
  });

  test('a server ends in time although its database went silent after it had been idle', async () => {
    const between = await Proxy.start(new URL(running.databaseUrl));
    const behind = new URL(running.databaseUrl);
    behind.host = `127.0.0.1:${between.port}`;
    const idle = await running.another({ DATABASE_URL: behind.toString() });
    const { source } = idle.app.database as unknown as { readonly source: DataSource };
    const streams = new Set<Socket>();
    poolOf(source).on('acquire', ({ stream }) => streams.add(stream));
    const ask = () => idle.ask('agencyAdmin', QUERY);
    await Promise.all(Array.from({ length: 25 }, ask));
    // This is what a socket does when nothing was sent for its time.
    for (const stream of streams) stream.emit('timeout');
    between.silence(true);
    const started = Date.now();
    expect((await ask()).status).toBe(503);
    await idle.close();
    expect(Date.now() - started).toBeLessThan(30_000);
    between.close();
  });

  const key = [{ provider: 'RETELL', apiKey: 'key_0123456789abcdef' }];
  test.each([
    ['sets a key of their client', SET_CLIENT, { clientId: HARBOR, keys: key }],
    ['sets a key of their agency', SET_AGENCY, { keys: key }],
    [
      'places another call of their agent',
      START_CALL,
      { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550199' },
    ],
  ])('an instance that hangs while it %s keeps no calls waiting', async (_, mutation, input) => {
    const { instance: hanging, proxy: between } = await startBehindProxy(running);
    const hangs = between.silenceFrom('COMMIT');
    const change = hanging.ask('agencyAdmin', mutation, { input });
    await hangs;
    const started = Date.now();
    const call = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550100' };
    await running.data(START_CALL, { input: call });
    expect(Date.now() - started).toBeLessThan(3_000);
    between.close();
    expect((await change).status).toBe(503);
    await hanging.close();
  });

  // Each of them does little but wait.
  describe('a start', () => {
    const wait = 'SELECT SLEEP(12)';
    class Slow1700000000000 {
      name = 'Slow1700000000000';
      up = (runner: QueryRunner) => runner.query(wait);
      down = () => Promise.resolve();
    }
    const mapping = { entities: [], migrations: [Slow1700000000000] };
    const refused = 'DATABASE_URL: the database cannot be opened (it does not answer)';

    test.concurrent.each([
      ['version()', openDatabase],
      ['wsrep_sync_wait', openDatabase],
      ['migration_lock', openDatabase],
      [wait, openDatabase],
      ['wsrep_sync_wait', openToRead],
    ])('that finds the database silent from %s on is given up in time, and says so', async (text, open) => {
      const created = await createTestDatabase();
      const between = await Proxy.start(new URL(created.url));
      void between.silenceFrom(text);
      const behind = new URL(created.url);
      behind.host = `127.0.0.1:${between.port}`;
      await expect(open(behind.toString(), mapping)).rejects.toThrow(refused);
      between.close();
      await created.drop();
    });

    test.concurrent.each(['master_key_checks', 'vault_keys'])(
      'of the server is given up in time, and says so: silent from %s on',
      async (text) => {
        const between = await Proxy.start(new URL(running.databaseUrl));
        void between.silenceFrom(text);
        const behind = new URL(running.databaseUrl);
        behind.host = `127.0.0.1:${between.port}`;
        const started = running.another({ DATABASE_URL: behind.toString() });
        await expect(started).rejects.toThrow(refused);
        between.close();
      },
    );

    test.concurrent('waits for a migration that takes longer than any other statement may', async () => {
      const created = await createTestDatabase();
      const database = await openDatabase(created.url, mapping);
      expect(await database.read.rows('SELECT name FROM migrations')).toEqual([
        { name: 'Slow1700000000000' },
      ]);
      await database.close();
      await created.drop();
    });
  });
} else {
  test('of SQLite cannot be reached over a connection', () => expect(server).toBeUndefined());
}
