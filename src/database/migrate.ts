import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { ConfigError } from '../platform/config-error';
import { isDuplicate, isOutside, isRace } from './database-errors';
import { newId } from '../platform/ids';
import { poolOf } from './typeorm-internals';
import { waitPatiently } from './waiting';

const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const WAIT_MS = 100;

/**
 * Brings the database up to date. Of several instances that start at once one migrates and the others wait.
 * The lock is a row with a lease: named locks have several holders on a Galera cluster, and a row left by a
 * killed instance must not last.
 */
export async function migrate(source: DataSource): Promise<void> {
  await refuseOtherCharacterSets(source);
  const holder = await lock(source);
  const renewal = setInterval(() => void renew(source, holder).catch(() => undefined), RENEW_MS);
  try {
    await runMigrations(source);
  } finally {
    clearInterval(renewal);
    await source.query('DELETE FROM migration_lock WHERE holder = ?', [holder]);
  }
}

function runMigrations(source: DataSource): Promise<unknown> {
  const run = () => source.runMigrations();
  return isSqlite(source) ? run() : waitPatiently(poolOf(source), () => source.query('SELECT 1'), run);
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
