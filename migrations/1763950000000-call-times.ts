import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMissingIndex, dropIndexIfThere, index } from './columns';

const BY_TIME = index('calls_by_time', 'agencyId', 'createdAt');

/** For counting the calls of a span of time. */
export class CallTimes1763950000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createMissingIndex(runner, 'calls', BY_TIME);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'calls', BY_TIME.name);
  }
}
