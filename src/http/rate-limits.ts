import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from '../access/viewer';
import type { OperationClass } from '../api/operation-class';
import type { OperationCounter } from '../api/plugins/count-operations';
import { rateLimited } from '../graphql/errors';
import { networkOf } from './addresses';
import type { Limiter, RateLimitStore } from './rate-limit-store';

export type PerMinute = Readonly<Record<OperationClass, number>>;

const WINDOW_S = 60;
/** All callers of an agency together may ask for so many times what one of them may. */
export const CALLERS_OF_AGENCY = 10;

/**
 * How many events of one network are answered as refused in a minute. An address that leads nowhere costs one
 * statement that reads, and a wrong signature a hash more.
 */
export const REFUSED_EVENTS = 600;

type Counted = OperationClass | 'REQUEST' | 'REFUSED_EVENT';

/**
 * Counts how much each caller asks for in a minute, by class: in a store that all instances share, or in the
 * memory of this one, where the counts begin anew with each start.
 */
export class RateLimits implements OperationCounter {
  readonly #ofCallers: Readonly<Record<Counted, Limiter>>;
  readonly #ofAgencies: Readonly<Record<Counted, Limiter>>;

  constructor(perMinute: PerMinute, store: RateLimitStore | null = null) {
    this.#ofCallers = limiters(perMinute, 1, store);
    this.#ofAgencies = limiters(perMinute, CALLERS_OF_AGENCY, store);
  }

  /**
   * Throws `RATE_LIMITED` beyond the limit of the caller, or of the agency to which it belongs: people and
   * service tokens are made at will. Operations that were refused count as well, until the minute is over.
   * What one caller asks beyond its own limit does not count for the others.
   */
  async count(name: Counted, caller: string, times = 1, agencyId: string | null = null): Promise<void> {
    try {
      await this.#ofCallers[name].consume(caller, times);
      if (agencyId !== null) await this.#ofAgencies[name].consume(agencyId, times);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw rateLimited(Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }
}

function limiters(
  { QUERY, MUTATION, KEY_OPERATION, ONE_TIME_LINK, EVENT, GATEWAY }: PerMinute,
  callers: number,
  store: RateLimitStore | null,
): Readonly<Record<Counted, Limiter>> {
  const limiter = (name: Counted, points: number): Limiter => {
    const limit = { keyPrefix: `latchkey:${name}`, points: points * callers, duration: WINDOW_S };
    return store ? store.limiter(limit) : new RateLimiterMemory(limit);
  };
  return {
    // Requests are counted too, since reading one that cannot run costs time. Operations that run reach the
    // limit of their class first.
    REQUEST: limiter('REQUEST', QUERY + MUTATION + KEY_OPERATION),
    QUERY: limiter('QUERY', QUERY),
    MUTATION: limiter('MUTATION', MUTATION),
    KEY_OPERATION: limiter('KEY_OPERATION', KEY_OPERATION),
    ONE_TIME_LINK: limiter('ONE_TIME_LINK', ONE_TIME_LINK),
    EVENT: limiter('EVENT', EVENT),
    GATEWAY: limiter('GATEWAY', GATEWAY),
    REFUSED_EVENT: limiter('REFUSED_EVENT', REFUSED_EVENTS),
  };
}

/**
 * Names whom a limit is for: a person or a service token, whichever token it signs in with, and otherwise the
 * network that asks.
 */
export function callerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `${viewer.kind} ${viewer.id}` : `ADDRESS ${networkOf(address)}`;
}
