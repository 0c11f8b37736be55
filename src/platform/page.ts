import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { badArgument } from './errors';
import { isId } from './ids';

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

export interface PageArgs {
  readonly first: number;
  /** The id after which the page starts. */
  readonly after: string | null;
}

/** One page of a Relay connection. The total is counted only when it is asked for. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  totalCount(): Promise<number>;
}

export type Order = 'ASC' | 'DESC';

/** Throws `BAD_USER_INPUT`: a size outside of 1-100, or a cursor that none of our pages gave out. */
export function pageArgs(first: number | null | undefined, after: string | null | undefined): PageArgs {
  const size = first ?? DEFAULT_PAGE_SIZE;
  if (size < 1 || size > MAX_PAGE_SIZE) throw badArgument('first', `\`first\` must be between 1 and ${MAX_PAGE_SIZE}.`);
  return { first: size, after: after == null ? null : idOfCursor(after) };
}

const CURSOR_PREFIX = 'id:';

function cursorOf(id: string): string {
  return Buffer.from(CURSOR_PREFIX + id).toString('base64url');
}

function idOfCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.slice(CURSOR_PREFIX.length);
  if (!text.startsWith(CURSOR_PREFIX) || !isId(id)) throw badArgument('after', '`after` must be a cursor of an earlier page.');
  return id;
}

/** Reads a page by key set: rows after an id, on the primary key's order, so that page 1,000 costs what page 1 does. */
export async function readPage<T extends ObjectLiteral & { id: string }>(
  query: SelectQueryBuilder<T>,
  args: PageArgs,
  order: Order = 'ASC',
): Promise<Page<T>> {
  const whole = query.clone();
  const id = `${query.alias}.id`;
  if (args.after !== null) query.andWhere(`${id} ${order === 'ASC' ? '>' : '<'} :after`, { after: args.after });
  const rows = await query
    .orderBy(id, order)
    .limit(args.first + 1)
    .getMany();
  return toPage(rows, args, () => whole.getCount());
}

/** The same page, of something else. */
export function mapPage<T, U>(page: Page<T>, map: (node: T) => U): Page<U> {
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: map(node) }));
  return { ...page, edges, nodes: edges.map(({ node }) => node) };
}

/** A page of rows of which one more than asked for was read. */
export function toPage<T extends { id: string }>(rows: readonly T[], args: PageArgs, totalCount: () => Promise<number>): Page<T> {
  const nodes = rows.slice(0, args.first);
  const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: rows.length > args.first,
      hasPreviousPage: args.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  };
}
