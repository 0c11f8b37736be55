import type { Reason } from '../gateway/refusals';
import type { RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { Budget } from '../keys/known-keys';
import type { ErrorCode } from '../graphql/errors';
import type { OperationClass } from './operation-class';
import type { TimeLimit } from './time-limit';

/** What the metrics count of a request, as far as it is known. */
export interface Measured {
  operationClass: OperationClass | null;
  code: ErrorCode | Reason | null;
}

/** The resolvers of an app, by their classes. */
export type Resolvers = ReadonlyMap<unknown, object>;

/** Tells which of some texts contain a key that the viewer may learn to be set. */
export type ContainsKnownKey = (
  viewer: Viewer,
  texts: readonly string[],
  budget: Budget,
) => Promise<readonly boolean[]>;

/** What an app answers with, whichever schema it serves. */
export interface Answering {
  readonly resolvers: Resolvers;
  readonly containsKnownKey: ContainsKnownKey;
}

/** The context of an operation. Resolvers see a `RequestContext`; the rest is for the endpoint. */
export interface ApiContext extends RequestContext, Answering {
  /** The one whom the rate limits count this operation for. */
  readonly caller: string;
  readonly timeLimit: TimeLimit;
  /** Null where nothing is measured. */
  readonly measured: Measured | null;
  /**
   * Takes up the invitation by which the viewer will belong to the agency, and is null for who belongs
   * already. Returns null when the invitation is gone.
   */
  readonly join: (() => Promise<Viewer | null>) | null;
}
