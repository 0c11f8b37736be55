import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

const COLUMNS = [
  ['failedMs', 'integer NOT NULL DEFAULT 0'],
  ['failedAt', 'datetime(3) NULL'],
] as const;

/** The time in which nothing was to be sent to a webhook is told from the time in which it failed. */
export class TimeOfFailure1764470000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave its columns behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    for (const [column, type] of COLUMNS) await addMissingColumn(runner, 'outgoing_webhooks', column, type);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [column] of COLUMNS) await dropColumnIfThere(runner, 'outgoing_webhooks', column);
  }
}
