import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { alter, id, index, integer, optional, primary, refersTo, text } from './columns';

const BEFORE = 'api_key_secrets_before';

const ADD = {
  sqlite: [
    'ALTER TABLE api_keys ADD COLUMN masterKey varchar(64) NULL',
    'ALTER TABLE api_keys ADD COLUMN sealed varchar(1024) NULL',
    'CREATE INDEX api_keys_by_master_key ON api_keys (masterKey)',
  ],
  mysql: [
    'ALTER TABLE api_keys ADD COLUMN masterKey varchar(64) NULL, ADD COLUMN sealed varchar(1024) NULL, ADD INDEX api_keys_by_master_key (masterKey)',
  ],
};
const REMOVE = {
  sqlite: [
    'DROP INDEX api_keys_by_master_key',
    'ALTER TABLE api_keys DROP COLUMN masterKey',
    'ALTER TABLE api_keys DROP COLUMN sealed_before',
  ],
  mysql: [
    'ALTER TABLE api_keys DROP INDEX api_keys_by_master_key, DROP COLUMN masterKey, DROP COLUMN sealed_before',
  ],
};

/**
 * The sealed key in the row of its place, instead of beside it: whoever reads or writes the one has the
 * other. Instances of an older release that still run fail to read keys from now on, and to set them.
 */
export class KeyInItsRow1764010000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // First, so that nothing is written any more that would not be copied. MySQL commits each step: one that
    // was killed goes on from here.
    if (await runner.hasTable('api_key_secrets'))
      await runner.query(`ALTER TABLE api_key_secrets RENAME TO ${BEFORE}`);
    if (!(await runner.hasTable(BEFORE))) return;
    if (!(await runner.hasColumn('api_keys', 'sealed'))) await alter(runner, ADD);
    const beside = (column: string) => `(SELECT s.${column} FROM ${BEFORE} s WHERE s.apiKeyId = api_keys.id)`;
    await runner.query(
      `UPDATE api_keys SET masterKey = ${beside('masterKey')}, sealed = ${beside('sealed')}`,
    );
    // Where the two rows did not agree, the one that is left contradicts itself: what was found out is found
    // out from now on. No version is given out twice.
    await runner.query(`UPDATE api_keys SET status = 'UNREADABLE', isSet = CASE WHEN sealed IS NULL THEN 1 ELSE 0 END,
        version = CASE WHEN COALESCE(${beside('version')}, 0) > version THEN ${beside('version')} ELSE version END
      WHERE NOT EXISTS (SELECT 1 FROM ${BEFORE} s
        WHERE s.apiKeyId = api_keys.id AND s.version = api_keys.version AND api_keys.isSet = CASE WHEN s.sealed IS NULL THEN 0 ELSE 1 END)`);
    await runner.dropTable(BEFORE);
  }

  async down(runner: QueryRunner): Promise<void> {
    // First, as above.
    if (await runner.hasColumn('api_keys', 'sealed'))
      await runner.query('ALTER TABLE api_keys RENAME COLUMN sealed TO sealed_before');
    if (!(await runner.hasColumn('api_keys', 'sealed_before'))) return;
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
    await runner.query(
      'INSERT INTO api_key_secrets (apiKeyId, version, masterKey, sealed) SELECT id, version, masterKey, sealed_before FROM api_keys',
    );
    await alter(runner, REMOVE);
  }
}
