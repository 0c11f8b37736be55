import type { MigrationInterface, QueryRunner } from 'typeorm';
import { addMissingColumn, dropColumnIfThere } from './columns';

const TABLES = ['people', 'service_tokens', 'key_links'];

/**
 * Who made an invitation, a service token or a one-time link, so that these can go with their maker. Null for
 * what is older.
 */
export class CreatedBy1764095000000 implements MigrationInterface {
  // Each statement is left out where an earlier run that was ended has done it.
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await addMissingColumn(runner, table, 'createdBy', 'varchar(36) NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await dropColumnIfThere(runner, table, 'createdBy');
  }
}
