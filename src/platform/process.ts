import { statSync } from 'node:fs';
import { ConfigError } from './config-error';

/**
 * Signals that come within this time, in milliseconds, count as one: npm forwards a Ctrl-C of the terminal to
 * a process that has received it already.
 */
const ONE_CTRL_C_MS = 1_000;

/** A file of settings in the working directory. */
export const ENV_FILE = '.env';

/** Tells whether `loadEnvFile` reads a file: there is one, and this is not production. */
export function readsEnvFile(): boolean {
  const isFile = statSync(ENV_FILE, { throwIfNoEntry: false })?.isFile() ?? false;
  return process.env.NODE_ENV !== 'production' && isFile;
}

/**
 * Reads `.env` in the working directory, if there is one. Variables that are set already take precedence.
 * Throws `ConfigError` when the file cannot be read.
 */
export function loadEnvFile(): void {
  if (!readsEnvFile()) return;
  try {
    process.loadEnvFile(ENV_FILE);
  } catch {
    throw new ConfigError(`The file ${ENV_FILE} cannot be read. Nothing was started.`);
  }
}

export interface Closable {
  /** Accepts no new request and finishes those in flight. */
  close(): Promise<unknown>;
  /** How long the requests in flight may take, in milliseconds. */
  readonly drainMs: number;
}

/**
 * Output that cannot be written is lost, e.g. while the program that reads the log is started anew, or while
 * the disk is full. Without anybody who listens for the error, it would end the process and cut off what is
 * in flight.
 */
export function outliveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** A process that starts: whether it was told to end, and whether work has to come to its end before. */
const starting = { isToldToEnd: false, hasWork: false };

/** Whether the process was told to end while it starts. Work that goes on to its end looks at it. */
export function isToldToEnd(): boolean {
  return starting.isToldToEnd;
}

/**
 * Does work which a process that is told to end while it starts goes on with, and ends after it. Where the
 * work fails, the start fails with the reason.
 */
export async function toItsEnd(work: () => Promise<void>): Promise<void> {
  starting.hasWork = true;
  try {
    await work();
  } finally {
    starting.hasWork = false;
  }
  if (isToldToEnd()) process.exit(0);
}

/**
 * Ends the process on SIGTERM, SIGINT or SIGHUP: at once while it starts, unless there is work that has to
 * come to its end, and later after it has closed what the result was given. A second signal cuts off nothing,
 * unless it is the Ctrl-C of someone at a terminal who does not want to wait. It is called before anything
 * else, because as the first process of a container a program ends on no signal that it does not handle.
 */
export function endOnSignals(): (started: Closable) => void {
  let app: Closable | null = null;
  let since: number | null = null;
  const end = () => {
    if (since !== null) return;
    since = Date.now();
    if (!app) {
      starting.isToldToEnd = true;
      if (!starting.hasWork) process.exit(0);
      return;
    }
    setTimeout(() => process.exit(1), app.drainMs).unref();
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  // Of a terminal that is closed, or of a connection to it that is lost.
  process.on('SIGHUP', end);
  process.on('SIGINT', () =>
    since !== null && Date.now() - since > ONE_CTRL_C_MS ? process.exit(1) : end(),
  );
  return (started) => {
    app = started;
  };
}
