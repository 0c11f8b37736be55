import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from '../access/viewer';
import type { OperationClass, OperationCounter } from '../api/plugins/count-operations';
import { rateLimited } from '../graphql/errors';

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

/** Who a limit is for: a person or a service token, under every token it signs in with; nobody known, by the address, of IPv6 by its first half. */
export function callerOf(viewer: Viewer | null, address: string): string {
  return viewer ? `${viewer.kind} ${viewer.id}` : `ADDRESS ${networkOf(address)}`;
}

// Whoever has one IPv6 address has the 2^64 that begin like it.
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const groups = groupsOf(address);
  const [high, low] = groups.slice(6).map((group) => parseInt(group, 16)) as [number, number];
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isMapped
    ? [high >> 8, high & 255, low >> 8, low & 255].join('.')
    : `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(address: string): string[] {
  // A URL writes each address in one way only. A zone is the name of an interface of this machine.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
}
