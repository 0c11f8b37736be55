// A server as a process of its own: started, measured from outside, ended by its id.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

const READY_WITHIN_MS = 120_000;
const TICKS_A_SECOND = 100;
const running = new Set();

process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Time of the processor that a process has taken, in microseconds. */
export function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_A_SECOND;
}

export class System {
  #child;

  /** Waits until it answers, and tells how long that took. */
  async start({ command, env, port, ready }) {
    const started = performance.now();
    this.#child = spawn(process.execPath, command, {
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running.add(this.#child);
    let said = '';
    this.#child.stderr.on('data', (data) => (said = `${said}${data}`.slice(-4_000)));
    for (const deadline = Date.now() + READY_WITHIN_MS; !(await ready().catch(() => false)); await pause(5)) {
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`${command.join(' ')} does not answer\n${said}`);
    }
    return performance.now() - started;
  }

  /** Time of the processor since its start, in microseconds. */
  cpu() {
    return cpuOf(this.#child.pid);
  }

  /** Resident memory, in megabytes. */
  memory() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))[1]) / 1024;
  }

  async stop() {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    running.delete(this.#child);
  }
}
