import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const FACTS = join(__dirname, '../../dist/src/providers/call-facts.js');

test.each(['2026-11-27T09:00:00', '2026-11-27T09:00:00Z', '2026-11-27T04:00:00-05:00'])(
  'a time is the same wherever the machine is, also without a zone: %s',
  (text) => {
    const read = `require(${JSON.stringify(FACTS)}).readTime({ at: '${text}' }, 'at').toISOString()`;
    const times = ['UTC', 'America/New_York', 'Asia/Kolkata'].map((TZ) =>
      execFileSync(process.execPath, ['-p', read], { env: { TZ }, encoding: 'utf8' }).trim(),
    );
    expect(times).toEqual(Array(3).fill('2026-11-27T09:00:00.000Z'));
  },
);
