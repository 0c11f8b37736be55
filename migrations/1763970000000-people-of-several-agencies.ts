import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { unique } from './columns';

/** One person may belong to several agencies: whoever invites somebody takes nobody away from another. */
export class PeopleOfSeveralAgencies1763970000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // In SQL: on SQLite, TypeORM would copy the table to add a column.
    await runner.query('ALTER TABLE people ADD COLUMN lastRefusedAt datetime(3) NULL');
    await runner.dropIndex('people', 'people_by_identity');
    await runner.createIndex(
      'people',
      new TableIndex(unique('people_by_identity', 'identityDigest', 'agencyId')),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    // In the older form a person has one place: the one that was joined first.
    await runner.query(`DELETE FROM people WHERE id IN (SELECT id FROM (
      SELECT later.id FROM people later JOIN people earlier ON earlier.identityDigest = later.identityDigest
      AND (earlier.joinedAt < later.joinedAt OR (earlier.joinedAt = later.joinedAt AND earlier.id < later.id))) others)`);
    await runner.dropIndex('people', 'people_by_identity');
    await runner.createIndex('people', new TableIndex(unique('people_by_identity', 'identityDigest')));
    await runner.query('ALTER TABLE people DROP COLUMN lastRefusedAt');
  }
}
