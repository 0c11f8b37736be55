import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../src/access/tenant-database';
import type { Database } from '../src/database/database';
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

/** A database of its own that needs no migration: a copy of what test/global-setup.js has migrated. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  const { TEST_DATABASE_SERVER: server, MIGRATED_DATABASE: migrated = '' } = process.env;
  if (server) return createSchema(server, await readFile(migrated, 'utf8'));
  const database = await createFile();
  await copyFile(migrated, database.url.slice(SQLITE.length));
  return database;
}

const SQLITE = 'sqlite:';

/**
 * Where Linux keeps files in memory. A COMMIT waits for the disk elsewhere, which takes half the time of a
 * test.
 */
const MEMORY = '/dev/shm';

async function createFile(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'latchkey-'));
  return { url: `sqlite:${join(folder, 'test.sqlite')}`, drop: () => rm(folder, { recursive: true }) };
}

async function createSchema(server: string, tables = ''): Promise<TestDatabase> {
  const name = `latchkey_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const run = async (sql: string) => {
    const uri = server.replace(/^mariadb:/, 'mysql:');
    const connection = await createConnection({ uri, multipleStatements: true });
    await connection.query(sql);
    await connection.end();
  };
  await run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}; ${tables}`);
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
