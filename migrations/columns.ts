import type { QueryRunner, TableColumnOptions } from 'typeorm';

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
