import { QueryFailedError } from 'typeorm';
import {
  ConnectionLost,
  databaseCode,
  DatabaseUnavailable,
  isUnavailable,
} from '../../src/database/database-errors';
import {
  CommitUnknown,
  ConcurrentChange,
  ServiceBusy,
  repeatUntilCommitted,
} from '../../src/database/repetition';

const failed = (code: string) => new QueryFailedError('', [], Object.assign(new Error(), { code }));
const lost = new QueryFailedError('', [], new ConnectionLost('The database is silent'));

/** Runs a transaction that fails with this error for a number of times, by a clock that does not wait. */
async function repeated(
  error: Error,
  times: number,
): Promise<{ attempts: number; outcome: unknown; tookMs: number }> {
  jest.useFakeTimers();
  const started = Date.now();
  let attempts = 0;
  const work = repeatUntilCommitted(() => {
    attempts += 1;
    return attempts > times ? Promise.resolve('done') : Promise.reject(error);
  }).catch((reason: unknown) => reason);
  let outcome: unknown;
  void work.then((result) => (outcome = result));
  while (outcome === undefined) await jest.advanceTimersByTimeAsync(50);
  const tookMs = Date.now() - started;
  jest.useRealTimers();
  return { attempts, outcome, tookMs };
}

describe('a transaction', () => {
  test.each([
    ['a row that someone else has changed', new ConcurrentChange()],
    ['a deadlock', failed('ER_LOCK_DEADLOCK')],
    ['a lock that did not come', failed('ER_LOCK_WAIT_TIMEOUT')],
    ['a conflict with another node', failed('ER_ERROR_DURING_COMMIT')],
    ['a conflict with another member of a group', failed('ER_TRANSACTION_ROLLBACK_DURING_COMMIT')],
    ['a node outside of the primary component', failed('ER_UNKNOWN_COM_ERROR')],
    ['a lost connection', failed('PROTOCOL_CONNECTION_LOST')],
    ['a silent server', lost],
    ['a COMMIT that was found not to have happened', new CommitUnknown('x', lost)],
  ])('is run again after %s, far more often than a race is lost by chance', async (_what, error) => {
    expect(await repeated(error, 20)).toMatchObject({ attempts: 21, outcome: 'done' });
  });

  test.each([
    'ER_LOCK_DEADLOCK',
    'ER_LOCK_WAIT_TIMEOUT',
    'ER_ERROR_DURING_COMMIT',
    'ER_TRANSACTION_ROLLBACK_DURING_COMMIT',
  ])('that loses its races for ten seconds by %s is refused as busy', async (code) => {
    const { outcome, tookMs } = await repeated(failed(code), Infinity);
    expect(outcome).toBeInstanceOf(ServiceBusy);
    expect(tookMs).toBeGreaterThan(9_000);
    expect(tookMs).toBeLessThan(11_000);
  });

  test.each(['ER_UNKNOWN_COM_ERROR', 'PROTOCOL_CONNECTION_LOST'])(
    'that finds no server which could do it for ten seconds is told so: %s',
    async (code) => {
      const { outcome } = await repeated(failed(code), Infinity);
      expect([isUnavailable(outcome), databaseCode(outcome)]).toEqual([true, code]);
    },
  );

  test.each(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'])(
    'is not said to be undone where it once nobody answered its COMMIT, and all that came after was a lost race: %s',
    async (code) => {
      jest.useFakeTimers();
      const errors = [new CommitUnknown('x', lost)];
      const race = failed(code);
      const outcome = repeatUntilCommitted(() => Promise.reject(errors.shift() ?? race)).catch(
        (reason: unknown) => reason,
      );
      await jest.advanceTimersByTimeAsync(11_000);
      jest.useRealTimers();
      expect(await outcome).toBeInstanceOf(DatabaseUnavailable);
    },
  );

  test('that loses its races is told so in time, also where the clock is put back meanwhile', async () => {
    jest.useFakeTimers();
    const race = failed('ER_LOCK_DEADLOCK');
    const outcome = repeatUntilCommitted(() => Promise.reject(race)).catch((reason: unknown) => reason);
    await jest.advanceTimersByTimeAsync(1_000);
    jest.setSystemTime(Date.now() - 60 * 60 * 1_000);
    await jest.advanceTimersByTimeAsync(10_000);
    jest.useRealTimers();
    expect(await outcome).toBeInstanceOf(ServiceBusy);
  });

  test('that finds a duplicate again and again fails with it', async () => {
    const duplicate = failed('ER_DUP_ENTRY');
    expect(await repeated(duplicate, Infinity)).toMatchObject({ attempts: 8, outcome: duplicate });
  });

  test.each(['ER_PARSE_ERROR', 'ER_DISK_FULL', 'SQLITE_FULL'])(
    'that fails with %s is not run again',
    async (code) => {
      const error = failed(code);
      expect(await repeated(error, Infinity)).toMatchObject({ attempts: 1, outcome: error });
    },
  );
});
