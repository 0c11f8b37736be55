import { In } from 'typeorm';
import { toPage, type Order, type Page, type PageArgs } from '../graphql/page';
import type { Reader, Select } from './transaction';
import { forceIndex } from './typeorm-internals';

/**
 * Where the rows of a query stand in the order of their ids: one behind the other in one part of an index, or
 * in several parts that are merged. A part is a condition that gives the columns of the index their values.
 */
export interface Path {
  readonly index: string;
  readonly parts: readonly object[];
}

/**
 * Reads a page by keyset pagination: the rows after an id, in the order of the primary key, so that page
 * 1,000 costs what page 1 does. The index is the one in which the rows that the query is narrowed to stand in
 * the order of their ids, e.g. that of an agency's ids. It is null where the database chooses.
 */
export async function readPage<T extends { id: string }>(
  read: Reader,
  query: Select<T>,
  args: PageArgs,
  order: Order,
  index: string | null,
): Promise<Page<T>> {
  const whole = query.clone();
  if (index !== null) forceIndex(query, read.indexHint(index));
  const rows = await beyond(query, args.after, order)
    .limit(args.first + 1)
    .getMany();
  return toPage(rows, args, () => whole.getCount());
}

/**
 * Reads a page of the rows below an id, the newest first, along a path. Of each part no more is read than a
 * page takes.
 */
export async function readPageAlong<T extends { id: string }>(
  read: Reader,
  query: Select<T>,
  args: PageArgs,
  path: Path,
  below: string | null,
): Promise<Page<T>> {
  const whole = query.clone();
  if (below !== null) beyond(whole, below, 'DESC');
  // Of two bounds at the same end, SQLite would seek only one, which may be the farther one.
  const start = [args.after, below].filter((id) => id !== null).sort()[0] ?? null;
  const count = args.first + 1;
  const [part, ...others] = path.parts;
  const rows =
    part && others.length === 0
      ? await beyond(partOf(read, query, path.index, part), start, 'DESC')
          .limit(count)
          .getMany()
      : await byIds(query, await idsAlong(read, query, path, start, count));
  return toPage(rows, args, () => whole.getCount());
}

/** Tells whether fewer rows of a query than these stand on a path; no more are looked at. */
export async function hasFewer<T extends { id: string }>(
  read: Reader,
  query: Select<T>,
  path: Path,
  count: number,
): Promise<boolean> {
  const { sql, values } = union(path.parts.map((part) => partOf(read, query, path.index, part).limit(count)));
  const rows = await read.rows(`SELECT id FROM (${sql}) found LIMIT ${count}`, values);
  return rows.length < count;
}

/** The greatest ids of a query along a path, at most so many of them. */
async function idsAlong<T extends { id: string }>(
  read: Reader,
  query: Select<T>,
  { index, parts }: Path,
  below: string | null,
  count: number,
): Promise<string[]> {
  const newest = (part: object) => beyond(partOf(read, query, index, part), below, 'DESC').limit(count);
  const { sql, values } = union(parts.map(newest));
  const rows = await read.rows<{ id: string }>(`${sql} ORDER BY id DESC LIMIT ${count}`, values);
  return rows.map(({ id }) => id);
}

/** The ids of all of these queries. */
function union<T>(queries: readonly Select<T>[]): { sql: string; values: unknown[] } {
  const each = queries.map((query) => query.select(`${query.alias}.id`, 'id').getQueryAndParameters());
  return {
    sql: each.map(([sql]) => `SELECT id FROM (${sql}) part`).join(' UNION ALL '),
    values: each.flatMap(([, values]) => values),
  };
}

function partOf<T extends { id: string }>(
  read: Reader,
  query: Select<T>,
  index: string,
  part: object,
): Select<T> {
  const rows = query.clone().andWhere(part);
  forceIndex(rows, read.indexHint(index));
  return rows;
}

/**
 * The rows with these ids, of which the ids are known to belong to the query. A row that has changed in the
 * meantime stays on its page.
 */
function byIds<T extends { id: string }>(query: Select<T>, ids: readonly string[]): Promise<T[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return beyond(query.clone().where({ id: In([...ids]) }), null, 'DESC').getMany();
}

function beyond<T>(query: Select<T>, after: string | null, order: Order): Select<T> {
  const id = `${query.alias}.id`;
  if (after !== null) query.andWhere(`${id} ${order === 'ASC' ? '>' : '<'} :after`, { after });
  return query.orderBy(id, order);
}
