import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../access/context';
import type { TimeLimit } from './time-limit';

/** The context of an operation that came over HTTP. Resolvers see a `RequestContext`; the rest is for the endpoint. */
export interface HttpContext extends RequestContext {
  readonly request: FastifyRequest;
  readonly timeLimit: TimeLimit;
}
