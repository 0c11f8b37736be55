import { Table, TableColumn, type MigrationInterface, type QueryRunner, type TableOptions } from 'typeorm';
import {
  boolean,
  createMissingIndex,
  dropIndexIfThere,
  id,
  index,
  integer,
  optional,
  primary,
  text,
  time,
  unique,
} from './columns';

const OF_KEYS = [optional(time('checkAt')), optional(time('checkedAt')), optional(text('checkCode', 32))];
const KEY_OWNER = optional(id('keyOwnerId'));
const BY_KEY = index('calls_by_key', 'keyOwnerId', 'provider', 'keyVersion', 'id');
const TO_CHECK = index('api_keys_to_check', 'checkAt');
const BY_PAYER = index('agents_by_payer', 'agencyId', 'provider', 'clientId');

/** When keys are verified again, what tells of the health of accounts, and the alerts that come of it. */
export class KeyHealth1764340000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner)) await runner.createTable(new Table(table), true);
    const keys = await runner.getTable('api_keys');
    const missing = OF_KEYS.filter(({ name }) => !keys?.findColumnByName(name));
    await runner.addColumns(
      'api_keys',
      missing.map((column) => new TableColumn(column)),
    );
    // They are all due, and are worked off at the rate that the worker keeps to.
    await runner.query('UPDATE api_keys SET checkAt = updatedAt WHERE isSet = 1 AND checkAt IS NULL');
    await createMissingIndex(runner, 'api_keys', TO_CHECK);
    await createMissingIndex(runner, 'agents', BY_PAYER);
    const calls = await runner.getTable('calls');
    if (!calls?.findColumnByName(KEY_OWNER.name)) await runner.addColumn('calls', new TableColumn(KEY_OWNER));
    await runner.query(
      "UPDATE calls SET keyOwnerId = CASE keySource WHEN 'CLIENT' THEN clientId WHEN 'AGENCY' THEN agencyId END WHERE isOtherAccount = 0 AND keyOwnerId IS NULL",
    );
    await createMissingIndex(runner, 'calls', BY_KEY);
    // Each agency is looked at once, with all of its clients.
    await runner.query(
      "INSERT INTO changed_owners (id, agencyId, ownerId, clientsAfter, dueAt) SELECT id, id, id, '', createdAt FROM agencies WHERE id NOT IN (SELECT id FROM changed_owners)",
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'calls', BY_KEY.name);
    const calls = await runner.getTable('calls');
    if (calls?.findColumnByName(KEY_OWNER.name)) await runner.dropColumn('calls', KEY_OWNER.name);
    await dropIndexIfThere(runner, 'agents', BY_PAYER.name);
    await dropIndexIfThere(runner, 'api_keys', TO_CHECK.name);
    const keys = await runner.getTable('api_keys');
    const there = OF_KEYS.map(({ name }) => name).filter((name) => keys?.findColumnByName(name));
    await runner.dropColumns('api_keys', there);
    for (const { name } of tables(runner).reverse()) await runner.dropTable(name, true);
  }
}

function tables(runner: QueryRunner): TableOptions[] {
  return [
    {
      name: 'changed_owners',
      columns: [
        primary(id('id')),
        id('agencyId'),
        id('ownerId'),
        optional(id('clientsAfter')),
        time('dueAt'),
      ],
      indices: [index('changed_owners_due', 'dueAt')],
    },
    {
      name: 'absent_agents',
      columns: [
        primary(id('agentId')),
        id('ownerId'),
        text('provider', 32),
        integer('keyVersion'),
        text('providerAgentId', 128),
        time('foundAt'),
      ],
      indices: [index('absent_agents_by_owner', 'ownerId', 'provider')],
    },
    {
      name: 'unheard_ends',
      columns: [
        primary(id('ownerId')),
        primary(text('provider', 32)),
        id('agencyId'),
        integer('keyVersion'),
        time('callAt'),
        time('learntAt'),
      ],
    },
    {
      name: 'alerts',
      columns: [
        primary(id('id')),
        id('agencyId'),
        id('ownerId'),
        text('kind', 32),
        optional(text('provider', 32)),
        integer('affectedAgentCount'),
        boolean(runner, 'isOpen'),
        optional(text('cause', 128)),
        time('openedAt'),
        optional(time('acknowledgedAt')),
        optional(time('closedAt')),
      ],
      indices: [
        unique('alerts_open_causes', 'cause'),
        index('alerts_by_state', 'agencyId', 'isOpen', 'id'),
        index('alerts_by_kind', 'agencyId', 'isOpen', 'kind', 'id'),
        index('alerts_by_owner', 'ownerId', 'isOpen', 'id'),
      ],
    },
  ];
}
