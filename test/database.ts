import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../src/access/tenant-database';
import type { Database as ProductDatabase } from '../src/database/database';
import { lostRights } from '../src/people/lost-rights';
import type { Reader } from '../src/database/transaction';

export interface TestDatabase {
  readonly url: string;
  /** Nobody uses it any more. */
  drop(): Promise<void>;
}

/** The same database with another way to write, e.g. one that fails. */
export function writingThrough(database: ProductDatabase, write: ProductDatabase['write']): ProductDatabase {
  return {
    read: database.read,
    hasOneWriter: database.hasOneWriter,
    together: (ask) => database.together(ask),
    write,
    writeAfter: (first, work) => database.writeAfter(first, work),
    updateRow: (...update) => database.updateRow(...update),
    ping: () => database.ping(),
    close: () => database.close(),
    load: () => database.load(),
    onRetry: null,
  };
}

/**
 * A database of its own: a SQLite file, or with `TEST_DATABASE_SERVER` (a mysql:// or mariadb:// address) a
 * schema on that server.
 */
export function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env.TEST_DATABASE_SERVER;
  return server ? createSchema(server) : createFile();
}

/** Where test/global-setup.js keeps the databases that are copied, and their key ring. */
export const TEMPLATES = process.env.TEMPLATES ?? '';

/**
 * A database of its own that needs no migration: a copy of what test/global-setup.js has made, without any
 * row, or with the demo.
 */
export async function createMigratedDatabase(
  template: 'migrated' | 'seeded' = 'migrated',
): Promise<TestDatabase> {
  const { TEST_DATABASE_SERVER: server } = process.env;
  if (server)
    return schemaOf(
      server,
      JSON.parse(await readFile(join(TEMPLATES, `${template}.json`), 'utf8')) as Template,
    );
  const database = await createFile();
  await copyFile(join(TEMPLATES, `${template}.sqlite`), database.url.slice(SQLITE.length));
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

async function createSchema(server: string): Promise<TestDatabase> {
  const name = newName();
  await onServer(server, (connection) => connection.query(create(name)));
  return {
    url: addressOf(server, name),
    drop: () => onServer(server, (connection) => connection.query(`DROP DATABASE ${name}`)),
  };
}

const newName = () => `latchkey_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
const create = (name: string) => `CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}`;

function addressOf(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}

async function onServer(server: string, work: (connection: Connection) => Promise<unknown>): Promise<void> {
  const uri = server.replace(/^mariadb:/, 'mysql:');
  const connection = await createConnection({ uri, multipleStatements: true });
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}

/** For each table the statement that makes it, and for each row one that inserts it. */
interface Template {
  readonly tables: Readonly<Record<string, string>>;
  readonly rows: readonly string[];
  /** A folder with an empty file for each schema of this kind that no test uses any more, with its name. */
  readonly spare: string;
}

/**
 * A server takes longer to make tables than to empty them: a schema that a test has left serves another one,
 * if its tables are still the same.
 */
async function schemaOf(server: string, { tables, rows, spare }: Template): Promise<TestDatabase> {
  let name = await takeOneOf(spare);
  await onServer(server, async (connection) => {
    const isLeft = name !== null && (await hasTables(connection, name, tables));
    if (name !== null && !isLeft) await connection.query(`DROP DATABASE ${name}`);
    if (name === null || !isLeft) name = newName();
    const make = isLeft
      ? [`USE ${name}`, 'START TRANSACTION', ...Object.keys(tables).map((table) => `DELETE FROM ${table}`)]
      : [create(name), ...Object.values(tables)];
    // A table may refer to one that is made after it.
    await connection.query(['SET FOREIGN_KEY_CHECKS = 0', ...make, ...rows, 'COMMIT'].join('; '));
  });
  return {
    url: addressOf(server, name ?? ''),
    drop: () => writeFile(join(spare, name ?? ''), ''),
  };
}

/** Another test may be faster. */
async function takeOneOf(folder: string): Promise<string | null> {
  for (const name of await readdir(folder)) {
    const isTaken = await unlink(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (isTaken) return name;
  }
  return null;
}

async function hasTables(connection: Connection, name: string, tables: Template['tables']): Promise<boolean> {
  await connection.query(`USE ${name}`);
  const [found] = await connection.query<RowDataPacket[]>('SHOW FULL TABLES');
  if (found.length !== Object.keys(tables).length) return false;
  const shown = Object.keys(tables).map((table) => `SHOW CREATE TABLE ${table}`);
  const made = await connection.query<RowDataPacket[][]>(shown.join('; ')).catch(() => null);
  return isDeepStrictEqual(
    made?.[0].map(([row]) => tableOf(row?.['Create Table'])),
    Object.values(tables),
  );
}

/** The statement that makes a table, without how many rows it had. */
function tableOf(statement: unknown): string {
  return String(statement).replace(/ AUTO_INCREMENT=\d+/, '');
}

/**
 * TypeORM's own manager behind a reader or a transaction, with which a test may do what the types forbid the
 * product.
 */
export function managerOf(reader: Reader): EntityManager {
  return reader as unknown as EntityManager;
}

/** The database as the product gives it to its services. */
export function tenantDatabase(database: ProductDatabase): TenantDatabase {
  return new TenantDatabase(database, lostRights);
}
