import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

/**
 * A MAC in the row of each place. The rows that are there get theirs at the next start, which has the key.
 * What instances of an older release set or clear after that is unreadable until it is set or cleared again.
 */
export class PlacesCarryAMac1764090000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await addMissingColumn(runner, 'api_keys', 'mac', 'varchar(64) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropColumnIfThere(runner, 'api_keys', 'mac');
  }
}
