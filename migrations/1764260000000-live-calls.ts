import {
  TableColumn,
  TableForeignKey,
  type MigrationInterface,
  type QueryRunner,
  type TableColumnOptions,
} from 'typeorm';
import { optional, refersTo, text, time } from './columns';

const COLUMNS: readonly TableColumnOptions[] = [
  { ...text('origin', 16), default: "'API'" },
  optional(time('resolvedAt')),
  optional(text('receipt', 255)),
  optional(text('variablesDigest', 64)),
];
const FOREIGN_KEYS = [
  refersTo('agencies', 'agencyId', 'calls_agency'),
  refersTo('clients', 'clientId', 'calls_client'),
  refersTo('agents', 'agentId', 'calls_agent'),
];

/**
 * Receipts, and where a call comes from. The foreign keys go: for each call that is inserted, the database
 * locks the rows to which they lead.
 */
export class LiveCalls1764260000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    for (const { name } of FOREIGN_KEYS)
      if (calls?.foreignKeys.some((key) => key.name === name)) await runner.dropForeignKey('calls', name);
    const missing = COLUMNS.filter(({ name }) => !calls?.findColumnByName(name));
    await runner.addColumns(
      'calls',
      missing.map((column) => new TableColumn(column)),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    const there = COLUMNS.filter(({ name }) => calls?.findColumnByName(name));
    await runner.dropColumns(
      'calls',
      there.map(({ name }) => name),
    );
    for (const key of FOREIGN_KEYS)
      if (!calls?.foreignKeys.some(({ name }) => name === key.name))
        await runner.createForeignKey('calls', new TableForeignKey(key));
  }
}
