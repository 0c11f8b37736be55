import { RequestBuckets } from '../../src/providers/request-buckets';

const RATE = { perSecond: 2, burst: 3 };

/** Buckets by a clock that the test moves. */
function bucketsAt() {
  let time = 1_000;
  const buckets = new RequestBuckets(() => time);
  return {
    later: (ms: number) => void (time += ms),
    take: (count: number, account = 'a') =>
      Array.from({ length: count }, () => buckets.reserve(account, RATE)),
  };
}

describe('a bucket', () => {
  test('gives as many tokens at once as it holds, and then as many a second as the rate says', () => {
    const { take, later } = bucketsAt();
    expect(take(5)).toEqual([0, 0, 0, 500, 1000]);
    later(1000);
    expect(take(2)).toEqual([500, 1000]);
  });

  test('holds no more after a long time than after the time in which it fills', () => {
    const { take, later } = bucketsAt();
    take(3);
    later(1500);
    expect(take(4)).toEqual([0, 0, 0, 500]);
    later(3_600_000);
    expect(take(4)).toEqual([0, 0, 0, 500]);
  });

  test('never gives more in any time than it holds and than the rate adds in that time', () => {
    const { take, later } = bucketsAt();
    const given: number[] = [];
    for (let now = 0; now < 60_000; now += 130) {
      given.push(...take(now % 390 === 0 ? 1 : 0).map((wait) => now + wait));
      later(130);
    }
    for (const start of given)
      for (const length of [500, 1000, 5000]) {
        const within = given.filter((at) => at >= start && at < start + length).length;
        expect(within).toBeLessThanOrEqual(RATE.burst + (RATE.perSecond * length) / 1000);
      }
    expect(given).toEqual([...given].sort((one, other) => one - other));
  });

  test('is waited for in the order in which it is asked', async () => {
    const buckets = new RequestBuckets();
    const order: number[] = [];
    const began = performance.now();
    await Promise.all(
      [1, 2, 3].map(async (number) => {
        await buckets.take('a', { perSecond: 20, burst: 1 });
        order.push(number);
      }),
    );
    expect(order).toEqual([1, 2, 3]);
    expect(performance.now() - began).toBeGreaterThan(90);
  });

  test('is one for each account', () => {
    const { take } = bucketsAt();
    take(5);
    expect(take(4, 'b')).toEqual([0, 0, 0, 500]);
  });
});
