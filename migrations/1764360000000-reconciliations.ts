import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { id, index, optional, primary, text, time } from './columns';

const DUE = index('reconciliations_due', 'nextAt');

/** When the calls of each account are compared with its provider's list. */
export class Reconciliations1764360000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(id('ownerId')),
      primary(text('provider', 32)),
      text('ownerType', 16),
      id('agencyId'),
      time('nextAt'),
      optional(time('doneUntil')),
    ];
    await runner.createTable(new Table({ name: 'reconciliations', columns }), true);
    const table = await runner.getTable('reconciliations');
    if (!table?.indices.some(({ name }) => name === DUE.name))
      await runner.createIndex('reconciliations', new TableIndex(DUE));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('reconciliations', true);
  }
}
