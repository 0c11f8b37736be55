import { TableColumn, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';
import {
  addMissingColumn,
  boolean,
  createMissingIndex,
  dropColumnIfThere,
  dropIndexIfThere,
  optional,
  text,
  unique,
} from './columns';

const identityDigest = text('identityDigest', 64);
const BY_IDENTITY = unique('people_by_identity', 'identityDigest');
const BY_EMAIL = unique('people_by_email', 'emailDigest', 'agencyId');

/**
 * People who are invited and have not signed in yet, and what portal users of a client may do when nothing
 * else is said.
 */
export class Invitations1763940000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await changeIdentity(runner, optional(identityDigest));
    for (const [table, column, type] of added(runner)) await addMissingColumn(runner, table, column, type);
    // Nobody is invited yet.
    await runner.query('UPDATE people SET joinedAt = createdAt');
    await createMissingIndex(runner, 'people', BY_EMAIL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'people', BY_EMAIL.name);
    // Whoever has only been invited cannot be told from anyone in the older form.
    await runner.query('DELETE FROM people WHERE identityDigest IS NULL');
    await changeIdentity(runner, identityDigest);
    for (const [table, column] of added(runner).reverse()) await dropColumnIfThere(runner, table, column);
  }
}

function added(runner: QueryRunner): [table: string, column: string, type: string][] {
  const { type } = boolean(runner, '');
  return [
    ['people', 'email', 'varchar(254) NULL'],
    ['people', 'emailDigest', 'varchar(64) NULL'],
    ['people', 'joinedAt', 'datetime(3) NULL'],
    ['agencies', 'portalPermissions', "varchar(255) NOT NULL DEFAULT ''"],
    ['clients', 'portalPermissions', "varchar(255) NOT NULL DEFAULT ''"],
    ['clients', 'acceptsValidHandIns', `${type === 'tinyint' ? 'tinyint(1)' : type} NOT NULL DEFAULT 0`],
    ['service_tokens', 'lastRefusedAt', 'datetime(3) NULL'],
  ];
}

// Without its index: TypeORM takes the index along on SQLite and loses it on MySQL.
async function changeIdentity(runner: QueryRunner, column: TableColumnOptions): Promise<void> {
  const current = (await runner.getTable('people'))?.findColumnByName('identityDigest');
  if (current?.isNullable !== (column.isNullable ?? false)) {
    await dropIndexIfThere(runner, 'people', BY_IDENTITY.name);
    await runner.changeColumn('people', 'identityDigest', new TableColumn(column));
  }
  await createMissingIndex(runner, 'people', BY_IDENTITY);
}
