import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

/** The time zone by which an agency counts its days. Those that are there count by UTC until they say so. */
export class TimeZones1764410000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'agencies', 'timeZone', "varchar(64) NOT NULL DEFAULT 'UTC'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'agencies', 'timeZone');
  }
}
