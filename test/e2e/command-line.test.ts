import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { startFakeIssuer } from '../fixtures/fake-issuer';
import { Process } from './process';

const CLI = join(__dirname, '../../dist/src/cli.js');

async function run(...args: string[]) {
  const command = new Process('src/cli.js', tmpdir(), {}, args);
  return { status: await command.ended(), lines: command.output.split('\n') };
}

test('the command line prints the usage when it is asked, and with a reason and the status 2 when it is not understood', async () => {
  const [help, ...refused] = await Promise.all([
    run('--help'),
    run('master-key', 'One'),
    run('master-key', 'one', '--aws-kms', 'key', '--vault-transit', 'transit/key'),
    run('reconcile', '--provider', 'NOBODY'),
    run('reconcile', '--since', 'yesterday', '--json'),
    run('reconcile', '--since', '2026-02-31'),
    run('create-agency', '--agency', 'Acme', '--name', 'Ada'),
  ]);
  expect([help.status, help.lines[0]]).toEqual([0, 'Usage:']);
  expect(refused.map(({ status, lines }) => [status, ...lines.slice(0, 3)])).toEqual([
    [2, 'NAME must be up to 64 small letters, digits, `-` and `_`.', '', 'Usage:'],
    [2, 'Only one service can wrap a key.', '', 'Usage:'],
    [2, '--provider is one of RETELL, VAPI, BLAND.', '', 'Usage:'],
    [2, '--since must be a time, e.g. 2026-09-21.', '', 'Usage:'],
    [2, '--since must be a time, e.g. 2026-09-21.', '', 'Usage:'],
    [2, '--subject is missing.', '', 'Usage:'],
  ]);
});

test('a master key is written to a new file that only its owner can read, and never over one that exists', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-master-key-'));
  const file = join(folder, 'master.keys');
  expect(await run('master-key', 'one', '--file', file)).toEqual({ status: 0, lines: [''] });
  const written = readFileSync(file, 'utf8');
  expect([written, statSync(file).mode & 0o777]).toEqual([expect.stringMatching(/^one:\S{44}\n$/), 0o600]);
  expect(await run('master-key', 'two', '--file', file)).toEqual({
    status: 1,
    lines: [`--file: ${file} exists already, and was left as it is`, ''],
  });
  expect(readFileSync(file, 'utf8')).toBe(written);
  const absent = await run('master-key', 'two', '--file', join(folder, 'absent', 'master.keys'));
  expect(absent).toEqual({ status: 1, lines: ['--file: this file cannot be written (ENOENT)', ''] });
  rmSync(folder, { recursive: true });
});

test('a master key that cannot be written leaves no file behind, so that it can be made again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-master-key-'));
  const file = join(folder, 'master.keys');
  // The system takes no byte into any file of this process, as where the disk is full.
  const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`;
  const command = [process.execPath, CLI, 'master-key', 'one', '--file', file];
  const { status, stderr } = spawnSync('bash', ['-c', limited, ...command], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, '--file: this file cannot be written (EFBIG)\n']);
  expect(readdirSync(folder)).toEqual([]);
  expect((await run('master-key', 'one', '--file', file)).status).toBe(0);
  rmSync(folder, { recursive: true });
});

test('people are added with no other issuer than the discovery document names, with a warning while it cannot be read, and once; and only an agency that exists is compared', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-command-line-'));
  const issuer = await startFakeIssuer();
  writeFileSync(join(folder, 'master.keys'), KeyRing.generateLine('test'), { mode: 0o600 });
  const run = async (AUTH_ISSUER: string, args: string[]) => {
    const env = {
      DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
      LATCHKEY_MASTER_KEY_FILE: join(folder, 'master.keys'),
      AUTH_ISSUER,
      AUTH_AUDIENCE: 'x',
    };
    const command = new Process('src/cli.js', folder, env, args);
    return { status: await command.ended(), output: command.output };
  };
  const create = (authIssuer: string, agency = 'Own') =>
    run(authIssuer, ['create-agency', '--agency', agency, '--name', 'Olga', '--subject', 'olga']);
  const document = `${issuer.url}/.well-known/openid-configuration`;
  expect(await create(`${issuer.url}/`)).toEqual({
    status: 1,
    output: `AUTH_ISSUER is ${issuer.url}/, but the discovery document ${document} says ${issuer.url}: both must be the same\n`,
  });
  expect(await create(issuer.url)).toEqual({
    status: 0,
    output: expect.stringMatching(/^[\w-]{36}\n$/) as string,
  });
  // What the command line records is chained, although no instance runs.
  expect(await run(issuer.url, ['audit-verify'])).toEqual({
    status: 0,
    output: expect.stringMatching(/: 2 events, all as they were written; the last is 2 /) as string,
  });
  expect(await create(issuer.url)).toEqual({
    status: 1,
    output: expect.stringMatching(
      /^--agency: this person is an admin of an agency of this name already: [\w-]{36}\n$/,
    ) as string,
  });
  expect(await run(issuer.url, ['reconcile', '--agency', '01900000-0000-7000-8000-000000000000'])).toEqual({
    status: 1,
    output: '--agency: there is no such agency\n',
  });
  issuer.status = 503;
  const { status, output } = await create(issuer.url, 'Another');
  expect([status, output.split('\n').find((line) => line.startsWith('Warning'))]).toEqual([
    0,
    `Warning: AUTH_ISSUER was not checked: the discovery document ${document} cannot be read (HTTP 503). It must be exactly the \`iss\` of the person's tokens.`,
  ]);
  issuer.server.close();
  rmSync(folder, { recursive: true });
});
