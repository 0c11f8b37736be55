import { toPage, type Order, type Page, type PageArgs } from '../graphql/page';
import type { Reader, Select } from './transaction';
import { forceIndex } from './typeorm-internals';

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
  const id = `${query.alias}.id`;
  if (args.after !== null)
    query.andWhere(`${id} ${order === 'ASC' ? '>' : '<'} :after`, { after: args.after });
  const rows = await query
    .orderBy(id, order)
    .limit(args.first + 1)
    .getMany();
  return toPage(rows, args, () => whole.getCount());
}
