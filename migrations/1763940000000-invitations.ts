import {
  TableColumn,
  TableIndex,
  type MigrationInterface,
  type QueryRunner,
  type TableColumnOptions,
} from 'typeorm';
import { boolean, optional, text, unique } from './columns';

const identityDigest = text('identityDigest', 64);

/**
 * People who are invited and have not signed in yet, and what portal users of a client may do when nothing
 * else is said.
 */
export class Invitations1763940000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await changeIdentity(runner, optional(identityDigest));
    // In SQL: on SQLite, TypeORM would copy a table to add a column, and cannot drop the old one while others
    // refer to it.
    for (const [table, column, type] of added(runner))
      await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
    await runner.query('UPDATE people SET joinedAt = createdAt');
    await runner.createIndex('people', new TableIndex(unique('people_by_email', 'emailDigest', 'agencyId')));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex('people', 'people_by_email');
    // Whoever has only been invited cannot be told from anyone in the older form.
    await runner.query('DELETE FROM people WHERE identityDigest IS NULL');
    await changeIdentity(runner, identityDigest);
    for (const [table, column] of added(runner).reverse())
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
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
  await runner.dropIndex('people', 'people_by_identity');
  await runner.changeColumn('people', 'identityDigest', new TableColumn(column));
  await runner.createIndex('people', new TableIndex(unique('people_by_identity', 'identityDigest')));
}
