import { ConnectionLost } from '../../src/database/database-errors';
import { HostWatch } from '../../src/database/hosts';
import type { MysqlPool } from '../../src/database/typeorm-internals';

const [FIRST, SECOND] = [
  { host: 'first', port: 3306 },
  { host: 'second', port: 3306 },
];

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Answers after how many milliseconds the pool is led to the second host; the first one fails at once. */
async function leftAfter(secondFrom: number, howFirstFails: 'REFUSES' | 'HANGS'): Promise<number> {
  const began = Date.now();
  let left = Infinity;
  const connectionConfig = {
    set host(name: string) {
      if (name === SECOND.host) left = Date.now() - began;
    },
  };
  const pool = { config: { connectionConfig }, _allConnections: { length: 0 } } as unknown as MysqlPool;
  const ask = (host: object, timeoutMs: number) => {
    const isThere = host === SECOND && Date.now() - began >= secondFrom;
    const hangs = host === SECOND || howFirstFails === 'HANGS';
    return new Promise<void>((resolve, reject) => {
      if (isThere) resolve();
      else setTimeout(() => reject(new ConnectionLost()), hangs ? timeoutMs : 0);
    });
  };
  const watch = new HostWatch(pool, [FIRST, SECOND], FIRST, ask);
  watch.start();
  await jest.advanceTimersByTimeAsync(10_000);
  const stopped = watch.stop();
  await jest.advanceTimersByTimeAsync(2_000);
  await stopped;
  return left;
}

test.each(['REFUSES', 'HANGS'] as const)('a host that %s is left within two seconds', async (how) => {
  expect(await leftAfter(0, how)).toBeLessThanOrEqual(2_000);
});

test('where the others stand still until they have left a dead host out of their cluster, the first that answers is used at once', async () => {
  for (const secondFrom of [1_000, 1_250, 1_500, 1_750, 2_000])
    expect(await leftAfter(secondFrom, 'REFUSES')).toBeLessThanOrEqual(secondFrom + 1_000);
});

test('a watch ends while no host can be used', async () => {
  expect(await leftAfter(Infinity, 'REFUSES')).toBe(Infinity);
});
