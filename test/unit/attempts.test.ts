import { DELAYS_MS, deliveryAfter, FAILS_AT_MOST_MS, healthAfter } from '../../src/deliveries/attempts';
import type { Attempted } from '../../src/deliveries/sender';

const NOW = new Date('2026-11-27T12:00:00Z');
const HOUR_MS = 60 * 60 * 1000;
const answered = (httpStatus: number, retryAfterMs = 0): Attempted => ({
  fault: httpStatus < 300 ? null : 'STATUS',
  httpStatus,
  retryAfterMs,
});
const timeout: Attempted = { fault: 'TIMEOUT', httpStatus: null, retryAfterMs: 0 };
const sound = { faults: 0, failingSince: null, pausedUntil: null, offReason: null, offAt: null };
const waitOf = (attempts: number, attempted: Attempted, random = 0.5) => {
  const { dueAt } = deliveryAfter({ attempts }, attempted, NOW, random);
  return dueAt && dueAt.getTime() - NOW.getTime();
};

describe('a delivery', () => {
  test('is attempted ten times within 75 hours and a half, and has failed then', () => {
    const waits = Array.from({ length: 10 }, (_, attempts) => waitOf(attempts, answered(500)));
    expect(waits).toEqual([...DELAYS_MS, null]);
    const hours = DELAYS_MS.reduce((sum, delay) => sum + delay, 0) / HOUR_MS;
    expect(hours).toBeCloseTo(75.58, 1);
    expect(deliveryAfter({ attempts: 9 }, timeout, NOW, 0.5)).toEqual({
      status: 'FAILED',
      attempts: 10,
      dueAt: null,
      fault: 'TIMEOUT',
      httpStatus: null,
    });
  });

  test('waits up to a fifth less or more, by chance', () => {
    expect(waitOf(1, timeout, 0)).toBe(240_000);
    expect(waitOf(1, timeout, 1)).toBe(360_000);
  });

  test('waits as long as its receiver asks, unless it would wait longer anyway', () => {
    expect(waitOf(0, answered(429, 60_000))).toBe(60_000);
    expect(waitOf(8, answered(503, 60_000))).toBe(24 * HOUR_MS);
  });

  test('is over after any 2xx, and after 410', () => {
    expect(deliveryAfter({ attempts: 3 }, answered(202), NOW, 0)).toMatchObject({
      status: 'DELIVERED',
      attempts: 4,
    });
    expect(deliveryAfter({ attempts: 0 }, answered(410), NOW, 0)).toMatchObject({
      status: 'FAILED',
      dueAt: null,
    });
    for (const other of [301, 400, 404, 500]) expect(waitOf(0, answered(other))).toBe(5_000);
  });
});

describe('a webhook', () => {
  const pauseOf = (faults: number, ...attempted: Attempted[]) => {
    const { pausedUntil } = healthAfter({ ...sound, faults }, attempted, NOW);
    return pausedUntil && pausedUntil.getTime() - NOW.getTime();
  };

  test('is left alone twice as long each time that its receiver is down, for ten minutes at most', () => {
    expect([0, 1, 2, 20].map((faults) => pauseOf(faults, timeout))).toEqual([2_000, 4_000, 8_000, 600_000]);
    expect(pauseOf(0, answered(500), answered(503))).toBe(2_000);
    expect(pauseOf(0, answered(429, 90_000))).toBe(90_000);
  });

  test('is not left alone where its receiver refuses a message, and fails all the same', () => {
    expect(healthAfter(sound, [answered(400)], NOW)).toEqual({ ...sound, failingSince: NOW });
  });

  test('is sound again after one message that got through', () => {
    const failing = { ...sound, faults: 7, failingSince: new Date(0), pausedUntil: NOW };
    expect(healthAfter(failing, [timeout, answered(200)], NOW)).toEqual(sound);
  });

  test('is switched off after five days in which nothing got through, and not before', () => {
    const since = (ms: number) => ({ ...sound, failingSince: new Date(NOW.getTime() - ms) });
    expect(healthAfter(since(FAILS_AT_MOST_MS - 1), [timeout], NOW)).toMatchObject({ offReason: null });
    expect(healthAfter(since(FAILS_AT_MOST_MS), [timeout], NOW)).toMatchObject({
      offReason: 'FAILED',
      offAt: NOW,
    });
    expect(healthAfter(since(FAILS_AT_MOST_MS), [answered(204)], NOW)).toEqual(sound);
  });

  test('is switched off at once when its receiver is gone', () => {
    expect(healthAfter(sound, [answered(200), answered(410)], NOW)).toEqual({
      ...sound,
      offReason: 'GONE',
      offAt: NOW,
    });
  });
});
