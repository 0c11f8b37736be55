import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { alter, id, index, integer, primary, text, time } from './columns';

/**
 * An event is written without its place in the chain, which the sealer gives it: the changes of one agency no
 * longer wait for each other at the end of its chain. Only whoever holds the lease chains events.
 */
export class EventsChainedLater1764240000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const events = await runner.getTable('audit_events');
    if (!events?.findColumnByName('sequence')?.isNullable) await makeNullable(runner);
    if (!events?.indices.some(({ name }) => name === 'audit_events_in_order'))
      await runner.createIndex(
        'audit_events',
        new TableIndex(index('audit_events_in_order', 'sequence', 'id')),
      );
    if (!(await runner.hasTable('leases'))) await runner.createTable(leases());
  }

  // The column stays as it is: an older release fills it always, and what is not chained yet has no number to
  // be given here.
  async down(runner: QueryRunner): Promise<void> {
    if (await runner.hasTable('leases')) await runner.dropTable('leases');
    const events = await runner.getTable('audit_events');
    if (events?.indices.some(({ name }) => name === 'audit_events_in_order'))
      await runner.dropIndex('audit_events', 'audit_events_in_order');
  }
}

// SQLite cannot change a column. The old one is renamed, and dropped when the new one has its values.
async function makeNullable(runner: QueryRunner): Promise<void> {
  await alter(runner, {
    mysql: ['ALTER TABLE audit_events MODIFY COLUMN sequence int NULL'],
    sqlite: [
      'DROP INDEX audit_events_by_sequence',
      'ALTER TABLE audit_events RENAME COLUMN sequence TO numbered',
      'ALTER TABLE audit_events ADD COLUMN sequence integer',
      'UPDATE audit_events SET sequence = numbered',
      'ALTER TABLE audit_events DROP COLUMN numbered',
      'CREATE UNIQUE INDEX audit_events_by_sequence ON audit_events (agencyId, sequence)',
    ],
  });
}

function leases(): Table {
  return new Table({
    name: 'leases',
    columns: [primary(text('name', 32)), id('holder'), integer('fence'), time('expiresAt')],
  });
}
