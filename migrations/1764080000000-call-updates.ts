import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { index, optional, time } from './columns';

/** For frontends that ask which calls have changed since they last asked. */
export class CallUpdates1764080000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    if (!calls?.findColumnByName('updatedAt'))
      await runner.addColumn('calls', new TableColumn(optional(time('updatedAt'))));
    await runner.query('UPDATE calls SET updatedAt = createdAt WHERE updatedAt IS NULL');
    if (!calls?.indices.some(({ name }) => name === 'calls_by_update'))
      await runner.createIndex('calls', new TableIndex(index('calls_by_update', 'agencyId', 'updatedAt')));
  }

  async down(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    if (calls?.indices.some(({ name }) => name === 'calls_by_update'))
      await runner.dropIndex('calls', 'calls_by_update');
    if (calls?.findColumnByName('updatedAt')) await runner.dropColumn('calls', 'updatedAt');
  }
}
