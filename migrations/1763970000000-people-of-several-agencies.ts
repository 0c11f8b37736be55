import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  addMissingColumn,
  createMissingIndex,
  dropColumnIfThere,
  dropIndexIfThere,
  hasIndex,
  unique,
} from './columns';

const BEFORE = unique('people_by_identity', 'identityDigest');
const AFTER = unique('people_by_identity', 'identityDigest', 'agencyId');

/** One person may belong to several agencies: whoever invites somebody takes nobody away from another. */
export class PeopleOfSeveralAgencies1763970000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'people', 'lastRefusedAt', 'datetime(3) NULL');
    await replaceIndex(runner, AFTER);
  }

  async down(runner: QueryRunner): Promise<void> {
    // In the older form a person has one place: the one that was joined first.
    await runner.query(`DELETE FROM people WHERE id IN (SELECT id FROM (
      SELECT later.id FROM people later JOIN people earlier ON earlier.identityDigest = later.identityDigest
      AND (earlier.joinedAt < later.joinedAt OR (earlier.joinedAt = later.joinedAt AND earlier.id < later.id))) others)`);
    await replaceIndex(runner, BEFORE);
    await dropColumnIfThere(runner, 'people', 'lastRefusedAt');
  }
}

async function replaceIndex(runner: QueryRunner, wanted: typeof AFTER): Promise<void> {
  if (await hasIndex(runner, 'people', wanted)) return;
  await dropIndexIfThere(runner, 'people', wanted.name);
  await createMissingIndex(runner, 'people', wanted);
}
