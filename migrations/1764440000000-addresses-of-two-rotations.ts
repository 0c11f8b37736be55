import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

/** An address that was rotated away stays good for its day, also where another rotation follows at once. */
export class AddressesOfTwoRotations1764440000000 implements MigrationInterface {
  // The statements are the same on every database. On MySQL, a migration that is killed may leave the column
  // behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'webhook_endpoints', 'earlierUrlUntil', 'datetime(3) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'webhook_endpoints', 'earlierUrlUntil');
  }
}
