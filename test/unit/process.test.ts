/** @jest-environment node */
import { endOnSignals } from '../../src/platform/process';

const DRAIN_MS = 400_000;

let exit: jest.SpyInstance;
let closed: () => void;
let close: jest.Mock;
beforeEach(() => {
  jest.useFakeTimers();
  exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  close = jest.fn(() => new Promise<void>((resolve) => (closed = resolve)));
});
afterEach(() => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(signal);
  jest.restoreAllMocks();
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
  beforeEach(() => endOnSignals()({ close, drainMs: DRAIN_MS }));

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

  test('by SIGTERM, however often, cuts nothing', () => {
    for (let times = 0; times < 5; times += 1) {
      process.emit('SIGTERM');
      jest.advanceTimersByTime(10_000);
    }
    expect([close.mock.calls.length, exit.mock.calls]).toEqual([1, []]);
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
