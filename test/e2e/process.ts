import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const root = join(__dirname, '../..');

/** With these variables, Node takes from earlier processes of the run what they have compiled. */
export const COMPILED_BEFORE: NodeJS.ProcessEnv = {
  NODE_OPTIONS: `--require ${JSON.stringify(join(root, 'test/compile-cache.js'))}`,
  COMPILE_CACHE: join(process.env.TEMPLATES ?? '', 'compiled'),
};

/** A start of the product as an operating system sees it: built code, its own folder, its own environment. */
export class Process {
  readonly #child: ChildProcess;
  output = '';

  constructor(
    main: 'src/main.js' | 'src/demo/main.js' | 'src/cli.js',
    folder: string,
    env: NodeJS.ProcessEnv = {},
    args: string[] = [],
    project = root,
  ) {
    const { PATH } = process.env;
    this.#child = spawn(process.execPath, [join(project, 'dist', main), ...args], {
      cwd: folder,
      env: { PATH, ...COMPILED_BEFORE, PORT: '0', ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
  }

  /** The status with which it ended; null after a signal that it did not handle. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.ended();
  }

  async prints(text: RegExp): Promise<RegExpExecArray> {
    await until(() => text.test(this.output) || this.#child.exitCode !== null);
    const found = text.exec(this.output);
    if (!found) throw new Error(`It ended without printing ${text.source}:\n${this.output}`);
    return found;
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await condition());) {
    if (Date.now() > deadline) throw new Error('The condition did not come true');
    await pause(20);
  }
}
