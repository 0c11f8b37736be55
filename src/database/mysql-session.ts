import {
  QueryFailedError,
  type DataSource,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
} from 'typeorm';
import { byId, byIds, Session } from './transaction';
import { executeTogether, type Asked, type MysqlPool, type MysqlStatements } from './typeorm-internals';

/** A row that stands for its transaction: it is there if, and only if, that was committed. */
export interface Witness {
  readonly table: string;
  readonly id: unknown;
}

/** The pool of connections, for reads, or one of its connections, in a transaction. */
export class MysqlSession extends Session {
  readonly isRemote = true;
  readonly byCodePoint = ' COLLATE utf8mb4_bin';
  /** The last row that was inserted. */
  witness: Witness | null = null;
  /** The statements that are asked for to be sent together; null at any other time. */
  #asked: Asked[] | null = null;

  constructor(
    source: DataSource,
    private readonly session: MysqlStatements,
    queryRunner?: QueryRunner,
  ) {
    super(source, queryRunner);
  }

  lastBytes(column: string, count: number): string {
    return `CONVERT(SUBSTR(CAST(${column} AS BINARY), -${count}) USING utf8mb4)`;
  }

  indexHint(index: string): string {
    return ` FORCE INDEX (${index})`;
  }

  rows<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#execute(sql, values) as Promise<T[]>;
  }

  lock<T extends ObjectLiteral & { id: string }>(row: EntityTarget<T>, id: string): Promise<T | null> {
    return this.findOne(row, { where: byId<T>(id), lock: { mode: 'pessimistic_write' } });
  }

  async lockAll<T extends ObjectLiteral & { id: string }>(
    row: EntityTarget<T>,
    ids: readonly string[],
  ): Promise<T[]> {
    return ids.length === 0 ? [] : this.find(row, { ...byIds<T>(ids), lock: { mode: 'pessimistic_write' } });
  }

  lockRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(`${sql} FOR UPDATE`, values);
  }

  shareRows<T>(sql: string, values: readonly unknown[]): Promise<T[]> {
    return this.rows(`${sql} LOCK IN SHARE MODE`, values);
  }

  async run(sql: string, values: readonly unknown[]): Promise<number> {
    return ((await this.#execute(sql, values)) as { affectedRows: number }).affectedRows;
  }

  override async insertRows(table: string, rows: readonly [object, ...object[]]): Promise<void> {
    await super.insertRows(table, rows);
    const [row] = rows;
    if ('id' in row) this.witness = { table, id: row.id };
  }

  async command(sql: string): Promise<void> {
    await this.#attempt(sql, [], (done) => this.session.query(sql, done));
  }

  abandon(): void {
    this.session.destroy?.();
  }

  together<T>(pool: MysqlPool, ask: () => T): T {
    if (this.#asked) return ask();
    const asked: Asked[] = [];
    this.#asked = asked;
    try {
      return ask();
    } finally {
      this.#asked = null;
      executeTogether(pool, asked);
    }
  }

  #execute(sql: string, values: readonly unknown[]): Promise<unknown> {
    return this.#attempt(sql, values, (done) =>
      this.#asked ? this.#asked.push({ sql, values, done }) : this.session.execute(sql, values, done),
    );
  }

  #attempt(
    sql: string,
    values: readonly unknown[],
    work: (done: (error: Error | null, result: unknown) => void) => void,
  ): Promise<unknown> {
    this.dataSource.logger.logQuery(sql, [...values]);
    return new Promise((resolve, reject) => {
      work((error, result) => (error ? reject(new QueryFailedError(sql, [], error)) : resolve(result)));
    });
  }
}
