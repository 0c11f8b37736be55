import type { MigrationInterface, QueryRunner } from 'typeorm';

const ADJUSTED_FOR_MS = 400 * 24 * 60 * 60 * 1000;

/**
 * Until now nothing was noted where only the cost of a call became known late. With a note for each final
 * statement that may lack such costs, the next statement of its client counts its calls once more.
 */
export class LateCosts1764490000000 implements MigrationInterface {
  // The statements are the same on every database. A note has the id of its statement, so that there is one
  // also where a migration that was killed is run again.
  async up(runner: QueryRunner): Promise<void> {
    const since = new Date(Date.now() - ADJUSTED_FOR_MS).toISOString().replace('T', ' ').replace('Z', '');
    await runner.query(
      `INSERT INTO late_calls (id, agencyId, clientId, callAt) SELECT id, agencyId, clientId, startsAt FROM statements
WHERE endsAt > ? AND id NOT IN (SELECT id FROM late_calls)`,
      [since],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM late_calls WHERE id IN (SELECT id FROM statements)');
  }
}
