import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { id, index, integer, optional, primary, text, time } from './columns';

export class UsedSealedKeys1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(text('digest', 64)),
      id('ownerId'),
      text('provider', 32),
      optional(integer('version')),
      time('expiresAt'),
    ];
    const indices = [index('used_sealed_keys_by_expiry', 'expiresAt')];
    // On MySQL, a migration that is killed may leave the table behind, and is run again.
    await runner.createTable(new Table({ name: 'used_sealed_keys', columns, indices }), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('used_sealed_keys', true);
  }
}
