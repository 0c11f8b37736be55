import { DataSource, type DataSourceOptions } from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { parseDatabaseUrl } from './address';
import { DatabaseUnavailable } from './database-errors';
import type { Database, Dialect, Mapping } from './dialect';
import { migrate } from './migrate';
import * as mysql from './mysql';
import * as sqlite from './sqlite';

export type { Database, Mapping } from './dialect';

/** Throws `BadAddress`. */
function dialectOf(url: string): Dialect {
  return parseDatabaseUrl(url).kind === 'sqlite' ? sqlite : mysql;
}

/**
 * The options of TypeORM for one connection (SQLite) or one pool (MySQL, MariaDB). Throws `BadAddress`.
 */
export function dataSourceOptions(url: string, mapping: Mapping): DataSourceOptions {
  const options = dialectOf(url).optionsOf(url, mapping);
  return {
    ...options,
    synchronize: false,
    logging: false,
    migrationsRun: false,
    migrationsTransactionMode: 'each',
  };
}

/** Connects, and brings the database up to date. Throws `ConfigError` where it cannot connect. */
export async function openDatabase(url: string, mapping: Mapping): Promise<Database> {
  const dialect = dialectOf(url);
  const source = await connect(url, mapping);
  try {
    await dialect.prepareSessions(source);
    await migrate(source);
    return await dialect.databaseOf(source);
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

const PING_TIMEOUT_MS = 2_000;

/** Throws an error unless the database answers within two seconds and, as far as it tells, takes writes. */
export async function ping(database: Pick<Database, 'ping'>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnavailable('The database is silent')), PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([database.ping(), late]);
  } finally {
    clearTimeout(timer);
  }
}

// The driver's message may name the user and the host; its code is enough.
async function connect(url: string, mapping: Mapping): Promise<DataSource> {
  try {
    dialectOf(url).checkAccess(url);
    return await new DataSource(dataSourceOptions(url, mapping)).initialize();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATABASE_URL: the database cannot be opened (${code || 'it failed'})`);
  }
}

export type ReadOnlyDatabase = Pick<Database, 'read' | 'close'>;

/**
 * Connects and changes nothing: no migration is run. The result is null for a database on which no migration
 * was ever run.
 */
export async function openToRead(url: string, mapping: Mapping): Promise<ReadOnlyDatabase | null> {
  const dialect = dialectOf(url);
  const source = await connect(url, mapping);
  try {
    await dialect.prepareSessions(source);
    if (await isMigrated(source)) return { read: dialect.readerOf(source), close: () => source.destroy() };
  } catch (error) {
    await source.destroy();
    throw error;
  }
  await source.destroy();
  return null;
}

async function isMigrated(source: DataSource): Promise<boolean> {
  const runner = source.createQueryRunner();
  try {
    return await runner.hasTable('migrations');
  } finally {
    await runner.release();
  }
}
