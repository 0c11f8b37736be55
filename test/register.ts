/**
 * Checks of what clients saw of a register, e.g. of the place of a key, on which sets and calls work at the
 * same time. Times are of one clock.
 */

interface Interval {
  /** When the request was sent. */
  readonly start: number;
  /** When the answer came. It is Infinity where nobody knows whether the work was done. */
  readonly end: number;
}

/** A write of a value that no other write has, or a read that saw it. */
export interface Operation extends Interval {
  readonly kind: 'WRITE' | 'READ';
  readonly value: string;
}

/** The value that was there before the first operation. */
export const INITIAL = 'initial';

interface Zone {
  readonly value: string;
  readonly from: number;
  readonly to: number;
  /** The value was there from the first to the last of these times, at least. */
  readonly isForward: boolean;
}

/**
 * Tells why a history is not linearizable; the list is empty for one that is. The algorithm is that of
 * Gibbons and Korach, "Testing Shared Memories" (SIAM J. Comput. 26(4), 1997): each value with its reads has
 * a zone between the earliest end and the latest start of its operations.
 */
export function violationsOf(operations: readonly Operation[]): string[] {
  const beginning: Operation = { kind: 'WRITE', value: INITIAL, start: -Infinity, end: -Infinity };
  const all = [beginning, ...operations];
  const values = [...new Set(all.map(({ value }) => value))];
  const faults: string[] = [];
  const zones = values.map((value): Zone => {
    const ofValue = all.filter((operation) => operation.value === value);
    const write = ofValue.find(({ kind }) => kind === 'WRITE');
    if (!write) faults.push(`${value} was read and never written`);
    if (ofValue.some(({ kind, end }) => kind === 'READ' && end < (write?.start ?? Infinity)))
      faults.push(`${value} was read before it was written`);
    const [end, start] = [
      Math.min(...ofValue.map((each) => each.end)),
      Math.max(...ofValue.map((each) => each.start)),
    ];
    return { value, from: Math.min(end, start), to: Math.max(end, start), isForward: end < start };
  });
  const forward = zones.filter(({ isForward }) => isForward).toSorted((one, other) => one.from - other.from);
  for (const [index, zone] of forward.entries()) {
    const next = forward[index + 1];
    if (next && next.from < zone.to) faults.push(`${zone.value} and ${next.value} were both there at once`);
  }
  for (const inner of zones.filter(({ isForward }) => !isForward)) {
    const outer = forward.find(({ from, to }) => from < inner.from && inner.to < to);
    if (outer) faults.push(`${inner.value} was there while ${outer.value} was`);
  }
  return faults;
}

/** A set or a clear of a key, which gives its place the next version. */
export interface Version extends Interval {
  readonly version: number;
  readonly isSet: boolean;
}

/** A call that used this version, or that found no key. */
export interface Resolution extends Interval {
  readonly version: number | null;
}

/**
 * Tells the same of a place whose versions are known, so that it also takes calls that found no key: those
 * do not tell which clear they saw.
 */
export function violationsOfVersions(
  versions: readonly Version[],
  resolutions: readonly Resolution[],
): string[] {
  const faults: string[] = [];
  const known: Version[] = [...versions].toSorted((one, other) => one.version - other.version);
  for (const [index, { version, end }] of known.entries())
    if (known.slice(0, index).some(({ start }) => end < start))
      faults.push(`version ${version} was acknowledged before a lower one was asked for`);
  const past: { end: number; version: number }[] = [];
  for (const { start, end, version } of [...resolutions].toSorted((one, other) => one.start - other.start)) {
    const acknowledged = known.filter((each) => each.end < start).map((each) => each.version);
    const seen = past.filter((each) => each.end < start).map((each) => each.version);
    const lowest = Math.max(0, ...acknowledged, ...seen);
    // The lowest version leaves the most to later calls.
    const used = known.find(
      (each) =>
        each.version >= lowest &&
        each.start <= end &&
        (version === null ? !each.isSet : each.isSet && each.version === version),
    );
    if (used) past.push({ end, version: used.version });
    else
      faults.push(
        `a call used version ${version ?? 'none'}, but version ${lowest} or a later one was in force`,
      );
  }
  return faults;
}
