// Directus as a process: its server, the installation of its own tables, and what both are told.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

// The package's own command asks the npm registry for newer versions first.
const CLI = 'directus/node_modules/@directus/api/dist/cli/run.js';
export const SERVER = [CLI, 'start'];
export const ADMIN_TOKEN = 'bench-token-admin';
const INSTALLED_WITHIN_MS = 300_000;
const POOL_SIZE = 20;

export async function bootstrap(environment) {
  await promisify(execFile)(process.execPath, [CLI, 'bootstrap'], {
    cwd: join(import.meta.dirname, '..'),
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
    timeout: INSTALLED_WITHIN_MS,
  });
}

/** As it comes, less what would refuse requests under load, or reach beyond this machine. */
export function environmentOf(url, folder) {
  return {
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://127.0.0.1',
    SECRET: 'bench-'.repeat(8),
    ADMIN_EMAIL: 'bench@example.com',
    ADMIN_PASSWORD: 'bench-'.repeat(4),
    ADMIN_TOKEN,
    ...databaseOf(url),
    STORAGE_LOCAL_ROOT: join(folder, 'uploads'),
    EXTENSIONS_PATH: join(folder, 'extensions'),
    PM2_HOME: join(folder, 'pm2'),
    SERVE_APP: 'false',
    LOG_LEVEL: 'error',
    CACHE_ENABLED: 'false',
    RATE_LIMITER_ENABLED: 'false',
    PRESSURE_LIMITER_ENABLED: 'false',
    TELEMETRY: 'false',
  };
}

function databaseOf(url) {
  if (url.startsWith('sqlite:')) return { DB_CLIENT: 'sqlite3', DB_FILENAME: url.slice('sqlite:'.length) };
  const { hostname, port, username, password, pathname } = new URL(url);
  const address = {
    DB_HOST: hostname,
    DB_PORT: port || '3306',
    DB_USER: decodeURIComponent(username),
    DB_PASSWORD: decodeURIComponent(password),
    DB_DATABASE: pathname.slice(1),
  };
  return { DB_CLIENT: 'mysql', ...address, DB_POOL__MAX: String(POOL_SIZE) };
}
