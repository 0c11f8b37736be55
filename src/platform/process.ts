import { existsSync } from 'node:fs';

/** npm passes a Ctrl-C of the terminal on to a process that has had it already: within this time, in milliseconds, two are one. */
const ONE_CTRL_C_MS = 1_000;

/** Reads `.env` of the working directory, if there is one. Variables that are set already win. */
export function loadEnvFile(): void {
  if (process.env.NODE_ENV !== 'production' && existsSync('.env')) process.loadEnvFile('.env');
}

export interface Closable {
  /** Takes no new request, and finishes those in flight. */
  close(): Promise<unknown>;
  /** How long these may take, in milliseconds. */
  readonly drainMs: number;
}

/** On SIGTERM or SIGINT: closes, and ends. Being asked to again cuts nothing, but for someone at a terminal who does not want to wait. */
export function closeOnSignals(app: Closable): void {
  let since: number | null = null;
  const end = () => {
    if (since !== null) return;
    since = Date.now();
    setTimeout(() => process.exit(1), app.drainMs).unref();
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', () =>
    since !== null && Date.now() - since > ONE_CTRL_C_MS ? process.exit(1) : end(),
  );
}
