import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { freePort } from '../fixtures/oidc';
import { COMPILED_BEFORE, until } from './process';

const root = join(__dirname, '../..');
// `npm run test:image` takes all steps of the Dockerfile.
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const unit = readFileSync(join(root, 'deploy/latchkey.service'), 'utf8');

let folder: string;
let port: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-production-'));
  port = await freePort();
  const left = new Set([
    'node_modules',
    'dist.next',
    '.git',
    '.latchkey',
    '.env',
    'coverage',
    'test',
    'bench',
  ]);
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  writeFileSync(join(folder, 'master.keys'), KeyRing.generateLine('test'), { mode: 0o600 });
});
// What is about to end may still write a file.
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 20, retryDelay: 100 }));

const settings = () => ({
  ...COMPILED_BEFORE,
  PATH: process.env.PATH,
  NODE_ENV: 'production',
  PORT: String(port),
  DATABASE_URL: 'sqlite:latchkey.sqlite',
  LATCHKEY_MASTER_KEY_FILE: 'master.keys',
  AUTH_ISSUER: 'https://login.example.com/',
  AUTH_AUDIENCE: 'latchkey',
});
const status = async (path: string) =>
  (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null))?.status ?? 0;

async function started(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = settings(),
): Promise<ChildProcess> {
  const child = spawn(command, args, { cwd: folder, env, stdio: 'ignore' });
  await until(async () => (await status('/readyz')) === 200);
  return child;
}

/** Tells the process alone, not its group, to end. */
async function ended(child: ChildProcess): Promise<number | null> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
  return child.exitCode;
}

/** The words that the Dockerfile starts. */
const CMD = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];

test('the health check of the image asks the port that the server takes from PORT, also with white space around it', async () => {
  const [, words = '[]'] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile) ?? [];
  const [command = '', ...args] = JSON.parse(words) as string[];
  const asked: unknown[] = [];
  const server = createServer(({ url }, response) => response.end(String(asked.push(url))));
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const check = spawn(command, args, { env: { PATH: process.env.PATH, PORT: ` ${port}\n` } });
  expect([await once(check, 'exit'), asked]).toEqual([[0, null], ['/healthz']]);
  server.close();
});

test('`npm run serve` ends the server when npm is told to, as by a container', async () => {
  const npm = await started('npm', ['run', '--silent', 'serve']);
  await ended(npm);
  await until(async () => (await status('/healthz')) === 0);
  expect(existsSync(join(folder, 'latchkey.sqlite'))).toBe(true);
});

test('`npm start` ends the demo when npm is told to', async () => {
  const { PATH } = process.env;
  // The build of this checkout is there.
  const npm = await started('npm', ['start', '--ignore-scripts'], {
    PATH,
    ...COMPILED_BEFORE,
    PORT: String(port),
  });
  await ended(npm);
  await until(async () => (await status('/healthz')) === 0);
});

test('a build without the development dependencies says what to do, and keeps the build that is there', () => {
  rmSync(join(folder, 'node_modules'));
  const built = readFileSync(join(folder, 'dist/src/main.js'));
  const { status: code, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('run `npm ci`, then `npm run build`, then `npm prune --omit=dev`');
  expect(readFileSync(join(folder, 'dist/src/main.js'))).toEqual(built);
});

/** The files below a folder, with what stands in them. */
const contentOf = (path: string) =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(path, file), readFileSync(file).toString('base64')]),
  );

test('builds at the same time leave one whole build, and nothing else', async () => {
  const build = async () => {
    const building = spawn('node', ['build.mjs'], { cwd: folder, stdio: 'ignore' });
    const [status] = (await once(building, 'exit')) as [number];
    return status;
  };
  // The names of the console's files depend on where its packages lie, which are elsewhere for this folder.
  expect(await build()).toBe(0);
  const alone = contentOf(join(folder, 'dist'));
  expect(Object.keys(alone)).toContain('src/main.js');
  expect(await Promise.all([build(), build()])).toEqual([0, 0]);
  expect(contentOf(join(folder, 'dist'))).toEqual(alone);
  expect(readdirSync(join(folder, 'dist.next'))).toEqual([]);
});

test('the unit file and `npm run serve` start what the Dockerfile starts', () => {
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? [];
  expect(command.replace('/usr/bin/', '').split(' ')).toEqual(CMD);
  const serve = (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { serve: string } }
  ).scripts.serve;
  expect(serve).toBe(`exec ${CMD.join(' ')}`);
});
