import { setTimeout as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { atMost } from '../platform/at-most';

/** How fast one account is asked by what works in the background. */
export interface RequestRate {
  readonly perSecond: number;
  /** So many requests may follow each other at once, after as long a time without any. */
  readonly burst: number;
}

interface Bucket {
  /** Those that wait have taken their token already: then it is less than zero. */
  readonly tokens: number;
  readonly countedAt: number;
}

/** More accounts than an instance asks in the time in which a bucket fills. */
const MAX_BUCKETS = 10_000;

/**
 * A token bucket for each account, so that nothing in the background asks a provider too fast, however much
 * of it there is. Who comes first is served first. Each instance has its own buckets.
 */
export class RequestBuckets {
  readonly #buckets = new LRUCache<string, Bucket>(atMost(MAX_BUCKETS));

  /** `now` is a clock in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes a token, and waits until it may be used. */
  async take(account: string, rate: RequestRate): Promise<void> {
    const waitMs = this.reserve(account, rate);
    if (waitMs > 0) await pause(waitMs);
  }

  /** Takes a token, and returns after how many milliseconds it may be used. */
  reserve(account: string, { perSecond, burst }: RequestRate): number {
    const now = this.now();
    const { tokens, countedAt } = this.#buckets.get(account) ?? { tokens: burst, countedAt: now };
    const left = Math.min(burst, tokens + ((now - countedAt) * perSecond) / 1000) - 1;
    this.#buckets.set(account, { tokens: left, countedAt: now });
    return left >= 0 ? 0 : (-left * 1000) / perSecond;
  }
}
