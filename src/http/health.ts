import { databaseCode, DatabaseUnavailable } from '../database/database-errors';
import type { Route } from './server';

export interface HealthOptions {
  /** Throws an error when requests cannot be served. */
  readonly isReady: () => Promise<unknown>;
  /** Says why sign-ins could not be checked when the issuer was last asked, or returns null. */
  readonly issuerProblem: () => string | null;
  /** Whether it still makes what it is to serve. */
  readonly isBeingFilled?: (() => boolean) | undefined;
}

/** `/healthz` says that the process runs, `/readyz` that it can serve requests. */
export function health({ isReady, issuerProblem, isBeingFilled = () => false }: HealthOptions): Route {
  return (server) => {
    server.get('/healthz', async () => ({ status: 'ok' }));
    server.get('/readyz', async (request, reply) => {
      if (isBeingFilled())
        return reply.code(503).send({ status: 'not ready', demo: 'It is still being filled' });
      try {
        await isReady();
        // Service tokens and one-time links work without the issuer: the problem is told, but takes no
        // instance out of service.
        const problem = issuerProblem();
        return { status: 'ready', ...(problem !== null && { signIn: problem }) };
      } catch (error) {
        request.log.error({ err: error });
        return reply.code(503).send({ status: 'not ready', database: reasonOf(error) });
      }
    });
  };
}

// The driver's own message may name the user and the host; its code is enough.
function reasonOf(error: unknown): string {
  const code = databaseCode(error);
  if (code === DatabaseUnavailable.code) return (error as Error).message;
  return `The database does not answer as it should (${typeof code === 'string' ? code : 'it failed'})`;
}
