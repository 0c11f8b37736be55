// Takes the steps of the Dockerfile without Docker: a folder stands for the files of each stage. The base
// image and the network of a container are all that is left out.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_WITHIN_MS = 30_000;
/** A file that must not get into any stage, wherever it lies. */
const SECRETS = ['master.keys', 'latchkey.env', '.env', 'latchkey.sqlite', 'latchkey.sqlite-wal'];
/** The user `node` of the image is not root, and owns no file of it. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const folder = mkdtempSync(join(tmpdir(), 'latchkey-image-'));
// The folder is for its owner alone, and the container runs as somebody else.
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));

const image = buildImage(contextWithSecrets());

/** What `docker build` would be given in a checkout in which somebody has worked. */
function contextWithSecrets() {
  const context = join(folder, 'context');
  const left = new Set(['node_modules', 'dist', 'dist.next', '.git', '.latchkey', 'coverage']);
  cpSync(ROOT, context, { recursive: true, filter: (path) => !left.has(basename(path)) });
  for (const place of ['', 'deploy'])
    for (const name of SECRETS) writeFileSync(join(context, place, name), 'secret');
  return context;
}

function buildImage(context) {
  const instructions = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => /^(?<name>[A-Z]+) (?<words>.*)$/.exec(line).groups);
  const stages = new Map();
  let stage;
  for (const { name, words } of instructions) {
    if (name === 'FROM') {
      const [, , label = 'last'] = words.split(' ');
      stage = { files: join(folder, label), workdir: '/', env: {} };
      mkdirSync(stage.files);
      stages.set(label, stage);
    } else if (name === 'WORKDIR') {
      stage.workdir = words;
      mkdirSync(join(stage.files, words), { recursive: true });
    } else if (name === 'ENV')
      for (const pair of words.split(' ')) stage.env[pair.split('=')[0]] = pair.split('=')[1];
    else if (name === 'COPY') copy(words.split(' '), stage, context, stages);
    else if (name === 'RUN') run(words, stage);
    else if (['USER', 'EXPOSE', 'HEALTHCHECK', 'CMD'].includes(name)) stage[name] = words;
    else throw new Error(`The test does not know the instruction ${name}`);
  }
  return stage;
}

function copy(words, stage, context, stages) {
  const from = /^--from=(.*)$/.exec(words[0])?.[1];
  const [source, isIgnored] = from ? [stages.get(from).files, () => false] : [context, ignoredIn(context)];
  const paths = words.slice(from ? 1 : 0, -1);
  const target = join(stage.files, stage.workdir, words.at(-1));
  for (const path of paths) {
    const found = join(source, path);
    assert(existsSync(found), `COPY ${path}: there is no such file`);
    const isFolder = statSync(found).isDirectory();
    cpSync(found, isFolder ? target : join(target, basename(path)), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (each) => !isIgnored(relative(source, each)),
    });
  }
}

/** The patterns of .dockerignore begin at the root, unless two stars stand before them. */
function ignoredIn(context) {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8').trim().split('\n');
  const forms = patterns.map((pattern) => {
    assert.match(pattern, /^(\*\*\/)?[\w.*-]+$/, 'The test does not know this form of pattern');
    const [anywhere, rest] = /^(\*\*\/)?(.*)$/.exec(pattern).slice(1);
    const name = rest.replaceAll('.', '\\.').replaceAll('*', '[^/]*');
    return new RegExp(`^${anywhere ? '(.*/)?' : ''}${name}(/|$)`);
  });
  return (path) => forms.some((form) => form.test(path));
}

function run(command, { files, workdir, env }) {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: join(files, workdir),
    env: { PATH, HOME, npm_config_prefer_offline: 'true', ...env },
    encoding: 'utf8',
  });
  assert.equal(status, 0, `RUN ${command}\n${stdout}${stderr}`);
}

/** A folder for what the container writes, as a volume is. */
function volume() {
  const path = join(folder, 'volume');
  mkdirSync(path);
  const keys = spawnSync(process.execPath, [join(image.files, '/app/dist/src/cli.js'), 'master-key', 'test']);
  writeFileSync(join(path, 'master.keys'), keys.stdout, { mode: 0o600 });
  if (NOBODY.uid)
    for (const each of [path, join(path, 'master.keys')]) chownSync(each, NOBODY.uid, NOBODY.gid);
  return path;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

test('the image has what is needed to run Latchkey, without development dependencies, and no secret of the checkout', () => {
  const app = join(image.files, 'app');
  assert.deepEqual(readdirSync(app).sort(), ['dist', 'node_modules', 'package.json']);
  for (const name of ['esbuild', 'typescript', 'jest']) assert(!existsSync(join(app, 'node_modules', name)));
  const names = readdirSync(folder, { recursive: true }).filter((path) => !path.startsWith('context'));
  assert.deepEqual(
    names.filter((path) => SECRETS.includes(basename(path))),
    [],
  );
});

test('the container is not root, is healthy by its own check, and ends by SIGTERM, after which it is not healthy', async () => {
  assert.equal(image.USER, 'node');
  const [program, ...args] = JSON.parse(image.CMD);
  const [check, ...checkArgs] = JSON.parse(/ CMD (\[.*\])$/.exec(image.HEALTHCHECK)[1]);
  const files = volume();
  const options = {
    cwd: join(image.files, image.workdir),
    env: {
      PATH: process.env.PATH,
      ...image.env,
      PORT: String(await freePort()),
      DATABASE_URL: `sqlite:${join(files, 'latchkey.sqlite')}`,
      LATCHKEY_MASTER_KEY_FILE: join(files, 'master.keys'),
      AUTH_ISSUER: 'https://login.example.com/',
      AUTH_AUDIENCE: 'latchkey',
    },
    ...NOBODY,
  };
  const health = () => spawnSync(check, checkArgs, options).status;
  const server = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => (output += data));
  for (const deadline = Date.now() + READY_WITHIN_MS; health() !== 0; await pause(100))
    assert(Date.now() < deadline && server.exitCode === null, output);
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null], output);
  assert.equal(health(), 1);
});
