import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A MAC in the row of each place. The rows that are there get theirs at the next start, which has the key.
 * What instances of an older release set or clear after that is unreadable until it is set or cleared again.
 */
export class PlacesCarryAMac1764090000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (await runner.hasColumn('api_keys', 'mac')) return;
    // In SQL: on SQLite, TypeORM would copy the table to add a column.
    await runner.query('ALTER TABLE api_keys ADD COLUMN mac varchar(64) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await runner.hasColumn('api_keys', 'mac')) await runner.query('ALTER TABLE api_keys DROP COLUMN mac');
  }
}
