import { toPage, type Order, type Page, type PageArgs } from '../graphql/page';
import type { Select } from './transaction';
import { forceIndex } from './typeorm-internals';

/**
 * Reads a page by keyset pagination: the rows after an id, in the order of the primary key, so that page
 * 1,000 costs what page 1 does. A query that is narrowed by the agency alone needs the index of the agency's
 * ids for that: see `Reader.indexHint`.
 */
export async function readPage<T extends { id: string }>(
  query: Select<T>,
  args: PageArgs,
  order: Order = 'ASC',
  index: string | null = null,
): Promise<Page<T>> {
  const whole = query.clone();
  if (index !== null) forceIndex(query, index);
  const id = `${query.alias}.id`;
  if (args.after !== null)
    query.andWhere(`${id} ${order === 'ASC' ? '>' : '<'} :after`, { after: args.after });
  const rows = await query
    .orderBy(id, order)
    .limit(args.first + 1)
    .getMany();
  return toPage(rows, args, () => whole.getCount());
}
