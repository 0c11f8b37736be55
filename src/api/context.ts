import type { RequestContext } from '../access/context';
import type { TimeLimit } from './time-limit';

/** The context of an operation. Resolvers see a `RequestContext`; the rest is for the endpoint. */
export interface ApiContext extends RequestContext {
  /** Whom the rate limits of this operation count. */
  readonly caller: string;
  readonly timeLimit: TimeLimit;
}
