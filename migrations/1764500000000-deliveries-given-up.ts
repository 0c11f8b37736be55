import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

/** A delivery says when it was given up, which may be long after it was made and attempted last. */
export class DeliveriesGivenUp1764500000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave its column behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'deliveries', 'givenUpAt', 'datetime(3) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'deliveries', 'givenUpAt');
  }
}
