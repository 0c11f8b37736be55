import { existsSync } from 'node:fs';

/** How long requests in flight may take when the process is asked to end, in milliseconds. */
const DRAIN_MS = 30_000;

/** Reads `.env` of the working directory, if there is one. Variables that are set already win. */
export function loadEnvFile(): void {
  if (process.env.NODE_ENV !== 'production' && existsSync('.env')) process.loadEnvFile('.env');
}

/** On SIGTERM or SIGINT: take no new request, finish those in flight, end. */
export function closeOnSignals(app: { close(): Promise<unknown> }): void {
  const end = () => {
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
}
