import { dailyCheckAfter } from '../../src/keys/daily-check';
import { newId } from '../../src/platform/ids';

const DAY = 24 * 60 * 60 * 1000;

test('every key is verified once a day, and all of them are spread over the day', () => {
  const now = new Date('2026-11-27T09:30:00Z');
  const hours = new Array<number>(24).fill(0);
  for (let n = 0; n < 2400; n++) {
    const id = newId();
    const next = dailyCheckAfter(id, now);
    expect(next.getTime() - now.getTime()).toBeGreaterThan(0);
    expect(next.getTime() - now.getTime()).toBeLessThanOrEqual(DAY);
    expect(dailyCheckAfter(id, next).getTime() - next.getTime()).toBe(DAY);
    hours[next.getUTCHours()] = (hours[next.getUTCHours()] ?? 0) + 1;
  }
  expect(Math.min(...hours)).toBeGreaterThan(50);
  expect(Math.max(...hours)).toBeLessThan(160);
});
