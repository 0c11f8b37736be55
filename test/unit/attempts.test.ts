import { DELAYS_MS, deliveryAfter, healthAfter, SOUND } from '../../src/deliveries/attempts';
import type { Attempted } from '../../src/deliveries/sender';

const NOW = new Date('2026-11-27T12:00:00Z');
const HOUR_MS = 60 * 60 * 1000;
const answered = (httpStatus: number, retryAfterMs = 0): Attempted => ({
  fault: httpStatus < 300 ? null : 'STATUS',
  httpStatus,
  retryAfterMs,
});
const timeout: Attempted = { fault: 'TIMEOUT', httpStatus: null, retryAfterMs: 0 };
const sound = { ...SOUND, offReason: null, offAt: null };
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
    const { pausedUntil } = healthAfter({ ...sound, faults }, attempted, true, NOW);
    return pausedUntil && pausedUntil.getTime() - NOW.getTime();
  };

  test('is left alone twice as long each time that its receiver is down, for ten minutes at most', () => {
    expect([0, 1, 2, 20].map((faults) => pauseOf(faults, timeout))).toEqual([2_000, 4_000, 8_000, 600_000]);
    expect(pauseOf(0, answered(500), answered(503))).toBe(2_000);
    expect(pauseOf(0, answered(429, 90_000))).toBe(90_000);
  });

  test('is not left alone where its receiver refuses a message, and fails all the same', () => {
    const failing = { ...sound, failingSince: NOW, failedAt: NOW };
    expect(healthAfter(sound, [answered(400)], true, NOW)).toEqual(failing);
  });

  test('is sound again after one message that got through', () => {
    const began = { failingSince: new Date(0), failedMs: 1, failedAt: new Date(1) };
    const failing = { ...sound, ...began, faults: 7, pausedUntil: NOW };
    expect(healthAfter(failing, [timeout, answered(200)], true, NOW)).toEqual(sound);
  });

  describe('that fails', () => {
    const hoursLater = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS);
    /** What is known after attempts that failed at these hours. Nothing waits after one that is negative. */
    const after = (...hours: readonly number[]) =>
      hours.reduce<ReturnType<typeof healthAfter>>(
        (health, hour) => healthAfter(health, [timeout], hour >= 0, hoursLater(Math.abs(hour))),
        sound,
      );

    test('is switched off after five days of that, and not before', () => {
      expect(after(0, 24, 48, 72, 96, 119.9)).toMatchObject({ offReason: null, failingSince: NOW });
      const off = { offReason: 'FAILED', offAt: hoursLater(120), failingSince: NOW };
      expect(after(0, 24, 48, 72, 96, 120)).toEqual({ ...sound, ...off });
    });

    test('is sound after one message that got through, however long it failed before', () => {
      expect(healthAfter(after(0, 24, 48, 72, 96), [answered(204)], true, hoursLater(120))).toEqual(sound);
    });

    test('is not switched off for the time in which nothing was to be sent to it', () => {
      const once = after(0, -0.5, 1000);
      expect(once).toMatchObject({ offReason: null, failingSince: NOW, failedMs: HOUR_MS / 2 });
      // What it failed before still counts.
      expect(after(0, 25, 50, -75, 1000, 1020, 1044.9)).toMatchObject({ offReason: null });
      expect(after(0, 25, 50, -75, 1000, 1020, 1045)).toMatchObject({ offReason: 'FAILED' });
    });

    test('is not switched off for the time in which nobody attempted anything', () => {
      expect(after(0, 1, 1000)).toMatchObject({ offReason: null, failedMs: HOUR_MS });
    });
  });

  test('is switched off at once when its receiver is gone', () => {
    expect(healthAfter(sound, [answered(200), answered(410)], true, NOW)).toEqual({
      ...sound,
      offReason: 'GONE',
      offAt: NOW,
    });
  });
});
