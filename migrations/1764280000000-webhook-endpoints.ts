import { Table, type MigrationInterface, type QueryRunner, type TableOptions } from 'typeorm';
import { boolean, id, index, integer, optional, primary, text, time, unique } from './columns';

/** Where providers send their events, the secrets by which they sign them, and the events themselves. */
export class WebhookEndpoints1764280000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave a table behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner)) await runner.createTable(new Table(table), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of tables(runner).reverse()) await runner.dropTable(name, true);
  }
}

function tables(runner: QueryRunner): TableOptions[] {
  const owner = [id('agencyId'), text('ownerType', 16), id('ownerId'), text('provider', 32)];
  return [
    {
      name: 'webhook_endpoints',
      columns: [
        primary(id('id')),
        ...owner,
        integer('urlVersion'),
        optional(time('previousUrlUntil')),
        { ...integer('refusedEvents'), default: 0 },
        time('updatedAt'),
      ],
      indices: [unique('webhook_endpoints_by_owner', 'ownerId', 'ownerType', 'provider')],
    },
    {
      name: 'webhook_secrets',
      columns: [
        primary(id('id')),
        id('endpointId'),
        id('agencyId'),
        text('provider', 32),
        integer('version'),
        optional(time('validUntil')),
        optional(text('masterKey', 64)),
        optional({ name: 'sealed', type: 'text' }),
      ],
      indices: [
        unique('webhook_secrets_by_endpoint', 'endpointId', 'version'),
        index('webhook_secrets_by_master_key', 'masterKey'),
      ],
    },
    {
      name: 'provider_events',
      columns: [
        primary(id('id')),
        ...owner,
        text('digest', 64),
        text('type', 64),
        optional(text('providerCallId', 128)),
        { name: 'facts', type: 'text' },
        boolean(runner, 'isSigned'),
        text('state', 16),
        time('dueAt'),
        time('receivedAt'),
      ],
      indices: [
        unique('provider_events_once', 'ownerId', 'provider', 'digest'),
        index('provider_events_by_time', 'ownerId', 'provider', 'receivedAt'),
        index('provider_events_to_work', 'state', 'dueAt'),
      ],
    },
  ];
}
