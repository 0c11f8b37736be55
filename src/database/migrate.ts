import { setTimeout as wait } from 'node:timers/promises';
import { QueryFailedError, type DataSource } from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { isToldToEnd, toItsEnd } from '../platform/starting';
import { databaseCode, isDuplicate, isOutside, isRace, isUnavailable } from './database-errors';
import { newId } from '../platform/ids';
import { pendingMigrations, poolOf } from './typeorm-internals';
import { waitPatiently } from './waiting';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const WAIT_MS = 100;

/**
 * Brings the database up to date. Of several instances that start at once one migrates and the others wait.
 * The lock is a row with a lease: named locks have several holders on a Galera cluster, and a row left by a
 * killed instance must not last. A process that is told to end while it migrates does so after the migration
 * that runs.
 */
export async function migrate(source: DataSource): Promise<void> {
  await refuseOtherCharacterSets(source);
  const holder = await lock(source);
  await toItsEnd(async () => {
    const renewal = setInterval(() => void renew(source, holder).catch(() => undefined), RENEW_MS);
    try {
      await refuseNewerRelease(source);
      await runMigrations(source);
    } finally {
      clearInterval(renewal);
      // Where it cannot be given back, the lease comes to its end.
      await source.query('DELETE FROM migration_lock WHERE holder = ?', [holder]).catch(() => undefined);
    }
  });
}

function runMigrations(source: DataSource): Promise<void> {
  const run = () => runOneByOne(source);
  return isSqlite(source) ? run() : waitPatiently(poolOf(source), () => source.query('SELECT 1'), run);
}

async function runOneByOne(source: DataSource): Promise<void> {
  for (const migration of await pendingMigrations(source)) {
    if (isToldToEnd()) return;
    try {
      await migration.run();
    } catch (error) {
      if (isUnavailable(error) || !(error instanceof QueryFailedError)) throw error;
      throw new ConfigError(`DATABASE_URL: the migration ${migration.name} failed (${codeOf(error)})`);
    }
  }
}

// The driver's message may quote values; its code is enough.
function codeOf(error: unknown): string {
  const code = databaseCode(error);
  return typeof code === 'string' ? code : 'it failed';
}

/** The migrations that a database has run, or null for one on which none was ever run. */
export async function executedMigrations(source: DataSource): Promise<string[] | null> {
  const runner = source.createQueryRunner();
  try {
    if (!(await runner.hasTable('migrations'))) return null;
    const rows = (await runner.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
    return rows.map(({ name }) => name);
  } finally {
    await runner.release();
  }
}

/** Throws `ConfigError` for a database with which a newer release works. */
export async function refuseNewerRelease(source: DataSource): Promise<void> {
  const known = new Set(source.migrations.map(({ name, constructor }) => name ?? constructor.name));
  const unknown = (await executedMigrations(source))?.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new ConfigError(
      `DATABASE_URL: the database belongs to a newer release, which has run the migration ${unknown}`,
    );
}

function isSqlite({ options }: DataSource): boolean {
  return options.type === 'better-sqlite3';
}

async function lock(source: DataSource): Promise<string> {
  const holder = newId();
  await source.query(
    'CREATE TABLE IF NOT EXISTS migration_lock (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(36) NOT NULL, expires_at BIGINT NOT NULL)',
  );
  while (!(await insertLock(source, holder))) {
    await source.query('DELETE FROM migration_lock WHERE expires_at < ?', [Date.now()]);
    await wait(WAIT_MS);
  }
  return holder;
}

async function insertLock(source: DataSource, holder: string): Promise<boolean> {
  try {
    await source.query('INSERT INTO migration_lock (id, holder, expires_at) VALUES (1, ?, ?)', [
      holder,
      Date.now() + LEASE_MS,
    ]);
    return true;
  } catch (error) {
    if (isDuplicate(error) || isRace(error) || isOutside(error)) return false;
    throw error;
  }
}

function renew(source: DataSource, holder: string): Promise<unknown> {
  return source.query('UPDATE migration_lock SET expires_at = ? WHERE holder = ?', [
    Date.now() + LEASE_MS,
    holder,
  ]);
}

// Tables inherit the character set of the database: with latin1 a client's name in Greek could not be stored.
async function refuseOtherCharacterSets(source: DataSource): Promise<void> {
  if (isSqlite(source)) return;
  const rows: { charset: string }[] = await source.query('SELECT @@character_set_database AS charset');
  if (rows[0]?.charset !== 'utf8mb4')
    throw new ConfigError(
      'DATABASE_URL: the database must have the character set utf8mb4 (ALTER DATABASE ... CHARACTER SET utf8mb4)',
    );
}
