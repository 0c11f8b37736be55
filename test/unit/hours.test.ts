import { hourOf, hourSpan } from '../../src/analytics/hours';
import { endOfDay, startOfDay } from '../../src/platform/calendar';

test.each([
  ['2026-11-27', 'Europe/Berlin', 24],
  ['2026-03-29', 'Europe/Berlin', 23],
  ['2026-10-25', 'Europe/Berlin', 25],
  ['2018-11-04', 'America/Sao_Paulo', 23],
  // The last hour is half as long.
  ['2026-10-04', 'Australia/Lord_Howe', 24],
  ['2026-04-05', 'Australia/Lord_Howe', 25],
])('%s in %s has %d hours, which follow each other without a gap', (day, zone, count) => {
  const hours = Array.from({ length: count }, (_each, hour) => hourSpan(day, hour, zone));
  expect(hours[0]?.start).toEqual(startOfDay(day, zone));
  expect(hours.at(-1)?.until).toEqual(endOfDay(day, zone));
  for (const [hour, { start, until }] of hours.entries()) {
    expect(start.getTime()).toBeLessThan(until.getTime());
    if (hour > 0) expect(start).toEqual(hours[hour - 1]?.until);
    for (const time of [start.getTime(), until.getTime() - 1])
      expect(hourOf(new Date(time), day, zone)).toBe(hour);
  }
});
