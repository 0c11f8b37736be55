import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';

export interface LogStream {
  write(line: string): void;
}

/**
 * JSON lines on standard output. Log fields are chosen one by one where something is logged: no request, header, body, URL or error object
 * goes in whole, since any of them can hold a key.
 */
export function createLog(level: string, stream: LogStream = process.stdout): FastifyBaseLogger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: describeError } },
    stream,
  );
}

/** What of an error is logged. Statements and parameters of a failed query stay out; its message tells what the database objected to. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  return { name, message, stack, ...(typeof code === 'string' && { code }) };
}
