import { statSync } from 'node:fs';
import { ConfigError } from './config-error';

/** A file of settings in the working directory. */
export const ENV_FILE = '.env';

/** Tells whether `loadEnvFile` reads a file: there is one, and this is not production. */
export function readsEnvFile(): boolean {
  const isFile = statSync(ENV_FILE, { throwIfNoEntry: false })?.isFile() ?? false;
  return process.env.NODE_ENV !== 'production' && isFile;
}

/**
 * Reads `.env` in the working directory, if there is one. Variables that are set already take precedence.
 * Throws `ConfigError` when the file cannot be read.
 */
export function loadEnvFile(): void {
  if (!readsEnvFile()) return;
  try {
    process.loadEnvFile(ENV_FILE);
  } catch {
    throw new ConfigError(`The file ${ENV_FILE} cannot be read. Nothing was started.`);
  }
}
