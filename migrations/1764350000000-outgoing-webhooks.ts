import { Table, type MigrationInterface, type QueryRunner, type TableOptions } from 'typeorm';
import { id, index, integer, optional, primary, text, time, unique } from './columns';

/** Where agencies are told of what happens, what is on its way to them, and what became of it. */
export class OutgoingWebhooks1764350000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave a table behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.createTable(new Table(table), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of TABLES) await runner.dropTable(name, true);
  }
}

const long = (name: string) => ({ name, type: 'text' });
const zero = { default: 0 };

const TABLES: readonly TableOptions[] = [
  {
    name: 'outgoing_messages',
    columns: [primary(id('id')), id('agencyId'), text('type', 32), long('body')],
  },
  {
    name: 'outgoing_webhooks',
    columns: [
      primary(id('id')),
      id('agencyId'),
      text('url', 1024),
      long('types'),
      optional(text('offReason', 16)),
      optional(time('offAt')),
      optional(time('failingSince')),
      { ...integer('faults'), ...zero },
      optional(time('pausedUntil')),
      optional(time('dueAt')),
      optional(time('claimedUntil')),
      { ...integer('fence'), ...zero },
      time('createdAt'),
      time('updatedAt'),
    ],
    indices: [
      index('outgoing_webhooks_by_agency', 'agencyId', 'id'),
      index('outgoing_webhooks_due', 'dueAt'),
    ],
  },
  {
    name: 'outgoing_webhook_secrets',
    columns: [
      primary(id('id')),
      id('webhookId'),
      id('agencyId'),
      integer('version'),
      optional(time('validUntil')),
      text('publicKey', 64),
      optional(text('masterKey', 64)),
      optional(long('sealed')),
    ],
    indices: [
      unique('outgoing_webhook_secrets_by_webhook', 'webhookId', 'version'),
      index('outgoing_webhook_secrets_by_master_key', 'masterKey'),
    ],
  },
  {
    name: 'deliveries',
    columns: [
      primary(id('id')),
      id('agencyId'),
      id('webhookId'),
      id('messageId'),
      text('type', 32),
      long('body'),
      text('status', 16),
      { ...integer('attempts'), ...zero },
      optional(time('dueAt')),
      optional(time('attemptedAt')),
      optional(text('fault', 32)),
      optional(integer('httpStatus')),
      optional(integer('durationMs')),
      time('createdAt'),
    ],
    indices: [
      unique('deliveries_once', 'webhookId', 'messageId'),
      index('deliveries_by_webhook', 'webhookId', 'id'),
      index('deliveries_by_status', 'webhookId', 'status', 'id'),
      index('deliveries_due', 'webhookId', 'status', 'dueAt'),
    ],
  },
];
