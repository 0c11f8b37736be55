import { LRUCache } from 'lru-cache';
import { EntityManager, QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { marks } from './raw';

/** Statements prepared at most on a connection, where each length of a list is one: a server allows 16,382 for all of its connections, unless it is told otherwise (`max_prepared_stmt_count`). */
export const MAX_PREPARED = 200;

/**
 * An entity manager that also runs statements as they are written, prepared once a connection. For what nearly every request does: where
 * TypeORM builds the statement, that takes longer than running it.
 */
export abstract class Manager extends EntityManager {
  /** At the end of a SELECT: makes writers that read the same row so wait for each other until their transactions end. */
  abstract readonly forUpdate: '' | ' FOR UPDATE';
  /**
   * After the name of a table: reads it along an index, from a place in it on. MariaDB otherwise looks through all that an agency has
   * before that place where the agency has most of the table, since it does not count on the limit.
   */
  abstract along(index: string): string;
  abstract rows<T>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** Answers how many rows were inserted, changed or deleted. */
  abstract run(sql: string, values: readonly unknown[]): Promise<number>;
  /** For statements that begin or end a transaction: MySQL does not prepare all of them. */
  abstract command(sql: string): Promise<void>;

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
    const values: unknown[] = [
      ...(Object.values(change) as unknown[]),
      ...(Object.values(where) as unknown[]),
    ];
    return (await this.run(sql, values)) > 0;
  }
}

interface SqliteStatement {
  columns(): { readonly name: string }[];
  get(...values: readonly unknown[]): unknown;
  run(...values: readonly unknown[]): { readonly changes: number };
}

interface RowReader {
  readonly columns: readonly string[];
  readonly statement: SqliteStatement;
}

interface SqliteConnection {
  prepare(sql: string): SqliteStatement;
}

export class SqliteManager extends Manager {
  // Every writer is alone from its first statement on.
  readonly forUpdate = '';
  readonly #connection: SqliteConnection;
  readonly #prepared = new LRUCache<string, SqliteStatement>({ max: MAX_PREPARED });
  readonly #readers = new LRUCache<string, RowReader>({ max: MAX_PREPARED });

  constructor(source: DataSource) {
    super(source);
    this.#connection = (
      source.driver as unknown as { databaseConnection: SqliteConnection }
    ).databaseConnection;
  }

  along(): string {
    return '';
  }

  async rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#attempt(sql, values, (bound) => {
      const reader = this.#readers.get(sql) ?? this.#reader(sql);
      this.#readers.set(sql, reader);
      const { rows } = reader.statement.get(...bound) as { rows: string };
      return (JSON.parse(rows) as unknown[][]).map((cells) => named(reader.columns, cells) as T);
    });
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return this.#attempt(sql, values, (bound) => {
      const statement = this.#prepared.get(sql) ?? this.#connection.prepare(sql);
      this.#prepared.set(sql, statement);
      return statement.run(...bound).changes;
    });
  }

  async command(sql: string): Promise<void> {
    await this.run(sql, []);
  }

  // The driver takes a third of a microsecond to hand over one cell; as one text, all rows come in half the time.
  #reader(sql: string): RowReader {
    const columns = this.#connection
      .prepare(sql)
      .columns()
      .map(({ name }) => name);
    const cells = columns.map((column) => `"${column}"`).join(', ');
    return {
      columns,
      statement: this.#connection.prepare(
        `SELECT json_group_array(json_array(${cells})) AS rows FROM (${sql})`,
      ),
    };
  }

  #attempt<R>(sql: string, values: readonly unknown[], work: (bound: unknown[]) => R): R {
    this.dataSource.logger.logQuery(sql, [...values]);
    try {
      return work(values.map(toSqlite));
    } catch (error) {
      throw new QueryFailedError(sql, [], error as Error);
    }
  }
}

function named(columns: readonly string[], cells: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) row[column] = cells[index];
  return row;
}

// As TypeORM stores them: times as text, in UTC.
function toSqlite(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('T', ' ').slice(0, -1);
  return typeof value === 'boolean' ? Number(value) : value;
}

type Done = (error: Error | null, result: unknown) => void;

/** mysql2's pool, or one of its connections. */
export interface MysqlConnection {
  execute(sql: string, values: readonly unknown[], done: Done): unknown;
  query(sql: string, done: Done): unknown;
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

  along(index: string): string {
    return ` FORCE INDEX (${index})`;
  }

  rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#execute(sql, values) as Promise<T[]>;
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return ((await this.#execute(sql, values)) as { affectedRows: number }).affectedRows;
  }

  async command(sql: string): Promise<void> {
    await this.#attempt(sql, [], (done) => this.session.query(sql, done));
  }

  #execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    return this.#attempt(sql, values, (done) => this.session.execute(sql, values, done));
  }

  #attempt(sql: string, values: readonly unknown[], work: (done: Done) => void): Promise<unknown> {
    this.dataSource.logger.logQuery(sql, [...values]);
    return new Promise((resolve, reject) => {
      work((error, result) => (error ? reject(new QueryFailedError(sql, [], error)) : resolve(result)));
    });
  }
}
