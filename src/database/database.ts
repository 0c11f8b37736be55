import { QueryFailedError, type DataSource, type DataSourceOptions } from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { parseDatabaseUrl } from './address';
import { databaseCode, DatabaseUnavailable, isUnavailable } from './database-errors';
import type { Database, Dialect, Mapping, Use } from './dialect';
import { executedMigrations, migrate, refuseNewerRelease } from './migrate';
import * as mysql from './mysql';
import * as sqlite from './sqlite';
import { openSource } from './typeorm-internals';
import { withinTime } from './waiting';

export type { Database, Mapping } from './dialect';

/** Throws `BadAddress`. */
function dialectOf(url: string): Dialect {
  return parseDatabaseUrl(url).kind === 'sqlite' ? sqlite : mysql;
}

/**
 * The options of TypeORM for one connection (SQLite) or one pool (MySQL, MariaDB), to the first host that the
 * address names. Throws `BadAddress`.
 */
export function dataSourceOptions(url: string, mapping: Mapping): DataSourceOptions {
  return hostOptions(url, mapping, 'WRITE')[0];
}

function hostOptions(url: string, mapping: Mapping, use: Use): [DataSourceOptions, ...DataSourceOptions[]] {
  const ours = {
    synchronize: false,
    logging: false,
    migrationsRun: false,
    migrationsTransactionMode: 'each',
  } as const;
  const [first, ...others] = dialectOf(url).optionsOf(url, mapping, use);
  return [{ ...first, ...ours }, ...others.map((other) => ({ ...other, ...ours }))];
}

/** Connects, and brings the database up to date. Throws `ConfigError` where it cannot connect. */
export async function openDatabase(url: string, mapping: Mapping): Promise<Database> {
  const dialect = dialectOf(url);
  const source = await connect(url, mapping, 'WRITE');
  try {
    await migrate(source);
    return await dialect.databaseOf(source, url);
  } catch (error) {
    throw await givenUp({ close: () => dialect.close(source) }, error);
  }
}

/**
 * Closes a database with which nothing can be done. Returns the error to throw: a `ConfigError` where the
 * database is away, or refuses a statement.
 */
export async function givenUp(database: Pick<Database, 'close'>, error: unknown): Promise<unknown> {
  await database.close().catch(() => undefined);
  const isOfDatabase = isUnavailable(error) || error instanceof QueryFailedError;
  return isOfDatabase ? cannotBeOpened(databaseCode(error)) : error;
}

function cannotBeOpened(code: unknown): ConfigError {
  const known = typeof code === 'string' && code !== '' ? code : 'it failed';
  const reason = code === DatabaseUnavailable.code ? 'it does not answer' : known;
  return new ConfigError(`DATABASE_URL: the database cannot be opened (${reason})`);
}

const PING_TIMEOUT_MS = 2_000;

/** Throws an error unless the database answers within two seconds and, as far as it tells, takes writes. */
export async function ping(database: Pick<Database, 'ping'>): Promise<void> {
  await withinTime(database.ping(), PING_TIMEOUT_MS);
}

/** Longer than a driver takes to find out that there is no server. */
const CONNECT_TIMEOUT_MS = 15_000;

/** Connects to the first host that can be used. Throws `ConfigError` where none can. */
async function connect(url: string, mapping: Mapping, use: Use): Promise<DataSource> {
  const dialect = dialectOf(url);
  const failures: unknown[] = [];
  for (const options of hostOptions(url, mapping, use)) {
    try {
      dialect.checkAccess(url, use);
      const source = await withinTime(openSource(options), CONNECT_TIMEOUT_MS);
      try {
        await dialect.prepareSessions(source, url);
        if (use === 'WRITE') await dialect.checkServer(source);
        return source;
      } catch (error) {
        throw await givenUp({ close: () => dialect.close(source) }, error);
      }
    } catch (error) {
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (failure instanceof ConfigError) throw failure;
  const { code, message } = failure as NodeJS.ErrnoException;
  // The driver's message may name the user; its code is enough. Of TLS, the message says what is wrong with
  // the certificate.
  throw cannotBeOpened(code === 'HANDSHAKE_SSL_ERROR' ? `${code}: ${message}` : code);
}

export type ReadOnlyDatabase = Pick<Database, 'read' | 'close'>;

/**
 * Connects and changes nothing: no migration is run. The result is null for a database on which no migration
 * was ever run.
 */
export async function openToRead(url: string, mapping: Mapping): Promise<ReadOnlyDatabase | null> {
  const dialect = dialectOf(url);
  const source = await connect(url, mapping, 'READ');
  try {
    await refuseNewerRelease(source);
    if ((await executedMigrations(source)) !== null)
      return { read: dialect.readerOf(source), close: () => dialect.close(source) };
  } catch (error) {
    throw await givenUp({ close: () => dialect.close(source) }, error);
  }
  await dialect.close(source);
  return null;
}
