import {
  Table,
  TableColumn,
  type MigrationInterface,
  type QueryRunner,
  type TableColumnOptions,
} from 'typeorm';
import { id, integer, optional, primary, text, time } from './columns';

const COLUMNS: readonly TableColumnOptions[] = [
  { ...integer('revision'), default: 0 },
  optional(time('knownAt')),
];

/** What was known of a call, each time that more was. */
export class CallRevisions1764290000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    const missing = COLUMNS.filter(({ name }) => !calls?.findColumnByName(name));
    await runner.addColumns(
      'calls',
      missing.map((column) => new TableColumn(column)),
    );
    const columns = [
      primary(id('callId')),
      primary(integer('revision')),
      time('at'),
      time('knownAt'),
      text('source', 16),
      text('known', 512),
    ];
    await runner.createTable(new Table({ name: 'call_revisions', columns }), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('call_revisions', true);
    const calls = await runner.getTable('calls');
    const there = COLUMNS.filter(({ name }) => calls?.findColumnByName(name));
    await runner.dropColumns(
      'calls',
      there.map(({ name }) => name),
    );
  }
}
