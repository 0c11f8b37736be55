import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { id, index, integer, optional, primary, refersTo, text, time } from './columns';

/**
 * Instead of a row for each version that a key ever had, of which all but one are empty, one row a key: read by its primary key, and
 * overwritten by the next version. An instance of an older release that still runs fails to read keys from now on, and falls back to none.
 */
export class OneSecretAKey1763990000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // MySQL commits each step: one that was killed on the way starts anew, unless it had come to its end.
    if (!(await runner.hasTable('api_key_versions'))) return;
    await runner.query('DROP TABLE IF EXISTS api_key_secrets');
    await runner.createTable(
      new Table({
        name: 'api_key_secrets',
        columns: [primary(id('apiKeyId')), integer('version'), optional(text('masterKey', 64)), optional(text('sealed', 1024))],
        indices: [index('api_key_secrets_by_master_key', 'masterKey')],
        foreignKeys: [refersTo('api_keys', 'apiKeyId', 'api_key_secrets_key')],
      }),
    );
    // The newest version is the one that counts. A clear made none: it is the same one now. Rows that contradicted each other still do.
    await runner.query(`INSERT INTO api_key_secrets (apiKeyId, version, masterKey, sealed)
      SELECT k.id, CASE WHEN k.isSet = 0 AND live.apiKeyId IS NULL AND COALESCE(v.version, 0) <= k.version THEN k.version ELSE v.version END, v.masterKey, v.sealed
      FROM api_keys k
      LEFT JOIN (SELECT apiKeyId, MAX(version) AS version FROM api_key_versions GROUP BY apiKeyId) newest ON newest.apiKeyId = k.id
      LEFT JOIN api_key_versions v ON v.apiKeyId = k.id AND v.version = newest.version
      LEFT JOIN (SELECT DISTINCT apiKeyId FROM api_key_versions WHERE retiredAt IS NULL) live ON live.apiKeyId = k.id
      WHERE v.version IS NOT NULL OR k.isSet = 0`);
    await runner.dropTable('api_key_versions');
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!(await runner.hasTable('api_key_secrets'))) return;
    await runner.query('DROP TABLE IF EXISTS api_key_versions');
    await runner.createTable(
      new Table({
        name: 'api_key_versions',
        columns: [primary(id('apiKeyId')), primary(integer('version')), optional(text('masterKey', 64)), optional(text('sealed', 1024)), time('createdAt'), optional(time('retiredAt'))],
        indices: [index('api_key_versions_by_master_key', 'masterKey'), index('api_key_versions_live', 'apiKeyId', 'retiredAt')],
        foreignKeys: [refersTo('api_keys', 'apiKeyId', 'api_key_versions_key')],
      }),
    );
    await runner.query(`INSERT INTO api_key_versions (apiKeyId, version, masterKey, sealed, createdAt, retiredAt)
      SELECT s.apiKeyId, s.version, s.masterKey, s.sealed, k.updatedAt, CASE WHEN s.sealed IS NULL THEN k.updatedAt END
      FROM api_key_secrets s JOIN api_keys k ON k.id = s.apiKeyId`);
    await runner.dropTable('api_key_secrets');
  }
}
