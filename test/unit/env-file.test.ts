import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSecretFiles } from '../../src/open-secret-files';
import { ConfigError } from '../../src/platform/config-error';
import { loadEnvFile } from '../../src/platform/env-file';

const before = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-env-'));
  process.chdir(folder);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

describe('the file .env', () => {
  test('is left alone when it is a folder, as of a virtual environment', () => {
    mkdirSync('.env');
    const load = jest.spyOn(process, 'loadEnvFile');
    loadEnvFile();
    expect(load).not.toHaveBeenCalled();
  });

  test('stops the start with one line when it cannot be read', () => {
    writeFileSync('.env', 'PORT=4001');
    jest.spyOn(process, 'loadEnvFile').mockImplementation(() => {
      throw new Error('EACCES');
    });
    expect(loadEnvFile).toThrow(new ConfigError('The file .env cannot be read. Nothing was started.'));
  });

  test.each([
    ['VAULT_TOKEN=hvs.1', true],
    ['DATABASE_URL=mysql://latchkey:hunter2@db.internal/latchkey', true],
    ['RATE_LIMIT_STORE=redis://:hunter2@redis.internal', true],
    ['DATABASE_URL=sqlite:latchkey.sqlite\nRATE_LIMIT_STORE=redis://redis.internal', false],
  ])('with %j that others can read is warned of: %s', (text, isWarned) => {
    writeFileSync('.env', text, { mode: 0o644 });
    const warning = expect.stringMatching(/^The file \.env: others than its owner .*0644/) as string;
    expect(openSecretFiles({})).toEqual(isWarned ? [warning] : []);
  });
});
