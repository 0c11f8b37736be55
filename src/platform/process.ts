import { starting } from './starting';

/**
 * Signals that come within this time, in milliseconds, count as one: npm forwards a Ctrl-C of the terminal to
 * a process that has received it already.
 */
const ONE_CTRL_C_MS = 1_000;

export interface Closable {
  /** Accepts no new request and finishes those in flight. */
  close(): Promise<unknown>;
  /** How long the requests in flight may take, in milliseconds. */
  readonly drainMs: number;
  /** The server that accepts requests. */
  readonly server: {
    readonly openRequests: () => number;
    readonly log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>;
  };
}

/**
 * Output that cannot be written is lost, e.g. while the program that reads the log is started anew, or while
 * the disk is full. Without anybody who listens for the error, it would end the process and cut off what is
 * in flight.
 */
export function outliveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
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
  const end = (signal: string) => {
    if (since !== null) return;
    since = performance.now();
    if (app) void drain(app, signal).then((status) => process.exit(status));
    else {
      starting.isToldToEnd = true;
      if (!starting.hasWork) process.exit(0);
    }
  };
  process.on('SIGTERM', end);
  // Of a terminal that is closed, or of a connection to it that is lost.
  process.on('SIGHUP', end);
  process.on('SIGINT', (signal) => {
    if (since !== null && performance.now() - since > ONE_CTRL_C_MS) {
      if (app) tellCutOff(app, 'A second Ctrl-C');
      process.exit(1);
    }
    end(signal);
  });
  return (started) => {
    app = started;
  };
}

/** Finishes what is in flight, and tells so in the log. Returns the status with which the process ends. */
async function drain(app: Closable, signal: string): Promise<number> {
  const { server, drainMs } = app;
  const began = performance.now();
  server.log.info(
    { signal, openRequests: server.openRequests() },
    'No new request is accepted, and those that are open are being finished',
  );
  setTimeout(() => {
    tellCutOff(app, 'The time to finish is over');
    process.exit(1);
  }, drainMs).unref();
  try {
    await app.close();
    server.log.info(
      { durationMs: Math.round(performance.now() - began) },
      'Everything is finished, and the process ends',
    );
    return 0;
  } catch (error) {
    server.log.error({ err: error }, 'The process ends, but could not be ended in order');
    return 1;
  }
}

function tellCutOff({ server }: Closable, why: string): void {
  server.log.warn({ openRequests: server.openRequests() }, `${why}: the process ends at once`);
}
