import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The time zone by which an agency counts its days. Those that are there count by UTC until they say so. */
export class TimeZones1764410000000 implements MigrationInterface {
  // The statements are the same on every database. TypeORM would make the table anew on SQLite, to which
  // other tables refer. On MySQL, a migration that is killed may leave the column behind, and is run
  // again.
  async up(runner: QueryRunner): Promise<void> {
    if (!(await hasZone(runner)))
      await runner.query("ALTER TABLE agencies ADD COLUMN timeZone varchar(64) NOT NULL DEFAULT 'UTC'");
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await hasZone(runner)) await runner.query('ALTER TABLE agencies DROP COLUMN timeZone');
  }
}

async function hasZone(runner: QueryRunner): Promise<boolean> {
  return (await runner.getTable('agencies'))?.findColumnByName('timeZone') !== undefined;
}
