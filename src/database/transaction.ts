import {
  EntityManager,
  In,
  type EntityTarget,
  type FindManyOptions,
  type FindOptionsOrder,
  type FindOptionsWhere,
  type ObjectLiteral,
} from 'typeorm';
import { isFateUnknown } from './database-errors';
import { newId } from '../platform/ids';
import { CommitUnknown } from './repetition';
import { equal, placeholders } from './raw';

/**
 * The part of TypeORM's query builder that reads. It has no `update` and no `delete`, so that a query of a
 * `Reader` cannot write.
 */
export interface Select<T> {
  readonly alias: string;
  select(column: string | string[], alias?: string): this;
  addSelect(column: string, alias?: string): this;
  where(condition: string | object, parameters?: object): this;
  andWhere(condition: string | object, parameters?: object): this;
  groupBy(column: string): this;
  addGroupBy(column: string): this;
  orderBy(column: string, order?: 'ASC' | 'DESC'): this;
  addOrderBy(column: string, order?: 'ASC' | 'DESC'): this;
  limit(count: number): this;
  offset(count: number): this;
  clone(): this;
  getQuery(): string;
  getQueryAndParameters(): [sql: string, values: unknown[]];
  getOne(): Promise<T | null>;
  getMany(): Promise<T[]>;
  getCount(): Promise<number>;
  getManyAndCount(): Promise<[T[], number]>;
  getRawMany<R>(): Promise<R[]>;
}

type Reads = 'find' | 'findBy' | 'findOneBy' | 'findOneByOrFail' | 'existsBy' | 'count' | 'countBy';

/** Reads. It has no method that writes, so that a write outside of a transaction does not compile. */
export interface Reader extends Pick<EntityManager, Reads> {
  createQueryBuilder<T extends ObjectLiteral>(row: EntityTarget<T>, alias: string): Select<T>;
  /**
   * Runs a SELECT as it is written. It is prepared once per connection: TypeORM takes longer to build a
   * statement than it takes to run it.
   */
  rows<T>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /**
   * An index hint, to be written after the name of a table, so that it is read in the order of this index
   * from a given id on. Without the hint, MariaDB reads all rows of an agency that has most of the table,
   * because its plan does not take the LIMIT into account, and SQLite takes any index that begins with a
   * column of the condition, e.g. that of the agency for the calls of one client. Statements with a long list
   * of owners have a hint because of MariaDB's statistics (see `LONG_LIST`).
   */
  indexHint(index: string): string;
  /** Whether statements wait for a server, so that it pays to ask for more in one go. */
  readonly isRemote: boolean;
  /**
   * A collation, to be written after an expression that is compared, by which every character equals itself
   * alone.
   */
  readonly byCodePoint: string;
  /**
   * An expression for the end of a column of ASCII text, of which each character is a byte. SUBSTR of MariaDB
   * counts the characters of the whole text to find its end, which takes a twelfth of its time for the keys
   * of a list of clients.
   */
  lastBytes(column: string, count: number): string;
}

/** What a transaction can do. It reads what is committed and what it has written itself. */
export interface Transaction extends Reader, Pick<EntityManager, 'insert' | 'update' | 'delete'> {
  /**
   * Reads a row, and makes writers that lock the same one wait for each other until their transactions end.
   */
  lock<T extends ObjectLiteral & { id: string }>(row: EntityTarget<T>, id: string): Promise<T | null>;
  /** Does the same for several rows by one statement, in the order of their ids. */
  lockAll<T extends ObjectLiteral & { id: string }>(
    row: EntityTarget<T>,
    ids: readonly string[],
  ): Promise<T[]>;
  /** Reads rows by a SELECT as it is written, and locks them in the same way. */
  lockRows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  /**
   * Reads rows and takes a shared lock on them: they do not change before the transaction ends, and others
   * can share them, too.
   */
  shareRows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  /**
   * Runs a statement that writes as it is written. Returns how many rows were inserted, changed or deleted.
   */
  run(sql: string, values: readonly unknown[]): Promise<number>;
  /**
   * Returns an id that stays the same when the transaction is run again, at the same place of its work. A row
   * with such an id keeps two runs of one transaction from both being committed.
   */
  lastingId(): string;
  /** Inserts a row whose properties have the names of the columns. */
  insertRow(table: string, row: object): Promise<void>;
  /** Inserts rows that all have the same properties by one statement. There is at least one. */
  insertRows(table: string, rows: readonly [object, ...object[]]): Promise<void>;
  /**
   * Updates the rows in which every column of `where` has its value, which is never null. Returns whether
   * there was such a row.
   */
  updateRow(table: string, change: object, where: object): Promise<boolean>;
}

/** What a transaction can do while it is begun: read and lock, and write nothing. */
export type Beginning = Pick<Transaction, 'rows' | 'lockRows' | 'shareRows'>;

/**
 * One connection (SQLite), or one pool or one of its connections (MySQL, MariaDB), with TypeORM's entities
 * and with statements as they are written.
 */
export abstract class Session extends EntityManager implements Transaction {
  abstract indexHint(index: string): string;
  abstract readonly isRemote: boolean;
  abstract readonly byCodePoint: string;
  abstract lastBytes(column: string, count: number): string;
  abstract rows<T>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  abstract lock<T extends ObjectLiteral & { id: string }>(
    row: EntityTarget<T>,
    id: string,
  ): Promise<T | null>;
  abstract lockAll<T extends ObjectLiteral & { id: string }>(
    row: EntityTarget<T>,
    ids: readonly string[],
  ): Promise<T[]>;
  abstract lockRows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  abstract shareRows<T>(sql: string, values: readonly unknown[]): Promise<T[]>;
  abstract run(sql: string, values: readonly unknown[]): Promise<number>;
  /** Runs a statement that begins or ends a transaction. MySQL cannot prepare all of them. */
  abstract command(sql: string): Promise<void>;
  #ids: string[] = [];
  #nextId = 0;

  /** Begins a run of the transaction that has these ids, and adds to them. */
  beginRun(ids: string[]): void {
    this.#ids = ids;
    this.#nextId = 0;
  }

  lastingId(): string {
    const id = (this.#ids[this.#nextId] ??= newId());
    this.#nextId += 1;
    return id;
  }

  /** Closes a connection whose state nobody knows, so that it serves nobody else. */
  abstract abandon(): void;

  async insertRow(table: string, row: object): Promise<void> {
    await this.insertRows(table, [row]);
  }

  async insertRows(table: string, rows: readonly [object, ...object[]]): Promise<void> {
    const columns = Object.keys(rows[0]);
    const values = rows.flatMap((row) => Object.values(row) as unknown[]);
    const places = rows.map(() => `(${placeholders(columns)})`).join(', ');
    await this.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places}`, values);
  }

  async updateRow(table: string, change: object, where: object): Promise<boolean> {
    const settings = Object.keys(change).map((column) => `${column} = ?`);
    const condition = equal(where);
    const values: unknown[] = [...(Object.values(change) as unknown[]), ...condition.values];
    const sql = `UPDATE ${table} SET ${settings.join(', ')} WHERE ${condition.sql}`;
    return (await this.run(sql, values)) > 0;
  }
}

export function byIds<T extends ObjectLiteral & { id: string }>(ids: readonly string[]): FindManyOptions<T> {
  return {
    where: { id: In(ids) } as unknown as FindOptionsWhere<T>,
    order: { id: 'ASC' } as FindOptionsOrder<T>,
  };
}

export function byId<T extends ObjectLiteral & { id: string }>(id: string): FindOptionsWhere<T> {
  return { id } as FindOptionsWhere<T>;
}

/**
 * Begins a transaction and runs `work` with what that gave, and then COMMIT, or undoes it. `ids` are those of
 * `lastingId`, for all runs of the transaction. Throws `CommitUnknown` where nobody knows whether it was
 * committed.
 */
export async function inTransaction<F, T>(
  session: Session,
  begin: () => Promise<F>,
  work: (tx: Transaction, found: F) => Promise<T>,
  ids: string[],
): Promise<T> {
  const found = await orUndone(session, begin);
  session.beginRun(ids);
  const result = await orUndone(session, () => work(session, found));
  await orUndone(session, async () => {
    try {
      await session.command('COMMIT');
    } catch (error) {
      throw isFateUnknown(error) ? new CommitUnknown(result, error) : error;
    }
  });
  return result;
}

async function orUndone<T>(session: Session, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    // The first error is the one to report. After some errors, e.g. of a full disk, SQLite has rolled back by
    // itself. Elsewhere, a connection on which nothing can be rolled back may not be used for other work.
    await session.command('ROLLBACK').catch(() => session.abandon());
    throw error;
  }
}
