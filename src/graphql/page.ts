import { badArgument } from './errors';
import { isId } from '../platform/ids';

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

export interface PageArgs {
  /** The type of what is listed. A cursor is good for lists of this type alone. */
  readonly type: string;
  readonly first: number;
  /** The id after which the page starts. */
  readonly after: string | null;
}

/**
 * One page of a Relay connection. Cursors and the total, which has to be counted, are made only when they are
 * asked for.
 */
export class Page<T> {
  constructor(
    private readonly type: string,
    readonly nodes: readonly T[],
    /** The rows of the objects, by which the list goes on, also where the objects have other ids. */
    private readonly rows: readonly { readonly id: string }[],
    private readonly hasNextPage: boolean,
    private readonly hasPreviousPage: boolean,
    readonly totalCount: () => Promise<number>,
  ) {}

  get edges(): { readonly cursor: string; readonly node: T }[] {
    return this.rows.map(({ id }, index) => ({
      cursor: cursorOf(this.type, id),
      node: this.nodes[index] as T,
    }));
  }

  get pageInfo() {
    const [first, last] = [this.rows[0], this.rows.at(-1)];
    return {
      hasNextPage: this.hasNextPage,
      hasPreviousPage: this.hasPreviousPage,
      startCursor: first ? cursorOf(this.type, first.id) : null,
      endCursor: last ? cursorOf(this.type, last.id) : null,
    };
  }

  /** The same page with other objects in place of its own. */
  map<U>(change: (node: T) => U): Page<U> {
    const { type, rows, hasNextPage, hasPreviousPage, totalCount } = this;
    return new Page(type, this.nodes.map(change), rows, hasNextPage, hasPreviousPage, totalCount);
  }
}

/** What a caller has asked for, unchecked. */
interface AskedPage {
  readonly first?: number | null;
  readonly after?: string | null;
}

export type Order = 'ASC' | 'DESC';

/** Throws `BAD_USER_INPUT` for a size outside of 1-100, and for a cursor that no page of its type gave. */
export function pageArgs(type: string, { first, after }: AskedPage): PageArgs {
  const size = first ?? DEFAULT_PAGE_SIZE;
  if (size < 1 || size > MAX_PAGE_SIZE)
    throw badArgument('first', `\`first\` must be between 1 and ${MAX_PAGE_SIZE}.`);
  return { type, first: size, after: after == null ? null : idOfCursor(type, after) };
}

/** The cursor of an object in every list of its type. */
export function cursorOf(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64url');
}

function idOfCursor(type: string, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.slice(type.length + 1);
  if (!isId(id) || cursorOf(type, id) !== cursor)
    throw badArgument('after', '`after` must be a cursor of an earlier page of the same list.');
  return id;
}

/** Makes a page of rows. One row more than asked for was read, which tells whether the list goes on. */
export function toPage<T extends { readonly id: string }>(
  rows: readonly T[],
  { type, first, after }: PageArgs,
  totalCount: () => Promise<number>,
): Page<T> {
  const shown = rows.slice(0, first);
  return new Page(type, shown, shown, rows.length > first, after !== null, totalCount);
}
