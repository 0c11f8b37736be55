import { Table, TableIndex, type QueryRunner, type TableColumnOptions, type TableOptions } from 'typeorm';

// The subset of types and options that means the same on SQLite, MySQL and MariaDB.
export const text = (name: string, length: number): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
});
export const id = (name: string): TableColumnOptions => text(name, 36);
export const primary = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isPrimary: true });
export const optional = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isNullable: true });
export const integer = (name: string): TableColumnOptions => ({ name, type: 'integer' });
export const time = (name: string): TableColumnOptions => ({ name, type: 'datetime', precision: 3 });

// What TypeORM's `boolean` is on each dialect: stated, so that the schema shows no drift.
export function boolean(runner: QueryRunner, name: string): TableColumnOptions {
  return {
    name,
    ...(runner.dataSource.options.type === 'better-sqlite3'
      ? { type: 'boolean' }
      : { type: 'tinyint', width: 1 }),
  };
}

/**
 * SQLite does one thing a statement, and all of a migration or nothing; MySQL commits each statement, and
 * does many things in one.
 */
export async function alter(
  runner: QueryRunner,
  statements: Readonly<Record<'sqlite' | 'mysql', readonly string[]>>,
): Promise<void> {
  for (const statement of statements[
    runner.dataSource.options.type === 'better-sqlite3' ? 'sqlite' : 'mysql'
  ])
    await runner.query(statement);
}

// MySQL commits each statement: a migration that is killed leaves behind what it has done, and is run again.
// What follows leaves out what is there already.

/**
 * Creates a table. One of this name that has other columns, or more, belongs to another program, and is
 * refused.
 */
export async function createMissingTable(runner: QueryRunner, options: TableOptions): Promise<void> {
  const found = await runner.getTable(options.name);
  const { columns = [] } = options;
  const isOurs =
    found?.columns.length === columns.length && columns.every(({ name }) => found.findColumnByName(name));
  await runner.createTable(new Table(options), isOurs);
}

export async function addMissingColumn(
  runner: QueryRunner,
  table: string,
  column: string,
  type: string,
): Promise<void> {
  // In SQL: on SQLite, TypeORM would copy the table to add a column, and cannot drop the old one while others
  // refer to it.
  if (!(await runner.hasColumn(table, column)))
    await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
}

export async function dropColumnIfThere(runner: QueryRunner, table: string, column: string): Promise<void> {
  if (await runner.hasColumn(table, column)) await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
}

export async function hasIndex(
  runner: QueryRunner,
  table: string,
  { name, columnNames, isUnique = false }: Index,
): Promise<boolean> {
  const found = (await runner.getTable(table))?.indices.find((each) => each.name === name);
  return found?.isUnique === isUnique && found.columnNames.join() === columnNames.join();
}

export async function createMissingIndex(runner: QueryRunner, table: string, wanted: Index): Promise<void> {
  if (!(await hasIndex(runner, table, wanted))) await runner.createIndex(table, new TableIndex(wanted));
}

/** Drops an index of this name, whatever its columns are. */
export async function dropIndexIfThere(runner: QueryRunner, table: string, name: string): Promise<void> {
  const found = await runner.getTable(table);
  if (found?.indices.some((each) => each.name === name)) await runner.dropIndex(table, name);
}

interface Index {
  readonly name: string;
  readonly columnNames: string[];
  readonly isUnique?: boolean;
}

export function refersTo(table: string, column: string, name: string) {
  return {
    name,
    columnNames: [column],
    referencedTableName: table,
    referencedColumnNames: ['id'],
    onDelete: 'NO ACTION',
    onUpdate: 'NO ACTION',
  };
}

export const index = (name: string, ...columnNames: string[]) => ({ name, columnNames });
export const unique = (name: string, ...columnNames: string[]) => ({ name, columnNames, isUnique: true });
