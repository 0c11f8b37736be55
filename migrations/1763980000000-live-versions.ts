import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Finds the live version of a key among however many there were. */
export class LiveVersions1763980000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX api_key_versions_live ON api_key_versions (apiKeyId, retiredAt)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP INDEX api_key_versions_live${runner.dataSource.options.type === 'better-sqlite3' ? '' : ' ON api_key_versions'}`,
    );
  }
}
