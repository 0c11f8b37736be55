import { createHash } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { v7 } from 'uuid';
import { addMissingColumn, dropColumnIfThere } from './columns';

/** So many calls are read at a time. */
const BATCH = 500;

interface OtherCall {
  readonly digest: string;
  readonly id: string;
  readonly agencyId: string;
  readonly clientId: string | null;
  readonly provider: string;
  readonly providerCallId: string;
}

/**
 * A call that another account carried than its receipt names keeps the owner of that account, who bears its
 * cost. For the calls that there are, the digest by which they are known tells whether that is the agency or
 * the client.
 */
export class BearersOfCalls1764520000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave its column behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'calls', 'otherOwnerId', 'varchar(36) NULL');
    let after = '';
    for (;;) {
      const calls = (await runner.query(
        `SELECT p.digest, c.id, c.agencyId, c.clientId, c.provider, c.providerCallId FROM provider_calls p
JOIN calls c ON c.id = p.callId WHERE p.digest > ? AND c.isOtherAccount = 1 AND c.otherOwnerId IS NULL
AND c.providerCallId IS NOT NULL ORDER BY p.digest LIMIT ${BATCH}`,
        [after],
      )) as OtherCall[];
      for (const call of calls) await fill(runner, call);
      const last = calls.at(-1);
      if (!last) return;
      after = last.digest;
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'calls', 'otherOwnerId');
  }
}

async function fill(runner: QueryRunner, call: OtherCall): Promise<void> {
  const { id, clientId, agencyId, digest, provider, providerCallId } = call;
  const owner = [clientId, agencyId].find((each) => digestOf([each, provider, providerCallId]) === digest);
  if (!owner) return;
  // Its cost counts from now on. By these notes, its day is counted again, and the next statement takes it up
  // where the one of its period is final. They come first, so that none is missing after a kill.
  await runner.query(
    'INSERT INTO late_call_changes (id, agencyId, startAt) SELECT ?, agencyId, COALESCE(startedAt, createdAt) FROM calls WHERE id = ?',
    [v7(), id],
  );
  if (clientId !== null)
    await runner.query(
      'INSERT INTO late_calls (id, agencyId, clientId, callAt) SELECT ?, agencyId, clientId, COALESCE(startedAt, createdAt) FROM calls WHERE id = ?',
      [v7(), id],
    );
  await runner.query('UPDATE calls SET otherOwnerId = ? WHERE id = ?', [owner, id]);
}

/** As `digestOfCall` makes it. */
function digestOf(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
