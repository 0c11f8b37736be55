import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ENV_FILE, readsEnvFile } from './platform/env-file';

/**
 * Names each of these files with secrets that others than its owner can read, by the setting that names it.
 */
export function openSecretFiles(files: Readonly<Record<string, string | undefined>>): string[] {
  const all: typeof files = { ...files, ...(holdsSecrets() && { 'The file .env': ENV_FILE }) };
  return Object.entries(all).flatMap(([name, file]) => {
    const mode = file === undefined ? 0 : modeOf(file);
    if ((mode & 0o077) === 0) return [];
    const octal = mode.toString(8).padStart(4, '0');
    return [
      `${name}: others than its owner have rights to this file (mode ${octal}). Give it the mode 0600.`,
    ];
  });
}

// Windows has no such modes. A file that cannot be read is told of where it is read.
function modeOf(file: string): number {
  if (process.platform === 'win32') return 0;
  return (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
}

// It may as well hold nothing but a port, which is nobody's secret.
function holdsSecrets(): boolean {
  if (!readsEnvFile()) return false;
  const { VAULT_TOKEN, DATABASE_URL = '', RATE_LIMIT_STORE = '' } = parseEnv(readFileSync(ENV_FILE, 'utf8'));
  const hasPassword = (url: string) => /:\/\/[^/@]*:[^/@]+@/.test(url);
  return Boolean(VAULT_TOKEN) || [DATABASE_URL, RATE_LIMIT_STORE].some(hasPassword);
}
