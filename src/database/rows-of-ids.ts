import { placeholders, type Condition } from './raw';

/** A SELECT that finds ids, at most so many of them. */
export interface SelectOfIds extends Condition {
  readonly most: number;
}

/** Ids that are known, or the SELECT that finds them, so that nobody waits for it to read what is theirs. */
export type Ids = readonly string[] | SelectOfIds;

interface RowsOfIds extends Condition {
  /** Tells to which of the ids a row belongs. */
  readonly idColumn: string;
}

/**
 * FROM and a condition, which may go on, for the rows of a table in which a column has one of these ids.
 * Where a SELECT finds the ids, an id that has no row is answered by a row of nothing but this id: another
 * statement may find other ids a moment later, of which nothing was read.
 */
export function rowsOfIds(ids: Ids, table: string, column: string): RowsOfIds {
  return isKnown(ids)
    ? { sql: `FROM ${table} WHERE ${column} IN (${placeholders(ids)})`, values: ids, idColumn: column }
    : {
        sql: `FROM (${ids.sql}) asked LEFT JOIN ${table} ON ${column} = asked.id`,
        values: ids.values,
        idColumn: `COALESCE(${column}, asked.id)`,
      };
}

export function isKnown(ids: Ids): ids is readonly string[] {
  return Array.isArray(ids);
}

/** Answers of rows that were read by `rowsOfIds` which ids were asked for, and which rows there are. */
export function foundOf<T extends { readonly id: string | null }>(
  ids: Ids,
  rows: readonly T[],
  idOf: (row: T) => string,
): { readonly ids: readonly string[]; readonly rows: readonly T[] } {
  if (isKnown(ids)) return { ids, rows };
  const asked = new Set<string>();
  const found: T[] = [];
  let last: string | undefined;
  for (const row of rows) {
    const id = idOf(row);
    // Most rows come behind others of the same id.
    if (id !== last) asked.add((last = id));
    if (row.id !== null) found.push(row);
  }
  return { ids: [...asked], rows: found };
}
