import { TableColumn, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';
import { integer, optional, text, time } from './columns';

const COLUMNS: readonly TableColumnOptions[] = [
  optional(time('startedAt')),
  optional(time('endedAt')),
  optional(integer('durationMs')),
  optional(text('endReason', 32)),
  { ...text('costStatus', 16), default: "'PENDING'" },
  optional({ name: 'costMicros', type: 'bigint' }),
  optional(text('costCurrency', 3)),
  optional(text('costFigure', 32)),
  optional(text('costUnit', 16)),
];

/** What providers tell of a call after it was placed. */
export class CallFacts1764270000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    const missing = COLUMNS.filter(({ name }) => !calls?.findColumnByName(name));
    await runner.addColumns(
      'calls',
      missing.map((column) => new TableColumn(column)),
    );
    // What a provider has refused was never a call.
    await runner.query(
      `UPDATE calls SET durationMs = 0, endReason = 'PROVIDER_REFUSED', costStatus = 'KNOWN', costMicros = 0, costCurrency = 'USD'
       WHERE status = 'FAILED' AND costStatus = 'PENDING'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const calls = await runner.getTable('calls');
    const there = COLUMNS.filter(({ name }) => calls?.findColumnByName(name));
    await runner.dropColumns(
      'calls',
      there.map(({ name }) => name),
    );
  }
}
