import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from '../access/viewer';
import type { OperationClass, OperationCounter } from '../api/plugins/count-operations';
import { rateLimited } from '../graphql/errors';
import { networkOf } from './addresses';

export type PerMinute = Readonly<Record<OperationClass, number>>;

const WINDOW_S = 60;

/** How much one caller may ask of this instance in a minute, by class. In memory: a start forgets, and instances do not add up. */
export class RateLimits implements OperationCounter {
  readonly #limiters: Readonly<Record<OperationClass | 'REQUEST', RateLimiterMemory>>;

  constructor(perMinute: PerMinute) {
    const { QUERY, MUTATION, KEY_OPERATION, ONE_TIME_LINK } = perMinute;
    const limiter = (points: number) => new RateLimiterMemory({ points, duration: WINDOW_S });
    this.#limiters = {
      // Whoever sends nothing but operations that run is stopped by their classes first. Reading what does not run costs time too.
      REQUEST: limiter(QUERY + MUTATION + KEY_OPERATION),
      QUERY: limiter(QUERY),
      MUTATION: limiter(MUTATION),
      KEY_OPERATION: limiter(KEY_OPERATION),
      ONE_TIME_LINK: limiter(ONE_TIME_LINK),
    };
  }

  /** Throws `RATE_LIMITED` beyond the limit. What was refused counts too, until the minute is over. */
  async count(name: OperationClass | 'REQUEST', caller: string, times = 1): Promise<void> {
    try {
      await this.#limiters[name].consume(caller, times);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw rateLimited(Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }
}

/** Who a limit is for: a person or a service token, under every token with which it signs in; where nobody has signed in, the network. */
export function callerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `${viewer.kind} ${viewer.id}` : `ADDRESS ${networkOf(address)}`;
}
