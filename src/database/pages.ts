import { toPage, type Order, type Page, type PageArgs } from '../graphql/page';
import type { Select } from './transaction';
import { forceIndex } from './typeorm-internals';

/**
 * Reads a page by key set: rows after an id, on the primary key's order, so that page 1,000 costs what page 1 does. Where nothing but an
 * agency narrows the query, that takes the index of an agency's ids: see `Reader.indexHint`.
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
