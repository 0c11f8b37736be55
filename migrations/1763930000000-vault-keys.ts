import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { optional, primary, text, time } from './columns';

export class VaultKeys1763930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(text('name', 64)),
      optional(text('masterKey', 64)),
      optional(text('sealed', 1024)),
      time('createdAt'),
      optional(time('retiredAt')),
    ];
    await runner.createTable(new Table({ name: 'vault_keys', columns }));
    // In SQL: on SQLite, TypeORM would copy the table to add a column, and cannot drop the old one while
    // versions refer to it.
    await runner.query('ALTER TABLE api_keys ADD COLUMN fingerprint varchar(64) NULL');
    await runner.query('CREATE INDEX api_keys_by_fingerprint ON api_keys (agencyId, fingerprint)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP INDEX api_keys_by_fingerprint${runner.dataSource.options.type === 'better-sqlite3' ? '' : ' ON api_keys'}`,
    );
    await runner.query('ALTER TABLE api_keys DROP COLUMN fingerprint');
    await runner.dropTable('vault_keys');
  }
}
