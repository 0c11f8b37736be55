import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from '../access/viewer';
import type { OperationClass, OperationCounter } from '../api/plugins/count-operations';
import { rateLimited } from '../graphql/errors';
import { networkOf } from './addresses';

export type PerMinute = Readonly<Record<OperationClass, number>>;

const WINDOW_S = 60;
/** All callers of an agency together may ask for so many times what one of them may. */
export const CALLERS_OF_AGENCY = 10;

type Counted = OperationClass | 'REQUEST';

/**
 * Counts how much each caller asks of this instance in a minute, by class. The counts are kept in memory:
 * they begin anew with each start, and are not shared between instances.
 */
export class RateLimits implements OperationCounter {
  readonly #ofCallers: Readonly<Record<Counted, RateLimiterMemory>>;
  readonly #ofAgencies: Readonly<Record<Counted, RateLimiterMemory>>;

  constructor(perMinute: PerMinute) {
    this.#ofCallers = limiters(perMinute, 1);
    this.#ofAgencies = limiters(perMinute, CALLERS_OF_AGENCY);
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

function limiters(perMinute: PerMinute, callers: number): Readonly<Record<Counted, RateLimiterMemory>> {
  const { QUERY, MUTATION, KEY_OPERATION, ONE_TIME_LINK } = perMinute;
  const limiter = (points: number) => new RateLimiterMemory({ points: points * callers, duration: WINDOW_S });
  return {
    // Requests are counted too, since reading one that cannot run costs time. Operations that run reach the
    // limit of their class first.
    REQUEST: limiter(QUERY + MUTATION + KEY_OPERATION),
    QUERY: limiter(QUERY),
    MUTATION: limiter(MUTATION),
    KEY_OPERATION: limiter(KEY_OPERATION),
    ONE_TIME_LINK: limiter(ONE_TIME_LINK),
  };
}

/**
 * Names whom a limit is for: a person or a service token, whichever token it signs in with, and otherwise the
 * network that asks.
 */
export function callerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `${viewer.kind} ${viewer.id}` : `ADDRESS ${networkOf(address)}`;
}
