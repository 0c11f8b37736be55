import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

const COLUMNS = [
  ['call_sums', 'hour', 'integer NULL'],
  ['call_sum_progress', 'countedHours', 'integer NOT NULL DEFAULT 0'],
] as const;

/** The calls of a day that is not over yet are counted by its hours. */
export class SumsOfHours1764450000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column, type] of COLUMNS) await addMissingColumn(runner, table, column, type);
  }

  async down(runner: QueryRunner): Promise<void> {
    // Without the column, the sums of an hour would stand for those of a day.
    if (await runner.hasColumn('call_sums', 'hour'))
      await runner.query('DELETE FROM call_sums WHERE hour IS NOT NULL');
    for (const [table, column] of COLUMNS) await dropColumnIfThere(runner, table, column);
  }
}
