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

export interface Condition {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** The condition that each of these columns has its value, which is never null. */
export function equal(columns: object): Condition {
  const sql = Object.keys(columns).map((column) => `${column} = ?`);
  return { sql: sql.join(' AND '), values: Object.values(columns) };
}
