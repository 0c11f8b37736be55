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
import { USER_ERRORS } from '../../src/graphql/user-error';
import { baseUrlVariables } from '../../src/config';
import { freePort } from '../fixtures/oidc';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Block {
  readonly commands: string;
  /** The JSON that stands behind it as its answer. */
  readonly answer: unknown;
}

function blocksOf(heading: string): Block[] {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```\n(?:\n```json\n([\s\S]*?)```)?/g)].map(
    ([, commands = '', answer]) => ({
      commands,
      answer: answer === undefined ? undefined : (JSON.parse(answer) as unknown),
    }),
  );
}

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
      env: { PATH, HOME, PORT: String(port) },
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

/** Files with master keys or stored keys that others on the machine can read, or that `git add` would take along. */
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

describe('the README', () => {
  test('leads a newcomer from the two commands through the tour, with the answers that it prints', async () => {
    const [start] = blocksOf('Start');
    // .ci/run installs from the lock file in a clean clone; here the packages are those of this checkout.
    expect(start?.commands).toBe('npm ci && npm start\n');
    const server = new Shell(folder, port);
    server.type('npm start\n');
    await until(() => existsSync(join(folder, '.latchkey', 'demo.json')));
    const reader = new Shell(folder, port);
    const tour = blocksOf('The tour');
    expect(tour.filter(({ answer }) => answer !== undefined).length).toBeGreaterThanOrEqual(9);
    for (const { commands, answer } of tour) {
      const printed = await reader.run(commands);
      if (answer !== undefined) expect(JSON.parse(printed)).toEqual(answer);
    }
    expect(await answers('/')).toBe(200);
    await reader.end();
    await server.end();
  }, 90_000);

  test('leads an operator to a production start, in which nothing of the demo is reachable', async () => {
    const [production] = blocksOf('Production');
    const commands = production?.commands ?? '';
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
  }, 90_000);

  test('leads an operator to a new master key, with which alone everything starts', async () => {
    const [production] = blocksOf('Production');
    const environment = (production?.commands ?? '')
      .split('\n')
      .filter((line) => line.startsWith('export '))
      .join('\n');
    const [change] = blocksOf('Changing master keys');
    expect(change?.commands).toContain('keys:rotate');
    const shell = new Shell(folder, port);
    await shell.run(`${environment}\n${change?.commands ?? ''}`);
    expect(shell.output).toMatch(/^master key 2026-11 seals 0 of the stored keys: its line may be dropped$/m);
    expect(readFileSync(join(folder, 'master.keys'), 'utf8')).toMatch(/^2027-05:\S+\n$/);
    expect(forOthers()).toEqual([]);
    shell.type('npm run serve\n');
    await until(async () => (await answers('/readyz')) === 200);
    await shell.end();
  }, 90_000);

  test('names no command that is not run here or by .ci/run', () => {
    const ci = readFileSync(join(root, '.ci', 'run'), 'utf8');
    const commands = [...blocksOf('The code'), ...blocksOf('Performance')].flatMap(({ commands }) =>
      commands.trim().split(/\n| && /),
    );
    expect(commands.length).toBeGreaterThan(3);
    for (const command of ['npm ci', ...commands]) expect(ci).toContain(command);
  });

  test('explains every code of `userErrors`', () => {
    for (const [code, message] of Object.entries(USER_ERRORS))
      expect(readme).toContain(`| \`${code}\` | ${message} |`);
  });

  test('explains every variable of the configuration', () => {
    const source = readFileSync(join(root, 'src', 'config.ts'), 'utf8');
    const names = [...source.matchAll(/^ {2}([A-Z_]+): /gm)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(8);
    for (const name of [...names, ...baseUrlVariables().map(({ variable }) => variable)])
      expect(readme).toContain(`\`${name}\``);
  });
});
