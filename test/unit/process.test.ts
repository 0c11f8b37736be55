/** @jest-environment node */
import { endOnSignals } from '../../src/platform/process';

const DRAIN_MS = 400_000;

let exit: jest.SpyInstance;
let closed: () => void;
let close: jest.Mock;
const told = jest.fn((_fields: object, _message: string) => undefined);
const server = { openRequests: () => 2, log: { info: told, warn: told, error: told } };
beforeEach(() => {
  jest.useFakeTimers();
  exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  close = jest.fn(() => new Promise<void>((resolve) => (closed = resolve)));
});
afterEach(() => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(signal);
  jest.restoreAllMocks();
  told.mockReset();
  jest.useRealTimers();
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'a process that is asked by %s while it starts ends at once',
  (signal) => {
    exit.mockImplementation(() => {
      throw new Error('It has ended');
    });
    endOnSignals();
    expect(() => process.emit(signal)).toThrow('It has ended');
    expect(exit.mock.calls).toEqual([[0]]);
  },
);

describe('a process that is asked to end', () => {
  beforeEach(() => endOnSignals()({ close, drainMs: DRAIN_MS, server }));

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s ends once all is finished', async (signal) => {
    process.emit(signal);
    expect(exit).not.toHaveBeenCalled();
    closed();
    await jest.advanceTimersByTimeAsync(0);
    expect(exit.mock.calls).toEqual([[0]]);
  });

  test('gives what is in flight the time that the configuration allows, and no more', () => {
    process.emit('SIGTERM');
    jest.advanceTimersByTime(DRAIN_MS - 1);
    expect(exit).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(exit.mock.calls).toEqual([[1]]);
  });

  test('tells when it begins, with how many requests are open, and when all is finished', async () => {
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    expect(told.mock.calls).toEqual([
      [
        { signal: 'SIGTERM', openRequests: 2 },
        'No new request is accepted, and those that are open are being finished',
      ],
    ]);
    jest.advanceTimersByTime(1_500);
    closed();
    await jest.advanceTimersByTimeAsync(0);
    expect(told.mock.calls.slice(1)).toEqual([
      [{ durationMs: 1_500 }, 'Everything is finished, and the process ends'],
    ]);
  });

  test('tells of what it cuts off, and of what cannot be ended in order', async () => {
    process.emit('SIGTERM');
    jest.advanceTimersByTime(DRAIN_MS);
    expect(told.mock.lastCall).toEqual([
      { openRequests: 2 },
      'The time to finish is over: the process ends at once',
    ]);
    process.emit('SIGINT');
    expect(told.mock.lastCall).toEqual([{ openRequests: 2 }, 'A second Ctrl-C: the process ends at once']);
    const fault = new Error('The disk is gone');
    process.removeAllListeners('SIGTERM');
    close.mockRejectedValue(fault);
    endOnSignals()({ close, drainMs: DRAIN_MS, server });
    process.emit('SIGTERM');
    await jest.advanceTimersByTimeAsync(0);
    expect(told.mock.lastCall).toEqual([{ err: fault }, 'The process ends, but could not be ended in order']);
  });

  test('by SIGTERM, however often, cuts nothing', () => {
    for (let times = 0; times < 5; times += 1) {
      process.emit('SIGTERM');
      jest.advanceTimersByTime(10_000);
    }
    expect([close.mock.calls.length, exit.mock.calls]).toEqual([1, []]);
  });

  test('by Ctrl-C twice ends at once, also where the clock is put back in between', () => {
    process.emit('SIGINT');
    jest.setSystemTime(Date.now() - 60 * 60 * 1_000);
    jest.advanceTimersByTime(2_000);
    process.emit('SIGINT');
    expect(exit.mock.calls).toEqual([[1]]);
  });

  test('by Ctrl-C twice ends at once, but not where npm passes one Ctrl-C on as well', () => {
    process.emit('SIGINT');
    process.emit('SIGINT');
    expect(exit).not.toHaveBeenCalled();
    jest.advanceTimersByTime(2_000);
    process.emit('SIGINT');
    expect([close.mock.calls.length, exit.mock.calls]).toEqual([1, [[1]]]);
  });
});
