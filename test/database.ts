import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import { migrations } from '../migrations';
import { entities } from '../src/entities';
import { TenantDatabase } from '../src/access/tenant-database';
import { openDatabase, type Database } from '../src/database/database';
import { lostRights } from '../src/people/lost-rights';
import type { Reader } from '../src/database/transaction';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * A database of its own: a SQLite file, or with `TEST_DATABASE_SERVER` (a mysql:// or mariadb:// address) a
 * schema on that server.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_SERVER;
  return server ? createSchema(server) : createFile();
}

/**
 * A database of its own that needs no migration any more: a SQLite file is a copy of one that was migrated
 * when the first was asked for.
 */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  if (database.url.startsWith(SQLITE)) await writeFile(fileOf(database), await (migrated ??= migratedFile()));
  return database;
}

const SQLITE = 'sqlite:';
const fileOf = ({ url }: TestDatabase) => url.slice(SQLITE.length);
let migrated: Promise<Buffer> | undefined;

async function migratedFile(): Promise<Buffer> {
  const database = await createFile();
  await (await openDatabase(database.url, { entities, migrations })).close();
  const content = await readFile(fileOf(database));
  await database.drop();
  return content;
}

async function createFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  return { url: `sqlite:${join(folder, 'test.sqlite')}`, drop: () => rm(folder, { recursive: true }) };
}

async function createSchema(server: string): Promise<TestDatabase> {
  const name = `latchkey_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const run = async (sql: string) => {
    const connection = await createConnection({ uri: server.replace(/^mariadb:/, 'mysql:') });
    await connection.query(sql);
    await connection.end();
  };
  await run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(`DROP DATABASE ${name}`) };
}

/**
 * TypeORM's own manager behind a reader or a transaction, with which a test may do what the types forbid the
 * product.
 */
export function managerOf(reader: Reader): EntityManager {
  return reader as unknown as EntityManager;
}

/** The database as the product gives it to its services. */
export function tenantDatabase(database: Database): TenantDatabase {
  return new TenantDatabase(database, lostRights);
}
