import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { dataSourceOptions } from '../../src/database/database';
import { entities } from '../../src/entities';
import { giveMacs } from '../../src/keys/old-places';
import { startTestApp, type TestApp } from '../harness';
import { CREATE_AGENT, CREATE_CLIENT, RESOLUTION, SET_CLIENT, START_CALL } from '../operations';

/** Before a migration, after what is done there to each of several keys. */
interface OldKeys {
  /** The migration, by the beginning of its name. */
  readonly migration: string;
  /** For each key the statements that change it: `?` stands for its id. */
  readonly changes: readonly (readonly string[])[];
  /** What has become of the tables by then. */
  readonly tables?: string;
}

/**
 * Brings keys of clients of their own back to before a migration, changes them, and migrates: how each is
 * explained and used then, and its next version. On a server, a way back takes seconds.
 */
async function afterMigration({ migration, changes, tables }: OldKeys): Promise<unknown[][]> {
  const running = await startTestApp();
  const older = await new DataSource(
    dataSourceOptions(running.databaseUrl, { entities, migrations }),
  ).initialize();
  const keys: KeyOfClient[] = [];
  for (const index of changes.keys()) keys.push(await keyOfClient(running, older, index));
  for (const _ of migrations.slice(migrations.findIndex(({ name }) => name.startsWith(migration))))
    await older.undoLastMigration();
  for (const [index, { id }] of keys.entries())
    for (const change of changes[index] ?? []) await older.query(change, [id]);
  if (tables !== undefined) await older.query(tables);
  await older.runMigrations();
  await older.destroy();
  const { database, vault } = running.app;
  await database.write((tx) => giveMacs(tx, vault.placeMacs));
  const outcomes: unknown[][] = [];
  for (const key of keys) outcomes.push(await outcomeOf(running, key));
  await running.close();
  return outcomes;
}

interface KeyOfClient {
  readonly id: string;
  readonly clientId: string;
  readonly agentId: string;
}

async function keyOfClient(running: TestApp, source: DataSource, index: number): Promise<KeyOfClient> {
  const {
    createClient: { client },
  } = await running.data<{ createClient: { client: { id: string } } }>(CREATE_CLIENT, {
    input: { name: `Client ${index}` },
  });
  const input = {
    clientId: client.id,
    name: 'Agent',
    provider: 'RETELL',
    providerAgentId: `agent_${index}`,
    fromNumber: '+14155550100',
  };
  const {
    createAgent: { agent },
  } = await running.data<{ createAgent: { agent: { id: string } } }>(CREATE_AGENT, { input });
  const apiKey = running.sandbox.retell.keys.valid;
  await running.data(SET_CLIENT, { input: { clientId: client.id, keys: [{ provider: 'RETELL', apiKey }] } });
  const [key] = await source.query<{ id: string }[]>('SELECT id FROM api_keys WHERE ownerId = ?', [
    client.id,
  ]);
  if (!key) throw new Error('The key was not stored');
  return { id: key.id, clientId: client.id, agentId: agent.id };
}

async function outcomeOf(running: TestApp, { clientId, agentId }: KeyOfClient): Promise<unknown[]> {
  const { agent } = await running.data<{ agent: { keyResolution: { source: string; status: string } } }>(
    RESOLUTION,
    { id: agentId },
  );
  const { startTestCall: started } = await running.data<{
    startTestCall: { call: { keySource: string } | null; userErrors: { code: string }[] };
  }>(START_CALL, { input: { agentId, toNumber: '+14155550123' } });
  const set = await running.data<{ setClientApiKeys: { apiKeys: { version: number }[] } }>(SET_CLIENT, {
    input: { clientId, keys: [{ provider: 'RETELL', apiKey: 'key_after_it_0123456' }] },
  });
  const { source, status } = agent.keyResolution;
  return [
    `${source} ${status}`,
    started.call?.keySource ?? started.userErrors[0]?.code,
    set.setClientApiKeys.apiKeys[0]?.version,
  ];
}

/** What is done to a key before a migration, with its resolution, its use and its next version after it. */
type OldKey = readonly [string, readonly string[], resolution: string, use: string, nextVersion: number];

const AS_IT_WAS = ['CLIENT UNVERIFIED', 'CLIENT', 2] as const;
const FOUND_OUT = ['CLIENT UNREADABLE', 'KEY_UNREADABLE'] as const;

function testOldKeys(migration: string, cases: readonly OldKey[], firstStep: string): void {
  let outcomes: unknown[][];
  beforeAll(async () => {
    outcomes = await afterMigration({ migration, changes: cases.map(([, changes]) => changes) });
  });

  test.each(cases.map(([what, , ...outcome], index) => ({ what, outcome, index })))(
    'a key that is $what',
    ({ outcome, index }) => expect(outcomes[index]).toEqual(outcome),
  );

  test('a key that is set is used as it was also when the migration was killed after its first step', async () => {
    expect(await afterMigration({ migration, changes: [[]], tables: firstStep })).toEqual([AS_IT_WAS]);
  });
}

describe('when the versions of keys become one secret a key', () => {
  const WHERE = 'WHERE apiKeyId = ?';
  const destroy = `UPDATE api_key_versions SET sealed = NULL, masterKey = NULL, retiredAt = createdAt ${WHERE}`;
  const retire = `UPDATE api_key_versions SET retiredAt = createdAt ${WHERE}`;
  const lose = `UPDATE api_key_versions SET sealed = NULL, masterKey = NULL ${WHERE}`;
  const remove = `DELETE FROM api_key_versions ${WHERE}`;
  const second = (retiredAt: string) =>
    `INSERT INTO api_key_versions (apiKeyId, version, masterKey, sealed, createdAt, retiredAt) SELECT apiKeyId, 2, masterKey, sealed, createdAt, ${retiredAt} FROM api_key_versions ${WHERE}`;
  const cleared = 'UPDATE api_keys SET version = 2, isSet = 0 WHERE id = ?';
  const unset = 'UPDATE api_keys SET isSet = 0 WHERE id = ?';

  const cases: readonly OldKey[] = [
    ['set is used as it was', [], ...AS_IT_WAS],
    ['cleared stays cleared', [cleared, destroy], 'AGENCY UNVERIFIED', 'AGENCY', 3],
    [
      'cleared stays cleared, and loses a secret that was left',
      [cleared, retire],
      'AGENCY UNVERIFIED',
      'AGENCY',
      3,
    ],
    [
      'cleared so long ago that its versions are gone stays cleared',
      [cleared, remove],
      'AGENCY UNVERIFIED',
      'AGENCY',
      3,
    ],
    ['older than its newest version is still found out', [second('createdAt')], ...FOUND_OUT, 3],
    ['cleared beside a live secret is still found out', [cleared], ...FOUND_OUT, 3],
    ['cleared beside a live version that lost its secret is still found out', [unset, lose], ...FOUND_OUT, 3],
    [
      'cleared beside an older version that is live again is still found out',
      [second('createdAt'), cleared],
      ...FOUND_OUT,
      4,
    ],
    ['set beside two live versions is still found out', [second('NULL')], ...FOUND_OUT, 3],
    ['set without a live version is still found out', [retire], ...FOUND_OUT, 3],
    ['set without a live secret is still found out', [destroy], ...FOUND_OUT, 3],
    ['set without any version is still found out', [remove], ...FOUND_OUT, 3],
  ];
  testOldKeys('OneSecretAKey', cases, 'ALTER TABLE api_key_versions RENAME TO api_key_versions_before');
});

describe('when the secrets of keys go into their rows', () => {
  const WHERE = 'WHERE apiKeyId = ?';
  const destroy = `UPDATE api_key_secrets SET version = 2, sealed = NULL, masterKey = NULL ${WHERE}`;
  const lose = `UPDATE api_key_secrets SET sealed = NULL, masterKey = NULL ${WHERE}`;
  const remove = `DELETE FROM api_key_secrets ${WHERE}`;
  const newer = `UPDATE api_key_secrets SET version = 3 ${WHERE}`;
  const second = 'UPDATE api_keys SET version = 2 WHERE id = ?';
  const cleared = 'UPDATE api_keys SET version = 2, isSet = 0 WHERE id = ?';
  const unset = 'UPDATE api_keys SET isSet = 0 WHERE id = ?';

  const cases: readonly OldKey[] = [
    ['set is used as it was', [], ...AS_IT_WAS],
    ['cleared stays cleared', [cleared, destroy], 'AGENCY UNVERIFIED', 'AGENCY', 3],
    ['older than its secret is still found out', [newer], ...FOUND_OUT, 4],
    ['newer than its secret is still found out', [second], ...FOUND_OUT, 3],
    ['cleared beside a secret is still found out', [unset], ...FOUND_OUT, 2],
    ['cleared beside an older secret is still found out', [cleared], ...FOUND_OUT, 3],
    ['cleared beside an older version that was lost is still found out', [cleared, lose], ...FOUND_OUT, 3],
    ['set beside a newer version that was cleared is still found out', [destroy], ...FOUND_OUT, 3],
    ['set without a secret is still found out', [lose], ...FOUND_OUT, 2],
    ["set without its secret's row is still found out", [remove], ...FOUND_OUT, 2],
    ["cleared without its secret's row is still found out", [cleared, remove], ...FOUND_OUT, 3],
  ];
  testOldKeys('KeyInItsRow', cases, 'ALTER TABLE api_key_secrets RENAME TO api_key_secrets_before');
});
