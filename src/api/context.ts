import type { RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { TimeLimit } from './time-limit';

/** The context of an operation. Resolvers see a `RequestContext`; the rest is for the endpoint. */
export interface ApiContext extends RequestContext {
  /** The one whom the rate limits count this operation for. */
  readonly caller: string;
  readonly timeLimit: TimeLimit;
  /**
   * Takes up the invitation by which the viewer will belong to the agency, and is null for who belongs
   * already. Returns null when the invitation is gone.
   */
  readonly join: (() => Promise<Viewer | null>) | null;
}
