import type { RequestContext } from '../access/context';
import type { TimeLimit } from './time-limit';

/** The context of an operation. Resolvers see a `RequestContext`; the rest is for the endpoint. */
export interface ApiContext extends RequestContext {
  /** The one whom the rate limits count this operation for. */
  readonly caller: string;
  readonly timeLimit: TimeLimit;
}
