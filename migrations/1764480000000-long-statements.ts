import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alter } from './columns';

/** A statement can have more lines than a `text` of MySQL takes. SQLite's has no end. */
export class LongStatements1764480000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alter(runner, { sqlite: [], mysql: ['ALTER TABLE statements MODIFY body mediumtext NOT NULL'] });
  }

  // Where there are longer ones, MySQL refuses this, and changes nothing.
  async down(runner: QueryRunner): Promise<void> {
    await alter(runner, { sqlite: [], mysql: ['ALTER TABLE statements MODIFY body text NOT NULL'] });
  }
}
