import {
  dayAfter,
  dayOf,
  daysFromTo,
  endOfDay,
  isDay,
  startOfDay,
  timeZoneNamed,
} from '../../src/platform/calendar';

const HOUR_MS = 60 * 60 * 1000;

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Africa/Cairo',
  'Pacific/Chatham',
];

test.each([
  ['2026-11-27', 'Europe/Berlin', 24, '2026-11-26T23:00:00.000Z'],
  ['2026-03-29', 'Europe/Berlin', 23, '2026-03-28T23:00:00.000Z'],
  ['2026-10-25', 'Europe/Berlin', 25, '2026-10-24T22:00:00.000Z'],
  ['2026-10-04', 'Australia/Lord_Howe', 23.5, '2026-10-03T13:30:00.000Z'],
  ['2026-04-05', 'Australia/Lord_Howe', 24.5, '2026-04-04T13:00:00.000Z'],
  // Midnight itself is skipped: the day begins at one o'clock.
  ['2018-11-04', 'America/Sao_Paulo', 23, '2018-11-04T03:00:00.000Z'],
  // This day did not exist: the clocks went from the 29th to the 31st.
  ['2011-12-30', 'Pacific/Apia', 0, '2011-12-30T10:00:00.000Z'],
  ['2011-12-31', 'Pacific/Apia', 24, '2011-12-30T10:00:00.000Z'],
])('%s in %s has %d hours and begins at %s', (day, zone, hours, start) => {
  expect(startOfDay(day, zone).toISOString()).toBe(start);
  expect(endOfDay(day, zone).getTime() - startOfDay(day, zone).getTime()).toBe(hours * HOUR_MS);
});

/** By hand as many years as have a day that did not exist. */
const LAST_YEAR = process.env.PROPERTY_RUNS === 'full' ? 2039 : 2012;

test.each(ZONES)(
  `in %s the days from 2010 to ${LAST_YEAR} follow each other without a gap, and each instant is in its day`,
  (zone) => {
    const wrong: string[] = [];
    let start = startOfDay('2010-01-01', zone);
    for (let day = '2010-01-01'; day <= `${LAST_YEAR}-12-31`; day = dayAfter(day, 1)) {
      const end = endOfDay(day, zone);
      const instants = start.getTime() === end.getTime() ? [] : [start, new Date(end.getTime() - 1)];
      if (end < start || instants.some((each) => dayOf(each, zone) !== day)) wrong.push(day);
      start = end;
    }
    expect(wrong).toEqual([]);
  },
);

test('a time zone is one of the IANA database, spelt as it is there', () => {
  expect(timeZoneNamed('Europe/Berlin')).toBe('Europe/Berlin');
  expect(timeZoneNamed('europe/berlin')).toBe('Europe/Berlin');
  expect(timeZoneNamed('UTC')).toBe('UTC');
  for (const name of ['', '+02:00', '-0300', 'Mars/Olympus', 'Europe/Berlin ', 'Europe/Berlin[u-ca=iso8601]'])
    expect(timeZoneNamed(name)).toBeNull();
});

test('a day is one of the calendar', () => {
  for (const day of ['2026-11-27', '2024-02-29', '0001-01-01']) expect(isDay(day)).toBe(true);
  for (const text of [
    '',
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '20261127',
    '2026-11-27T00:00',
    '+002026-11-27',
  ])
    expect(isDay(text)).toBe(false);
});

test('a period counts its first and its last day', () => {
  expect(daysFromTo('2026-11-27', '2026-11-27')).toBe(1);
  expect(daysFromTo('2024-01-01', '2024-12-31')).toBe(366);
  expect(daysFromTo('2026-11-27', '2026-11-26')).toBe(0);
});
