import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

/** The sums of calls count those of which no duration is known. All days are counted again for it. */
export class SumsOfUnknownDurations1764530000000 implements MigrationInterface {
  // Without the progress, the calls themselves count until they are summed up again.
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'call_sums', 'unknownDurations', 'integer NOT NULL DEFAULT 0');
    await runner.query('DELETE FROM call_sum_progress');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'call_sums', 'unknownDurations');
  }
}
