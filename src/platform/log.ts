import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

export interface LogStream {
  write(line: string): void;
}

/**
 * Writes JSON lines to standard output. Whoever logs chooses every field by itself: no request, header, body,
 * URL or error object is logged as a whole, since any of them can hold a key.
 */
export function createLog(level: string, stream: LogStream = process.stdout): FastifyBaseLogger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    stream,
  );
}

/**
 * Returns what is logged of an error. The statement and the parameters of a failed query are left out; its
 * message says what the database objected to.
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  return { name, message, stack, ...(typeof code === 'string' && { code }) };
}
