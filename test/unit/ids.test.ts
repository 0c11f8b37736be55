import { version } from 'uuid';
import { isId, leastIdOf, newId, newIdAt, timeOfId } from '../../src/platform/ids';
import { groupedBy, inOrder } from '../../src/platform/rows-by-id';

afterEach(() => jest.useRealTimers());

describe('new ids', () => {
  test('are different, of version 7, and in the order in which they are made', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every((id) => isId(id) && version(id) === 7)).toBe(true);
    expect(ids.every((id, index) => index === 0 || id > String(ids[index - 1]))).toBe(true);
  });

  test('stay in their order where very many come in one millisecond, and where the clock goes back', () => {
    const now = Date.now() + 1_000;
    jest.useFakeTimers({ now });
    const ids = Array.from({ length: 10_000 }, () => newId());
    jest.setSystemTime(now - 500);
    ids.push(newId());
    expect([...new Set(ids)].sort()).toEqual(ids);
    expect(timeOfId(String(ids[0]))).toEqual(new Date(now));
    expect(timeOfId(String(ids.at(-1))).getTime() - now).toBeLessThan(5);
  });

  test('follow a clock that was ahead and is set right', () => {
    const now = Date.now() + 60_000;
    jest.useFakeTimers({ now: now + 3_600_000 });
    newId();
    jest.setSystemTime(now);
    const ids = [newId(), newId(), newId()];
    expect(ids.map((id) => timeOfId(id))).toEqual(Array(3).fill(new Date(now)));
    expect([...new Set(ids)].sort()).toEqual(ids);
  });

  test('come after the least id of their time, like ids that are made for a time', () => {
    const time = new Date(Date.now() + 10_000);
    jest.useFakeTimers({ now: time });
    for (const id of [newId(), newIdAt(time)]) {
      expect(timeOfId(id)).toEqual(time);
      expect(id > leastIdOf(time)).toBe(true);
      expect(id < leastIdOf(new Date(time.getTime() + 1))).toBe(true);
    }
  });
});

test('rows are grouped by the ids to which they belong, in whatever order they come', () => {
  const rows = ['b1', 'b2', 'a1', 'b3', '?1', 'a2'];
  const idOf = (row: string) => row.charAt(0);
  expect([...groupedBy(['a', 'b', 'c', 'a'], rows, idOf)]).toEqual([
    ['a', ['a1', 'a2']],
    ['b', ['b1', 'b2', 'b3']],
    ['c', []],
  ]);
  expect([...groupedBy(['a'], ['?1', 'a1'], idOf)]).toEqual([['a', ['a1']]]);
});

test('rows are ordered by their ids, whether or not they were in order', () => {
  const rows = (...ids: string[]) => ids.map((id) => ({ id }));
  for (const ids of [[], ['a'], ['a', 'b', 'c'], ['b', 'c', 'a'], ['c', 'b', 'a']])
    expect(inOrder(rows(...ids))).toEqual(rows(...[...ids].sort()));
});
