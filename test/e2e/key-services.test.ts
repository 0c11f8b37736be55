import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AWS_ALIAS,
  AWS_CREDENTIALS,
  AWS_KEY,
  startAwsKms,
  startVaultTransit,
  VAULT_KEY,
  VAULT_TOKEN,
  type KeyServiceStandIn,
} from '../fixtures/key-services';
import { startTestApp, type TestApp } from '../harness';
import { Process } from './process';

const root = join(__dirname, '../..');
let folder: string;
let aws: KeyServiceStandIn;
let vault: KeyServiceStandIn;
let running: TestApp;

async function begin(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-key-services-'));
  [aws, vault, running] = await Promise.all([startAwsKms(), startVaultTransit(), startTestApp()]);
}

async function end(): Promise<void> {
  await Promise.all([aws.close(), vault.close(), running.close()]);
  rmSync(folder, { recursive: true });
}

const ringFile = () => join(folder, 'master.keys');
const environment = (): NodeJS.ProcessEnv => ({
  DATABASE_URL: running.databaseUrl,
  LATCHKEY_MASTER_KEY_FILE: ringFile(),
  AUTH_ISSUER: running.issuer.issuer,
  AUTH_AUDIENCE: running.audience,
  VAULT_ADDR: vault.url,
  VAULT_TOKEN,
  ...AWS_CREDENTIALS,
  AWS_ENDPOINT_URL_KMS: aws.url,
  AWS_REGION: 'eu-central-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

async function admin(...args: string[]): Promise<string> {
  const command = new Process('src/cli.js', folder, environment(), args);
  expect([await command.ended(), command.output]).toEqual([0, command.output]);
  return command.output;
}

async function refusal(
  main: 'src/main.js' | 'src/cli.js' = 'src/main.js',
  args: string[] = [],
): Promise<string> {
  const refused = new Process(main, folder, environment(), args);
  expect(await refused.ended()).toBe(1);
  return refused.output;
}

describe.each([
  ['aws-kms', AWS_ALIAS, AWS_KEY, () => aws, () => vault, 'AccessDeniedException'],
  ['vault-transit', VAULT_KEY, VAULT_KEY, () => vault, () => aws, 'HTTP 403'],
])('master keys that %s has wrapped', (service, key, named, standIn, other, denied) => {
  let line: string;
  beforeAll(async () => {
    await begin();
    line = await admin('master-key', 'wrapped', `--${service}`, key);
  });
  afterAll(end);

  test('take over from those of the file, and a production start asks that service alone for them', async () => {
    expect(line).toMatch(new RegExp(`^wrapped:${service}:${named}:\\S+\\n$`));
    writeFileSync(ringFile(), line + readFileSync(running.keyRingFile, 'utf8'), { mode: 0o600 });
    expect(await admin('keys-rotate')).toMatch(
      /^master key test seals 0 of the stored keys: its line may be dropped$/m,
    );
    writeFileSync(ringFile(), line);
    const asked = standIn().requests.length;
    const server = new Process('src/main.js', folder, environment());
    await server.prints(/Server listening/);
    expect(standIn().requests.length).toBeGreaterThan(asked);
    expect(other().requests).toEqual([]);
    expect(await server.end()).toBe(0);
    expect(server.output).not.toContain(line.trim().slice(-40));
  });

  test('stop the start with one line when it refuses, or is not there', async () => {
    writeFileSync(ringFile(), line);
    standIn().trouble = 'DENIED';
    expect(await refusal()).toBe(`master key ring, line 1: ${service} does not open it: ${denied}\n`);
    await standIn().close();
    expect(await refusal()).toBe(`master key ring, line 1: ${service} does not open it: ECONNREFUSED\n`);
    expect(await refusal('src/cli.js', ['master-key', 'next', `--${service}`, key])).toBe(
      `${service} wraps no master key: ECONNREFUSED\n`,
    );
  });
});

describe('`master-key`', () => {
  beforeAll(begin);
  afterAll(end);

  test('needs the package of AWS only where a line asks for it, and says what to install', () => {
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    const packages = readdirSync(join(root, 'node_modules')).filter((name) => name !== '@aws-sdk');
    for (const name of packages)
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
    const run = (...args: string[]) => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['dist/src/cli.js', 'master-key', 'one', ...args],
        { cwd: folder, env: { PATH: process.env.PATH, ...environment() } },
      );
      return stdout.toString() + stderr.toString();
    };
    expect(run()).toMatch(/^one:\S{44}\n$/);
    expect(run('--aws-kms', AWS_KEY)).toBe(
      'aws-kms wraps no master key: the package @aws-sdk/client-kms is not there (npm install @aws-sdk/client-kms)\n',
    );
  });
});
