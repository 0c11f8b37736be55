import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { blocksOf, type Block } from '../blocks';
import { freePort } from '../fixtures/oidc';
import { COMPILED_BEFORE } from './process';

const root = join(__dirname, '../..');
const operations = 'docs/operations.md';

/** A copy of what a clone holds, with the packages that `npm ci` would install. */
function clone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-readme-'));
  const left = new Set(['node_modules', 'dist', '.git', '.latchkey', '.env', 'coverage']);
  cpSync(root, folder, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

/** One shell session, as a reader would type into it. */
class Shell {
  readonly #bash: ChildProcess;
  output = '';

  constructor(
    folder: string,
    private readonly port: number,
  ) {
    const { PATH, HOME } = process.env;
    this.#bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env: { PATH, HOME, ...COMPILED_BEFORE, PORT: String(port) },
      detached: true,
    });
    for (const stream of [this.#bash.stdout, this.#bash.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  type(commands: string): void {
    this.#bash.stdin?.write(commands.replaceAll('127.0.0.1:4000', `127.0.0.1:${this.port}`));
  }

  /** What the commands print. */
  async run(commands: string): Promise<string> {
    this.output = '';
    this.type(`${commands}\necho; echo "end of the block: $?"\n`);
    await until(() => this.output.includes('end of the block: '));
    const [printed = '', status] = this.output.split('end of the block: ');
    expect({ printed, status: status?.trim() }).toEqual({ printed, status: '0' });
    return printed;
  }

  /** Ends what runs in the foreground, and the session. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#bash.once('exit', resolve));
    process.kill(-(this.#bash.pid ?? 0), 'SIGTERM');
    await ended;
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('The condition did not come true');
    await pause(50);
  }
}

const answers = async (path: string) =>
  (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null))?.status;

/**
 * Files with master keys or stored keys that others on the machine can read, or that `git add` would take
 * along.
 */
function forOthers(): string[] {
  const secrets = readdirSync(folder).filter((name) => /\.keys$|\.sqlite/.test(name));
  expect(secrets).toEqual(expect.arrayContaining(['master.keys', 'latchkey.sqlite']));
  const ignored = readFileSync(join(root, '.gitignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['*.keys', '*.sqlite*']));
  return secrets.filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
}

let folder: string;
let port: number;
beforeAll(async () => {
  folder = clone();
  // The README's is the default one, which may be taken where the tests run.
  port = await freePort();
});
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Starts the demo as the README says, and takes the steps of a document with it. Answers how many answers
 * were compared.
 */
async function takeSteps(steps: readonly Block[]): Promise<number> {
  rmSync(join(folder, '.latchkey'), { recursive: true, force: true });
  const server = new Shell(folder, port);
  server.type('npm start\n');
  await until(() => existsSync(join(folder, '.latchkey', 'demo.json')));
  const reader = new Shell(folder, port);
  for (const { commands, answer } of steps) {
    const printed = await reader.run(commands);
    if (answer !== undefined) expect(JSON.parse(printed)).toEqual(answer);
  }
  expect(await answers('/')).toBe(200);
  await reader.end();
  await server.end();
  return steps.filter(({ answer }) => answer !== undefined).length;
}

describe('the documents', () => {
  test('lead a newcomer from the two commands through the short tour, and on to the rest of the whole one', async () => {
    const [start] = blocksOf('README.md', 'Start');
    // .ci/run installs from the lock file in a clean clone; here the packages are those of this checkout.
    expect(start?.commands).toBe('npm ci && npm start\n');
    const [seventh] = blocksOf('docs/tour.md', '7. What can be put right comes as data');
    const whole = blocksOf('docs/tour.md');
    const rest = whole.slice(whole.findIndex(({ commands }) => commands === seventh?.commands));
    const short = blocksOf('README.md', 'The tour');
    expect(short.filter(({ answer }) => answer !== undefined)).toHaveLength(4);
    // The README leads on to the seventh step of docs/tour.md.
    expect(await takeSteps([...short, ...rest])).toBe(4 + rest.length);
  });

  test('lead through the whole tour, with the answers that docs/tour.md prints', async () => {
    expect(await takeSteps(blocksOf('docs/tour.md'))).toBeGreaterThanOrEqual(9);
  });

  test('lead an operator to a production start, in which nothing of the demo is reachable', async () => {
    const [production] = blocksOf(operations, 'A production start');
    expect(blocksOf('README.md', 'Production')[0]).toEqual(production);
    // .ci/run installs from the lock file in a clean clone.
    const commands = (production?.commands ?? '').replace('npm ci && ', '');
    expect(commands.trim().endsWith('npm run serve')).toBe(true);
    const shell = new Shell(folder, port);
    await shell.run(commands.replace(/npm run serve\n$/, ''));
    expect(shell.output).toMatch(/^[0-9a-f-]{36}$/m);
    expect(forOthers()).toEqual([]);
    shell.type('npm run serve\n');
    await until(async () => (await answers('/readyz')) === 200);
    expect(await answers('/healthz')).toBe(200);
    expect(await answers('/')).toBe(404);
    await shell.end();
  });

  test('leave the master key and the agency as they are when an operator follows them a second time', async () => {
    const [production] = blocksOf(operations, 'A production start');
    const before = readFileSync(join(folder, 'master.keys'), 'utf8');
    const shell = new Shell(folder, port);
    const commands = (production?.commands ?? '').replace('npm ci && ', '').replace('npm run serve\n', '');
    // The last command is refused, too.
    await shell.run(`${commands}true`);
    expect(shell.output).toContain('--file: master.keys exists already, and was left as it is\n');
    expect(shell.output).toMatch(/admin of an agency of this name already: [0-9a-f-]{36}\n/);
    expect(readFileSync(join(folder, 'master.keys'), 'utf8')).toBe(before);
    await shell.end();
  });

  test('lead an operator to a new master key, with which alone everything starts', async () => {
    const [production] = blocksOf(operations, 'A production start');
    const environment = (production?.commands ?? '')
      .split('\n')
      .filter((line) => line.startsWith('export '))
      .join('\n');
    const [change] = blocksOf('docs/master-keys.md', 'Changing master keys');
    expect(change?.commands).toContain('keys:rotate');
    const shell = new Shell(folder, port);
    await shell.run(`${environment}\n${change?.commands ?? ''}`);
    expect(shell.output).toMatch(/^master key 2026-11 seals 0 of the stored keys: its line may be dropped$/m);
    expect(readFileSync(join(folder, 'master.keys'), 'utf8')).toMatch(/^2027-05:\S+\n$/);
    expect(forOthers()).toEqual([]);
    shell.type('npm run serve\n');
    await until(async () => (await answers('/readyz')) === 200);
    await shell.end();
  });
});
