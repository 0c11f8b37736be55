/** Returns rows in the order of these ids, with null for an id that has no row. */
export function inOrderOf<T extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly T[],
): (T | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** Returns the rows that belong to each of these ids. */
export function groupedBy<T>(
  ids: readonly string[],
  rows: readonly T[],
  idOf: (row: T) => string,
): Map<string, T[]> {
  const groups = new Map(ids.map((id): [string, T[]] => [id, []]));
  let last: string | null = null;
  let group: T[] | undefined;
  for (const row of rows) {
    const id = idOf(row);
    // Most rows come behind others of the same id, and comparing two ids takes less than looking one up.
    if (id !== last) group = groups.get(id);
    last = id;
    group?.push(row);
  }
  return groups;
}

/** Orders rows by their ids in place, and takes hardly any time where they are in order already. */
export function inOrder<T extends { readonly id: string }>(rows: T[]): T[] {
  const isBefore = (row: T, index: number) => index > 0 && row.id < (rows[index - 1] as T).id;
  return rows.some(isBefore) ? rows.sort((one, other) => (one.id < other.id ? -1 : 1)) : rows;
}
