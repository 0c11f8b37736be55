import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { index } from './columns';

/** For counting the calls of a span of time. */
export class CallTimes1763950000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createIndex('calls', new TableIndex(index('calls_by_time', 'agencyId', 'createdAt')));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('calls', 'calls_by_time');
  }
}
