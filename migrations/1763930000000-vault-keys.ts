import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  addMissingColumn,
  createMissingIndex,
  createMissingTable,
  dropColumnIfThere,
  dropIndexIfThere,
  index,
  optional,
  primary,
  text,
  time,
} from './columns';

const BY_FINGERPRINT = index('api_keys_by_fingerprint', 'agencyId', 'fingerprint');

export class VaultKeys1763930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(text('name', 64)),
      optional(text('masterKey', 64)),
      optional(text('sealed', 1024)),
      time('createdAt'),
      optional(time('retiredAt')),
    ];
    await createMissingTable(runner, { name: 'vault_keys', columns });
    await addMissingColumn(runner, 'api_keys', 'fingerprint', 'varchar(64) NULL');
    await createMissingIndex(runner, 'api_keys', BY_FINGERPRINT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'api_keys', BY_FINGERPRINT.name);
    await dropColumnIfThere(runner, 'api_keys', 'fingerprint');
    await runner.dropTable('vault_keys', true);
  }
}
