import { LRUCache } from 'lru-cache';
import { EntityManager, QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { marks } from './raw';

/** Statements prepared at most on a connection: more than the product has, in every length of their lists. */
export const MAX_PREPARED = 200;

/**
 * An entity manager that also runs statements as they are written, prepared once a connection. For what nearly every request does: where
 * TypeORM builds the statement, that takes longer than running it.
 */
export abstract class Manager extends EntityManager {
  /** At the end of a SELECT: makes writers that read the same row so wait for each other until their transactions end. */
  abstract readonly forUpdate: '' | ' FOR UPDATE';
  abstract rows<T>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** Answers how many rows were inserted, changed or deleted. */
  abstract run(sql: string, values: readonly unknown[]): Promise<number>;

  /** Columns are named as the properties of the row. */
  async insertRow(table: string, row: object): Promise<void> {
    const columns = Object.keys(row);
    const values: unknown[] = Object.values(row);
    await this.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks(values)})`, values);
  }

  /** Where every column of `where` has its value, which is never null. Answers whether there was such a row. */
  async updateRow(table: string, change: object, where: object): Promise<boolean> {
    const equal = (columns: object) => Object.keys(columns).map((column) => `${column} = ?`);
    const sql = `UPDATE ${table} SET ${equal(change).join(', ')} WHERE ${equal(where).join(' AND ')}`;
    const values: unknown[] = [...(Object.values(change) as unknown[]), ...(Object.values(where) as unknown[])];
    return (await this.run(sql, values)) > 0;
  }
}

interface SqliteStatement {
  all(...values: readonly unknown[]): unknown[];
  run(...values: readonly unknown[]): { readonly changes: number };
}

interface SqliteConnection {
  prepare(sql: string): SqliteStatement;
}

export class SqliteManager extends Manager {
  // Every writer is alone from its first statement on.
  readonly forUpdate = '';
  readonly #connection: SqliteConnection;
  readonly #prepared = new LRUCache<string, SqliteStatement>({ max: MAX_PREPARED });

  constructor(source: DataSource) {
    super(source);
    this.#connection = (source.driver as unknown as { databaseConnection: SqliteConnection }).databaseConnection;
  }

  async rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#with(sql, values, (statement, bound) => statement.all(...bound)) as T[];
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return this.#with(sql, values, (statement, bound) => statement.run(...bound).changes);
  }

  #with<R>(sql: string, values: readonly unknown[], use: (statement: SqliteStatement, bound: unknown[]) => R): R {
    this.dataSource.logger.logQuery(sql, [...values]);
    try {
      const statement = this.#prepared.get(sql) ?? this.#connection.prepare(sql);
      this.#prepared.set(sql, statement);
      return use(statement, values.map(toSqlite));
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }
}

// As TypeORM stores them: times as text, in UTC.
function toSqlite(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  return typeof value === 'boolean' ? Number(value) : value;
}

/** mysql2's pool, or one of its connections. */
export interface MysqlConnection {
  execute(sql: string, values: readonly unknown[], done: (error: Error | null, result: unknown) => void): unknown;
}

export class MysqlManager extends Manager {
  readonly forUpdate = ' FOR UPDATE';

  constructor(
    source: DataSource,
    private readonly session: MysqlConnection,
    queryRunner?: QueryRunner,
  ) {
    super(source, queryRunner);
  }

  rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#execute(sql, values) as Promise<T[]>;
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return ((await this.#execute(sql, values)) as { affectedRows: number }).affectedRows;
  }

  #execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    this.dataSource.logger.logQuery(sql, [...values]);
    return new Promise((resolve, reject) => {
      this.session.execute(sql, values, (error, result) => (error ? reject(new QueryFailedError(sql, [], error)) : resolve(result)));
    });
  }
}
