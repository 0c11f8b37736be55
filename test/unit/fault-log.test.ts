import { performance } from 'node:perf_hooks';
import { backgroundFaults } from '../../src/api/fault-log';
import { DatabaseUnavailable } from '../../src/database/database-errors';

test('a database that is away fills no log with what fails in the background, and hides no other fault', () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const logged: unknown[] = [];
  const report = backgroundFaults(({ err }) => logged.push(err));
  const [away, other] = [new DatabaseUnavailable('The database is silent'), new Error('another fault')];
  for (; now < 20_000; now += 100) report(away);
  report(other);
  report(other);
  expect(logged).toEqual([away, away, other, other]);
});
