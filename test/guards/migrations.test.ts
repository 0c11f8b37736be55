import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type QueryRunner } from 'typeorm';
import { migrations } from '../../migrations';
import { WebhooksOfAlerts1764460000000 } from '../../migrations/1764460000000-webhooks-of-alerts';
import { hasIndex, index, unique } from '../../migrations/columns';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { entities } from '../../src/entities';
import { dataSourceOptions, openDatabase } from '../../src/database/database';
import type { Transaction } from '../../src/database/transaction';
import { ServiceTokenRow } from '../../src/people/service-token.entity';
import { newId } from '../../src/platform/ids';
import { createMigratedDatabase, createTestDatabase, managerOf, type TestDatabase } from '../database';
import { BRIGHTLINE, HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { runMutation } from '../mutations';

const mapping = { entities, migrations };
let database: TestDatabase;
let source: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  source = await new DataSource(dataSourceOptions(database.url, mapping)).initialize();
});

afterEach(async () => {
  await source.destroy();
  await database.drop();
});

/** TypeORM has no type that is a long text on every database: the row class says `text`. */
const LONG_TEXT = /^ALTER TABLE `statements` (DROP COLUMN `body`|ADD `body` text NOT NULL)$/;
const drift = async () =>
  (await source.driver.createSchemaBuilder().log()).upQueries
    .map(({ query }) => query)
    .filter((query) => !LONG_TEXT.test(query));

describe('the migrations', () => {
  test('leave no difference between the database and the row classes', async () => {
    expect(await drift()).not.toEqual([]);
    await source.runMigrations();
    expect(await drift()).toEqual([]);
  });

  test('go down to an empty database and up again', async () => {
    await source.runMigrations();
    for (const _ of migrations) await source.undoLastMigration();
    const empty = await drift();
    expect(empty.length).toBeGreaterThanOrEqual(entities.length);
    await source.runMigrations();
    expect(await drift()).toEqual([]);
    // A server waits for its disk after each statement that changes a table.
  }, 300_000);

  test('run once when several instances start at the same time', async () => {
    const instances = await Promise.all(Array.from({ length: 6 }, () => openDatabase(database.url, mapping)));
    const applied: unknown[] = await source.query('SELECT * FROM migrations');
    await Promise.all(instances.map((instance) => instance.close()));
    expect(applied).toHaveLength(migrations.length);
  });

  test('are taken over from an instance that was killed while it migrated', async () => {
    await source.query(
      'CREATE TABLE migration_lock (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(36) NOT NULL, expires_at BIGINT NOT NULL)',
    );
    await source.query('INSERT INTO migration_lock VALUES (1, ?, ?)', ['killed', Date.now() - 1]);
    const instance = await openDatabase(database.url, mapping);
    await instance.close();
    expect(await source.query('SELECT * FROM migration_lock')).toEqual([]);
  });
});

test('an index is there for a migration where its columns stand in the order that is wanted, and it is as unique', async () => {
  await source.query('CREATE TABLE things (a INTEGER, b INTEGER)');
  await source.query('CREATE UNIQUE INDEX by_both ON things (b, a)');
  const runner = source.createQueryRunner();
  const wanted = [unique('by_both', 'b', 'a'), unique('by_both', 'a', 'b'), index('by_both', 'b', 'a')];
  const found = await Promise.all(wanted.map((each) => hasIndex(runner, 'things', each)));
  await runner.release();
  expect(found).toEqual([true, false, false]);
});

// SQLite does all of a migration, or nothing.
if (process.env.TEST_DATABASE_SERVER)
  test('each migration that is killed after any of its statements, or before it is noted down, goes on from there', async () => {
    for (const migration of migrations) {
      // It does so many changes, and is killed at the next one.
      const run = async (changes: number) => {
        const runner = source.createQueryRunner();
        const ask = runner.query.bind(runner) as (...statement: unknown[]) => Promise<unknown>;
        let left = changes;
        jest.spyOn(runner, 'query').mockImplementation(async (...statement) => {
          if (/^\s*(ALTER|CREATE|DELETE|DROP|UPDATE|INSERT)/.test(statement[0]) && (left -= 1) < 0)
            throw new Error('killed');
          return ask(...statement);
        });
        const failure = await new migration().up(runner).then(
          () => null,
          (error: unknown) => (error as Error).message,
        );
        await runner.release();
        return { name: migration.name, failure };
      };
      let killed = 0;
      while ((await run(killed)).failure === 'killed') killed += 1;
      expect(await run(Infinity)).toEqual({ name: migration.name, failure: null });
    }
    expect(await drift()).toEqual([]);
  });

/** Everything that a database says of its tables, columns, indexes, foreign keys, and of their order. */
async function shapeOf(url: string): Promise<unknown[]> {
  const opened = await new DataSource(dataSourceOptions(url, mapping)).initialize();
  const statements = url.startsWith('sqlite:')
    ? ['SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name']
    : SHAPE.map(([view, schema]) => `SELECT * FROM information_schema.${view} WHERE ${schema} = DATABASE()`);
  const found: unknown[] = [];
  for (const statement of [...statements, 'SELECT * FROM migrations ORDER BY id'])
    found.push(await opened.query<unknown>(statement));
  await opened.destroy();
  // Its own name and age differ.
  const text = JSON.stringify(found, (key, value: unknown) => (AGE.test(key) ? null : value));
  const name = new URL(url).pathname.slice(1);
  return (JSON.parse(text.replaceAll(name, 'NAME')) as object[][]).map((rows) =>
    rows.map((row) => JSON.stringify(row)).sort(),
  );
}

/** Views of the information schema, with the column that names the database. */
const SHAPE = [
  ['TABLES', 'TABLE_SCHEMA'],
  ['COLUMNS', 'TABLE_SCHEMA'],
  ['STATISTICS', 'TABLE_SCHEMA'],
  ['TABLE_CONSTRAINTS', 'TABLE_SCHEMA'],
  ['KEY_COLUMN_USAGE', 'TABLE_SCHEMA'],
  ['REFERENTIAL_CONSTRAINTS', 'CONSTRAINT_SCHEMA'],
  ['CHECK_CONSTRAINTS', 'CONSTRAINT_SCHEMA'],
  ['TRIGGERS', 'TRIGGER_SCHEMA'],
  ['ROUTINES', 'ROUTINE_SCHEMA'],
  ['SCHEMATA', 'SCHEMA_NAME'],
] as const;
/** How old a database is, and what it has held: one that a test has left may have been migrated twice. */
const AGE =
  /^(CREATE_TIME|UPDATE_TIME|AUTO_INCREMENT|CARDINALITY|TABLE_ROWS|AVG_ROW_LENGTH|DATA_FREE|(INDEX|DATA)_LENGTH)$/;

test('the databases of the tests, which are copies, are the same as one that was migrated', async () => {
  const [copy, migrated] = [await createMigratedDatabase(), await createTestDatabase()];
  await (await openDatabase(migrated.url, mapping)).close();
  expect(await shapeOf(copy.url)).toEqual(await shapeOf(migrated.url));
  await Promise.all([copy.drop(), migrated.drop()]);
});

test('a SQLite database that all have closed is whole in its file, which can be copied', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
  const [file, copy] = [join(folder, 'closed.sqlite'), join(folder, 'copy.sqlite')];
  const instance = await openDatabase(`sqlite:${file}`, mapping);
  await managerOf(instance.read).query('SELECT COUNT(*) FROM clients');
  await instance.close();
  copyFileSync(file, copy);
  const copied = await new DataSource(dataSourceOptions(`sqlite:${copy}`, mapping)).initialize();
  expect(await copied.query('SELECT name FROM migrations')).toHaveLength(migrations.length);
  expect(await copied.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  await copied.destroy();
  rmSync(folder, { recursive: true });
});

test('a SQLite database closes also where not all can be moved into its file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
  const instance = await openDatabase(`sqlite:${join(folder, 'stuck.sqlite')}`, mapping);
  const stuck = (tx: Transaction) => {
    jest.spyOn(tx, 'run').mockRejectedValueOnce(new Error('The disk is full'));
    return Promise.reject(new Error('undo it'));
  };
  await expect(instance.write(stuck)).rejects.toThrow('undo it');
  await expect(instance.close()).resolves.toBeUndefined();
  rmSync(folder, { recursive: true });
});

test('the migrations after the first go down and up over a database that is in use, and keep what the first knew', async () => {
  const running = await startTestApp();
  const used = await new DataSource(dataSourceOptions(running.databaseUrl, mapping)).initialize();
  const counts = () =>
    Promise.all(
      ['agencies', 'clients', 'people', 'agents'].map((table) =>
        used.query<{ id: string }[]>(`SELECT id FROM ${table}`).then((rows) => rows.length),
      ),
    );
  const keys = () =>
    used.query<unknown[]>('SELECT id, version, isSet, status, masterKey, sealed FROM api_keys ORDER BY id');
  const before = [await counts(), await keys()] as const;
  expect(Math.min(...before[0], before[1].length)).toBeGreaterThan(1);
  for (const _ of migrations.slice(1)) await used.undoLastMigration();
  expect(await used.query<unknown[]>('SELECT apiKeyId FROM api_key_versions')).toHaveLength(before[1].length);
  await used.runMigrations();
  expect([await counts(), await keys()]).toEqual(before);
  await used.destroy();
  await running.close();
});

test.each(['up', 'down'])(
  'the last migration, ended at any of its statements on its way %s, goes on from there and loses nothing',
  async (direction) => {
    const running = await startTestApp();
    const used = await new DataSource(dataSourceOptions(running.databaseUrl, mapping)).initialize();
    const keys = () =>
      used.query<unknown[]>('SELECT id, version, isSet, status, masterKey, sealed FROM api_keys ORDER BY id');
    const before = await keys();
    const up = async () => {
      await used.runMigrations();
    };
    const down = async () => {
      // Each of the others was the last one when it was added.
      for (const { name } of migrations.slice(-1)) {
        const [newest] = await used.query<{ name: string }[]>(
          'SELECT name FROM migrations ORDER BY id DESC LIMIT 1',
        );
        if (newest?.name === name) await used.undoLastMigration();
      }
    };
    const [way, back] = direction === 'up' ? [up, down] : [down, up];
    const quiet = jest.spyOn(console, 'log').mockReturnValue();
    const runners = Object.getPrototypeOf(used.createQueryRunner()) as QueryRunner;
    const { query: ask } = runners as unknown as {
      readonly query: (this: QueryRunner, ...query: unknown[]) => Promise<never>;
    };
    let ended = 0;
    for (let last = 1, whole = false; !whole; last += 1) {
      if (direction === 'up') await down();
      let statements = 0;
      const killed = jest.spyOn(runners, 'query').mockImplementation(function (
        this: QueryRunner,
        ...query: [string, ...unknown[]]
      ) {
        if (/^(ALTER|CREATE|DELETE|DROP|UPDATE|INSERT)/.test(query[0]) && (statements += 1) === last)
          throw new Error('killed');
        return ask.apply(this, query);
      });
      whole = await way().then(
        () => true,
        () => false,
      );
      killed.mockRestore();
      ended += Number(!whole);
      await way();
      if (direction === 'down') await back();
      expect([last, await keys()]).toEqual([last, before]);
    }
    quiet.mockRestore();
    expect(ended).toBeGreaterThanOrEqual(1);
    await used.destroy();
    await running.close();
  },
);

test('a migration that was killed after its work and before it was noted down loses nothing', async () => {
  await source.runMigrations();
  await source.query("DELETE FROM migrations WHERE name LIKE 'OneSecretAKey%' OR name LIKE 'KeyInItsRow%'");
  await source.query(
    "INSERT INTO agencies (id, name, portalPermissions, createdAt) VALUES ('a', 'a', '', '2026-01-01 00:00:00')",
  );
  await source.query(
    "INSERT INTO api_keys (id, agencyId, ownerType, ownerId, provider, version, isSet, region, status, updatedAt, masterKey, sealed) VALUES ('k', 'a', 'AGENCY', 'a', 'VAPI', 1, 1, 'US', 'VALID', '2026-01-01 00:00:00', 'm', 's')",
  );
  await source.runMigrations();
  expect(await source.query('SELECT version, status, sealed FROM api_keys')).toEqual([
    { version: 1, status: 'VALID', sealed: 's' },
  ]);
});

describe('who made invitations, service tokens and one-time links from before makers were noted down', () => {
  const ADA = '01900000-0000-7000-8000-000000000301';
  const MAX = '01900000-0000-7000-8000-000000000302';
  const TABLES = ['people', 'service_tokens', 'key_links'];
  const migrateAgain = async (used: DataSource) => {
    await used.query("DELETE FROM migrations WHERE name LIKE 'MakersFromTheTrail%'");
    await used.runMigrations();
  };
  let running: TestApp;
  let used: DataSource;
  beforeEach(async () => {
    running = await startTestApp();
    used = await new DataSource(dataSourceOptions(running.databaseUrl, mapping)).initialize();
  });
  afterEach(async () => {
    await used.destroy();
    await running.close();
  });

  test('is found in the audit trail, and then they go with their maker', async () => {
    const change = (personId: string, role: string) =>
      runMutation(running, 'changeAgencyPerson', { personId, role });
    const rows = () =>
      Promise.all(
        TABLES.map((table) => used.query<unknown[]>(`SELECT id, createdBy FROM ${table} ORDER BY id`)),
      );
    await runMutation(running, 'inviteAgencyPerson', {
      email: 'grace@example.com',
      name: 'Grace',
      role: 'AGENCY_MEMBER',
    });
    await runMutation(running, 'invitePortalUser', {
      clientId: HARBOR,
      email: 'pia@example.com',
      name: 'Pia',
    });
    await runMutation(running, 'createServiceToken', { name: 'CRM', role: 'AGENCY_MEMBER' });
    await runMutation(running, 'createKeyLink', { clientId: HARBOR, provider: 'BLAND' });
    const before = await rows();
    expect(before.flat().filter((row) => (row as { createdBy: unknown }).createdBy === ADA)).toHaveLength(4);
    for (const table of TABLES) await used.query(`UPDATE ${table} SET createdBy = NULL`);
    await migrateAgain(used);
    expect(await rows()).toEqual(before);
    await migrateAgain(used);
    expect(await rows()).toEqual(before);

    await change(MAX, 'AGENCY_ADMIN');
    const removed = await running.data<{ removePerson: { grantedAccess: { kind: string }[] } }>(
      'mutation ($input: RemovePersonInput!) { removePerson(input: $input) { grantedAccess { kind isRevoked } } }',
      { input: { personId: ADA } },
      'agencyMember',
    );
    expect(removed.removePerson.grantedAccess).toEqual(
      ['SERVICE_TOKEN', 'KEY_LINK', 'INVITATION', 'INVITATION'].map((kind) => ({ kind, isRevoked: true })),
    );
  });

  test('is found for however many there are, stays unknown where no person is recorded, and is kept where it is known', async () => {
    const { database } = running.app;
    const ids = Array.from({ length: 1_201 }, () => newId());
    const [known = '', byOperator = '', unrecorded = ''] = ids;
    await database.write(async (tx) => {
      for (const [index, id] of ids.entries()) {
        const date = new Date();
        await tx.insert(ServiceTokenRow, {
          id,
          agencyId: BRIGHTLINE,
          name: 'CRM',
          role: 'AGENCY_MEMBER',
          prefix: 'lk_svc_x',
          tokenDigest: id,
          createdBy: id === known ? MAX : null,
          createdAt: date,
          expiresAt: date,
        });
        if (id === unrecorded) continue;
        await tx.insert(AuditEventRow, {
          id: newId(),
          agencyId: BRIGHTLINE,
          sequence: 1_000_000 + index,
          type: 'SERVICE_TOKEN_CREATED',
          at: date,
          actorKind: id === byOperator ? 'OPERATOR' : 'PERSON',
          actorId: id === byOperator ? null : ADA,
          actorName: 'Ada',
          requestId: newId(),
          details: JSON.stringify({ serviceTokenId: id, name: 'CRM', role: 'AGENCY_MEMBER' }),
          hash: '',
        });
      }
    });
    await migrateAgain(used);
    const made = await database.read.findBy(ServiceTokenRow, { agencyId: BRIGHTLINE, name: 'CRM' });
    const makerOf = (id: string) => made.find((row) => row.id === id)?.createdBy;
    expect([known, byOperator, unrecorded].map(makerOf)).toEqual([MAX, null, null]);
    expect(made.filter(({ createdBy }) => createdBy === ADA)).toHaveLength(1_198);
  });
});

test('an alert of a webhook that was off before alerts named their webhooks names it', async () => {
  await source.runMigrations();
  const runner = source.createQueryRunner();
  const migration = new WebhooksOfAlerts1764460000000();
  await migration.down(runner);
  const [webhookId, agencyId] = [newId(), newId()];
  const now = '2026-11-27 12:00:00.000';
  await source.query(
    'INSERT INTO outgoing_webhooks (id, agencyId, url, types, createdAt, updatedAt) VALUES (?, ?, ?, ?, ?, ?)',
    [webhookId, agencyId, 'https://hooks.example.com:8443/latchkey?secret=1', '[]', now, now],
  );
  const insert = (kind: string, isOpen: number, cause: string | null) =>
    source.query(
      'INSERT INTO alerts (id, agencyId, ownerId, kind, affectedAgentCount, isOpen, cause, openedAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [newId(), agencyId, agencyId, kind, 0, isOpen, cause, now],
    );
  await insert('OUTGOING_WEBHOOK_OFF', 1, `${agencyId} OUTGOING_WEBHOOK_OFF ${webhookId}`);
  await insert('OUTGOING_WEBHOOK_OFF', 0, null);
  await insert('KEY_INVALID', 1, `${agencyId} KEY_INVALID VAPI`);
  await migration.up(runner);
  await runner.release();
  const NONE = { outgoingWebhookId: null, outgoingWebhookHost: null };
  expect(await source.query('SELECT outgoingWebhookId, outgoingWebhookHost FROM alerts ORDER BY id')).toEqual(
    [{ outgoingWebhookId: webhookId, outgoingWebhookHost: 'hooks.example.com:8443' }, NONE, NONE],
  );
});
