import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { id, index, integer, optional, primary, refersTo, text, time } from './columns';

const BEFORE = 'api_key_versions_before';

/**
 * Instead of a row for each version that a key ever had, of which all but one are empty, one row a key: read
 * by its primary key, and overwritten by the next version. Instances of an older release that still run fail
 * to read keys from now on, and to set them.
 */
export class OneSecretAKey1763990000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // First, so that nothing is written any more that would not be copied. MySQL commits each step: one that
    // was killed goes on from here.
    if (await runner.hasTable('api_key_versions'))
      await runner.query(`ALTER TABLE api_key_versions RENAME TO ${BEFORE}`);
    if (!(await runner.hasTable(BEFORE))) return;
    await runner.query('DROP TABLE IF EXISTS api_key_secrets');
    await runner.createTable(
      new Table({
        name: 'api_key_secrets',
        columns: [
          primary(id('apiKeyId')),
          integer('version'),
          optional(text('masterKey', 64)),
          optional(text('sealed', 1024)),
        ],
        indices: [index('api_key_secrets_by_master_key', 'masterKey')],
        foreignKeys: [refersTo('api_keys', 'apiKeyId', 'api_key_secrets_key')],
      }),
    );
    // A key and its versions agreed when none was newer, and the live one was the key's own, or none where it
    // is cleared. Where they did not, the secret gets a number that is not the key's: what was found out
    // before is found out from now on.
    await runner.query(`INSERT INTO api_key_secrets (apiKeyId, version, masterKey, sealed)
      SELECT id, CASE WHEN agreed = 1 THEN version WHEN newest = version THEN version + 1 ELSE newest END,
        CASE WHEN agreed = 1 AND isSet = 0 THEN NULL ELSE masterKey END, CASE WHEN agreed = 1 AND isSet = 0 THEN NULL ELSE sealed END
      FROM (SELECT k.id, k.version, k.isSet, COALESCE(n.newest, k.version) AS newest, v.masterKey, v.sealed,
          CASE WHEN COALESCE(n.newest, 0) <= k.version AND COALESCE(n.lives, 0) = k.isSet AND (k.isSet = 0 OR n.live = k.version) THEN 1 ELSE 0 END AS agreed
        FROM api_keys k
        LEFT JOIN (SELECT apiKeyId, MAX(version) AS newest, SUM(CASE WHEN retiredAt IS NULL THEN 1 ELSE 0 END) AS lives,
          MAX(CASE WHEN retiredAt IS NULL THEN version END) AS live FROM ${BEFORE} GROUP BY apiKeyId) n ON n.apiKeyId = k.id
        LEFT JOIN ${BEFORE} v ON v.apiKeyId = k.id AND v.version = n.newest) each_key`);
    await runner.dropTable(BEFORE);
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!(await runner.hasTable('api_key_secrets'))) return;
    await runner.query('DROP TABLE IF EXISTS api_key_versions');
    await runner.createTable(
      new Table({
        name: 'api_key_versions',
        columns: [
          primary(id('apiKeyId')),
          primary(integer('version')),
          optional(text('masterKey', 64)),
          optional(text('sealed', 1024)),
          time('createdAt'),
          optional(time('retiredAt')),
        ],
        indices: [
          index('api_key_versions_by_master_key', 'masterKey'),
          index('api_key_versions_live', 'apiKeyId', 'retiredAt'),
        ],
        foreignKeys: [refersTo('api_keys', 'apiKeyId', 'api_key_versions_key')],
      }),
    );
    await runner.query(`INSERT INTO api_key_versions (apiKeyId, version, masterKey, sealed, createdAt, retiredAt)
      SELECT s.apiKeyId, s.version, s.masterKey, s.sealed, k.updatedAt, CASE WHEN s.sealed IS NULL THEN k.updatedAt END
      FROM api_key_secrets s JOIN api_keys k ON k.id = s.apiKeyId`);
    await runner.dropTable('api_key_secrets');
  }
}
