import { INITIAL, violationsOf, violationsOfVersions, type Operation } from '../register';

/** Searches all orders of a short history for one in which each read sees the last write. */
function isLinearizable(left: readonly Operation[], value = INITIAL): boolean {
  return (
    left.length === 0 ||
    left.some((next) => {
      const others = left.filter((each) => each !== next);
      if (others.some(({ end }) => end < next.start)) return false;
      if (next.kind === 'READ' && next.value !== value) return false;
      return isLinearizable(others, next.value);
    })
  );
}

/** Random numbers that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomHistory(random: () => number): Operation[] {
  const whole = (below: number) => Math.floor(random() * below);
  const interval = () => {
    const start = whole(12);
    return { start, end: random() < 0.1 ? Infinity : start + whole(6) + 0.5 };
  };
  const writes = Array.from({ length: 1 + whole(3) }, (_, index): Operation => ({
    kind: 'WRITE',
    value: `v${index}`,
    ...interval(),
  }));
  const values = [INITIAL, ...writes.map(({ value }) => value)];
  const reads = Array.from({ length: 1 + whole(3) }, (): Operation => {
    const { start, end } = interval();
    return {
      kind: 'READ',
      value: values[whole(values.length)] ?? INITIAL,
      start,
      end: Math.min(end, start + 5),
    };
  });
  return [...writes, ...reads];
}

test('a history is found to be linearizable by its zones exactly when some order of its operations explains it', () => {
  const random = numbers(1);
  const counts = { linearizable: 0, not: 0 };
  for (let round = 0; round < 20_000; round += 1) {
    const history = randomHistory(random);
    const expected = isLinearizable(history);
    if ((violationsOf(history).length === 0) !== expected)
      throw new Error(`Not as an exhaustive search says: ${JSON.stringify(history)}`);
    counts[expected ? 'linearizable' : 'not'] += 1;
  }
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(2_000);
});

describe('calls at a place whose versions are known', () => {
  const set = (version: number, start: number, end: number) => ({ version, isSet: true, start, end });
  const clear = (version: number, start: number, end: number) => ({ version, isSet: false, start, end });
  const call = (version: number | null, start: number, end: number) => ({ version, start, end });

  test('may use what was in force when they began, or what came while they ran', () => {
    const versions = [set(1, 0, 1), clear(2, 5, 8), set(3, 10, 12)];
    const calls = [call(1, 2, 3), call(1, 6, 7), call(null, 6, 7), call(null, 9, 11), call(3, 10, 11)];
    expect(violationsOfVersions(versions, calls)).toEqual([]);
  });

  test.each([
    ['an old version after a newer one was acknowledged', [set(1, 0, 1), set(2, 2, 3)], [call(1, 4, 5)]],
    ['a key after it was cleared', [set(1, 0, 1), clear(2, 2, 3)], [call(1, 4, 5)]],
    ['no key although one was set', [set(1, 0, 1)], [call(null, 2, 3)]],
    ['a version before it was asked for', [set(1, 0, 1), set(2, 6, 7)], [call(2, 3, 4)]],
    [
      'an old version after another call used a newer one',
      [set(1, 0, 1), set(2, 2, 9)],
      [call(2, 3, 4), call(1, 5, 6)],
    ],
  ])('may not use %s', (_what, versions, calls) => {
    expect(violationsOfVersions(versions, calls)).toHaveLength(1);
  });

  test('are not all that is looked at: versions follow each other in real time', () => {
    expect(violationsOfVersions([set(1, 5, 6), set(2, 1, 2)], [])).toHaveLength(1);
  });
});
