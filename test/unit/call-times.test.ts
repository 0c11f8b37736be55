import { readTime } from '../../src/providers/read-times';

const { TZ } = process.env;
afterEach(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

test.each(['2026-11-27T09:00:00', '2026-11-27T09:00:00Z', '2026-11-27T04:00:00-05:00'])(
  'a time is the same wherever the machine is, also without a zone: %s',
  (text) => {
    const times = ['UTC', 'America/New_York', 'Asia/Kolkata'].map((zone) => {
      process.env.TZ = zone;
      expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone.replace('Kolkata', 'Calcutta'));
      return readTime({ at: text }, 'at')?.toISOString();
    });
    expect(times).toEqual(Array(3).fill('2026-11-27T09:00:00.000Z'));
  },
);
