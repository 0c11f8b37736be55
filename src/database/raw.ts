/** A time as a driver returns it where TypeORM makes no entity of the row. SQLite returns text, in UTC. */
export type RawDate = Date | string;

export function dateOf(value: RawDate): Date {
  return value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}Z`);
}

export function dateOrNull(value: RawDate | null): Date | null {
  return value === null ? null : dateOf(value);
}

/** Returns as many placeholders of a statement as there are values. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/**
 * Fills a list up to a power of two with its last value. The list of a statement then has few lengths, of
 * which each is prepared by itself.
 */
export function filledUp<T>(values: readonly T[]): T[] {
  const length = values.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(values.length));
  return Array.from({ length }, (_, index) => values[Math.min(index, values.length - 1)] as T);
}

const MOST_VALUES = 500;

/** Cuts a list, however long it is, into parts of which each is a short list of a statement. */
export function partsOf<T>(values: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / MOST_VALUES) }, (_, part) =>
    values.slice(part * MOST_VALUES, (part + 1) * MOST_VALUES),
  );
}

export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The condition that each of these columns has its value, which is never null. */
export function equal(columns: object): Condition {
  const sql = Object.keys(columns).map((column) => `${column} = ?`);
  return { sql: sql.join(' AND '), values: Object.values(columns) };
}
