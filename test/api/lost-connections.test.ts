import { Like } from 'typeorm';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { CallRow } from '../../src/calls/call.entity';
import { ClientRow } from '../../src/clients/client.entity';
import type { Transaction } from '../../src/database/transaction';
import { newId } from '../../src/platform/ids';
import { HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, CREATE_CLIENT, SET_CLIENT, START_CALL, type UserErrors } from '../operations';
import { until } from '../e2e/process';
import { Proxy, startBehindProxy } from '../proxy';

const server = process.env.TEST_DATABASE_SERVER;

// SQLite has no connection that could be lost.
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

  const cuts = [
    ['START TRANSACTION', 'BEFORE'],
    ['START TRANSACTION', 'AFTER'],
    ['COMMIT', 'BEFORE'],
    ['COMMIT', 'AFTER'],
  ] as const;
  const count = (type: AuditEventRow['type']) => running.app.database.read.countBy(AuditEventRow, { type });

  describe.each(cuts)('a connection that is lost at %s, %s it is run,', (text, when) => {
    test('lets a key be set once, and the answer says so', async () => {
      const before = await count('API_KEY_SET');
      proxy.cutAt(text, when);
      const input = {
        clientId: MAPLE,
        keys: [{ provider: 'RETELL', apiKey: `key_of_${text.length}_${when}` }],
      };
      const { setClientApiKeys: set } = await instance.data<{ setClientApiKeys: UserErrors }>(SET_CLIENT, {
        input,
      });
      expect(codes(set)).toEqual([]);
      expect(proxy.hasCut).toBe(true);
      expect(await count('API_KEY_SET')).toBe(before + 1);
    });

    test('lets one client be created, and the answer names it', async () => {
      proxy.cutAt(text, when);
      const name = `Created ${text} ${when}`;
      const { createClient } = await instance.data<{ createClient: { client: { id: string } } }>(
        CREATE_CLIENT,
        {
          input: { name },
        },
      );
      const found = await running.app.database.read.findBy(ClientRow, { name });
      expect(found.map(({ id }) => id)).toEqual([createClient.client.id]);
      expect(proxy.hasCut).toBe(true);
    });

    test('lets a call be placed once, also when it is asked for again under its idempotency key', async () => {
      const asked = running.sandbox.retell.requests.length;
      proxy.cutAt(text, when);
      const idempotencyKey = `${text} ${when}`;
      const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey };
      const start = () =>
        instance.data<{ startTestCall: { call: { id: string; providerCallId: string } } }>(START_CALL, {
          input,
        });
      const { startTestCall: first } = await start();
      const { startTestCall: again } = await start();
      expect(proxy.hasCut).toBe(true);
      expect([first.call.providerCallId, again.call]).toEqual([expect.any(String), first.call]);
      expect(running.sandbox.retell.requests).toHaveLength(asked + 1);
      const { id } = first.call;
      expect(await running.app.database.read.findBy(CallRow, { id })).toMatchObject([{ status: 'QUEUED' }]);
    });
  });

  test.each(['BEFORE', 'AFTER'] as const)(
    'what a provider said of a call is kept where the connection is lost %s that is written',
    async (when) => {
      proxy.cutAt('QUEUED', when);
      const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
      const { startTestCall } = await instance.data<{
        startTestCall: { call: { id: string; providerCallId: string } };
      }>(START_CALL, { input });
      expect(proxy.hasCut).toBe(true);
      const { id, providerCallId } = startTestCall.call;
      expect(await running.app.database.read.findBy(CallRow, { id })).toMatchObject([
        { status: 'QUEUED', providerCallId, revision: 0 },
      ]);
    },
  );

  const laterRuns: readonly [string, (tx: Transaction, row: ClientRow) => Promise<string>][] = [
    ['inserts the same rows', (tx, row) => tx.insertRow('clients', row).then(() => 'made twice')],
    ['finds nothing left to do', () => Promise.resolve('refused')],
    ['refuses to do it again', () => Promise.reject(new Error('refused'))],
  ];
  test.each(laterRuns)(
    'a run that counted as undone, and is committed after all, is what is answered where a later one %s',
    async (what, later) => {
      const { agencyId } = await running.app.database.read.findOneByOrFail(ClientRow, { id: MAPLE });
      const client: ClientRow = {
        ...{ id: newId(), agencyId, name: `Where it ${what}`, archivedAt: null, portalPermissions: [] },
        ...{ acceptsValidHandIns: false, createdAt: new Date() },
      };
      const row = { ...client, portalPermissions: '' } as unknown as ClientRow;
      let runs = 0;
      proxy.cutAt('COMMIT', 'BEFORE');
      const answer = await instance.app.database.write(async (tx) => {
        runs += 1;
        if (runs > 1) {
          await running.app.database.write((server) => server.insertRow('clients', row));
          return later(tx, row);
        }
        await tx.insertRow('clients', row);
        return 'made';
      });
      expect([runs, answer]).toEqual([2, 'made']);
    },
  );

  test('as many transactions as there are connections find out at the same time what became of each', async () => {
    const { agencyId } = await running.app.database.read.findOneByOrFail(ClientRow, { id: MAPLE });
    const all = 20;
    const arrived = [0, 0];
    const started = Date.now();
    let isCut = false;
    const change = async () => {
      const row = {
        id: newId(),
        agencyId,
        name: 'One of many',
        portalPermissions: '',
        createdAt: new Date(),
      };
      let run = -1;
      return instance.app.database.write(async (tx) => {
        run += 1;
        if (run === 0) await tx.insertRow('clients', row);
        arrived[run] = (arrived[run] ?? 0) + 1;
        await until(() => Promise.resolve((arrived[run] ?? 0) >= all));
        // Each COMMIT of the first runs is lost: all connections are cut, once.
        if (run === 0 && !isCut) {
          isCut = true;
          proxy.cut();
        }
        return run;
      });
    };
    expect(await Promise.all(Array.from({ length: all }, change))).toEqual(Array(all).fill(1));
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  test('a transaction that nobody can undo takes its connection with it', async () => {
    const { database } = instance.app;
    const connectionOf = async (tx: Pick<typeof database.read, 'rows'>) =>
      (await tx.rows<{ id: number }>('SELECT CONNECTION_ID() AS id'))[0]?.id;
    let lost: number | undefined;
    const failing = database.write(async (tx) => {
      lost = await connectionOf(tx);
      proxy.cutAt('ROLLBACK', 'BEFORE');
      throw new Error('The work failed');
    });
    await expect(failing).rejects.toThrow('The work failed');
    const used = await Promise.all(Array.from({ length: 25 }, () => database.write(connectionOf)));
    expect(used).not.toContain(lost);
  });

  test('a transaction whose connection was lost between two of its statements is run again', async () => {
    let attempts = 0;
    const isLost = (tx: Pick<typeof instance.app.database.read, 'rows'>) =>
      tx.rows('SELECT 1').then(
        () => false,
        () => true,
      );
    const done = await instance.app.database.write(async (tx) => {
      attempts += 1;
      if (attempts === 1) {
        proxy.cut();
        await until(() => isLost(tx));
      }
      return tx.rows('SELECT 1 AS done');
    });
    expect([attempts, done]).toEqual([2, [{ done: 1 }]]);
  });

  describe('one of two hosts of a database', () => {
    let hosts: Proxy[];
    let cluster: TestApp;
    beforeEach(async () => {
      const target = new URL(running.databaseUrl);
      hosts = await Promise.all([Proxy.start(target), Proxy.start(target)]);
      const ports = hosts.map(({ port }) => `127.0.0.1:${port}`);
      const address = running.databaseUrl.replace(target.host, ports.join(','));
      cluster = await running.another({ DATABASE_URL: address });
    });
    afterEach(async () => {
      await cluster.close();
      for (const host of hosts) host.close();
    });
    const create = (name: string) => cluster.ask('agencyAdmin', CREATE_CLIENT, { input: { name } });
    const events: readonly [string, (host?: Proxy) => void][] = [
      ['dies', (host) => host?.close()],
      ['hangs', (host) => host?.silence(true)],
    ];

    test.each(events)('is used alone until it %s, and is left within three seconds', async (what, fail) => {
      await create(`Before it ${what}`);
      expect(hosts.map(({ connections }) => connections > 0)).toEqual([true, false]);
      fail(hosts[0]);
      const started = Date.now();
      const created: string[] = [];
      const refused = new Set<string | undefined>();
      const change = async (index: number) => {
        for (let attempt = 0; ; attempt += 1) {
          const name = `While it ${what} ${index} ${attempt}`;
          const { errors } = await create(name);
          if (errors.length === 0) return void created.push(name);
          for (const { extensions } of errors) refused.add(extensions.code);
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, index) => change(index)));
      expect(Date.now() - started).toBeLessThan(3_000);
      expect([...refused].filter((code) => code !== 'SERVICE_UNAVAILABLE')).toEqual([]);
      const found = await running.app.database.read.findBy(ClientRow, { name: Like(`While it ${what} %`) });
      expect(found.map(({ name }) => name).toSorted()).toEqual(created.toSorted());
      expect((await fetch(`${cluster.url}/readyz`)).status).toBe(200);
    });

    test('that is dead at the start is passed over', async () => {
      const [dead, alive] = hosts;
      dead?.close();
      const address = running.databaseUrl.replace(
        new URL(running.databaseUrl).host,
        `127.0.0.1:${dead?.port ?? 0},127.0.0.1:${alive?.port ?? 0}`,
      );
      const late = await running.another({ DATABASE_URL: address });
      expect((await fetch(`${late.url}/readyz`)).status).toBe(200);
      await late.close();
    });
  });
} else {
  test('SQLite is not reached over a connection', () => expect(server).toBeUndefined());
}
