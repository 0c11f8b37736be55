import { TableColumn, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { index, optional, time } from './columns';

/** When the provider of a call is asked about it next. */
export class CallsToAskAbout1764320000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    if (!calls?.findColumnByName('askAt'))
      await runner.addColumn('calls', new TableColumn(optional(time('askAt'))));
    await runner.query(`UPDATE calls SET askAt = createdAt WHERE costStatus = 'PENDING' AND askAt IS NULL`);
    if (!calls?.indices.some(({ name }) => name === 'calls_to_ask_about'))
      await runner.createIndex('calls', new TableIndex(index('calls_to_ask_about', 'askAt')));
  }

  async down(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    if (calls?.indices.some(({ name }) => name === 'calls_to_ask_about'))
      await runner.dropIndex('calls', 'calls_to_ask_about');
    if (calls?.findColumnByName('askAt')) await runner.dropColumn('calls', 'askAt');
  }
}
