import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Reader, Select, Transaction } from '../../src/database/transaction';

/** What TypeORM and our transactions have beyond a reader, and a query builder beyond one that reads. */
type Writes =
  | Exclude<keyof Transaction, keyof Reader>
  | 'save'
  | 'upsert'
  | 'remove'
  | 'softDelete'
  | 'restore'
  | 'increment'
  | 'query'
  | 'transaction'
  | 'getRepository'
  | 'queryRunner';
type WritesOfQuery = Exclude<keyof SelectQueryBuilder<object>, keyof Select<object>>;

/** Not assignable, and so an error of the compiler, as soon as `Names` is not empty. */
type None<Names> = [Names] extends [never] ? true : never;

test('a write through a reader, or through a query of one, does not compile', () => {
  const reader: None<Extract<keyof Reader, Writes>> = true;
  const query: None<Extract<keyof Select<object>, 'insert' | 'update' | 'delete' | 'execute'>> = true;
  // Both lists name methods that there are.
  const known: 'update' extends Writes & keyof EntityManager & WritesOfQuery ? true : never = true;
  expect([reader, query, known]).toEqual([true, true, true]);
});
