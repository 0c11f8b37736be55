import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An address that was rotated away stays good for its day, also where another rotation follows at once. */
export class AddressesOfTwoRotations1764440000000 implements MigrationInterface {
  // The statements are the same on every database. On MySQL, a migration that is killed may leave the column
  // behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    if (!(await hasColumn(runner)))
      await runner.query('ALTER TABLE webhook_endpoints ADD COLUMN earlierUrlUntil datetime(3) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await hasColumn(runner))
      await runner.query('ALTER TABLE webhook_endpoints DROP COLUMN earlierUrlUntil');
  }
}

async function hasColumn(runner: QueryRunner): Promise<boolean> {
  return (await runner.getTable('webhook_endpoints'))?.findColumnByName('earlierUrlUntil') !== undefined;
}
