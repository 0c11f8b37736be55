import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from '../access/viewer';
import type { OperationClass, OperationCounter } from '../api/plugins/count-operations';
import { rateLimited } from '../graphql/errors';
import { networkOf } from './addresses';

export type PerMinute = Readonly<Record<OperationClass, number>>;

const WINDOW_S = 60;

/**
 * Counts how much each caller asks of this instance in a minute, by class. The counts are kept in memory:
 * they begin anew with each start, and are not shared between instances.
 */
export class RateLimits implements OperationCounter {
  readonly #limiters: Readonly<Record<OperationClass | 'REQUEST', RateLimiterMemory>>;

  constructor(perMinute: PerMinute) {
    const { QUERY, MUTATION, KEY_OPERATION, ONE_TIME_LINK } = perMinute;
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_S });
    this.#limiters = {
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
   * Throws `RATE_LIMITED` beyond the limit. Operations that were refused count as well, until the minute is
   * over.
   */
  async count(name: OperationClass | 'REQUEST', caller: string, times = 1): Promise<void> {
    try {
      await this.#limiters[name].consume(caller, times);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw rateLimited(Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }
}

/**
 * Names whom a limit is for: a person or a service token, whichever token it signs in with, and otherwise the
 * network that asks.
 */
export function callerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `${viewer.kind} ${viewer.id}` : `ADDRESS ${networkOf(address)}`;
}
