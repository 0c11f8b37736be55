import { Column, ForeignKey, PrimaryColumn, type ObjectLiteral } from 'typeorm';

interface Options {
  readonly nullable?: boolean;
}

const ID_LENGTH = 36;

/** The primary key of a row: a UUID that the application makes. */
export function IdColumn(): PropertyDecorator {
  return PrimaryColumn('varchar', { length: ID_LENGTH });
}

/** The id of another row, which the database does not check. */
export function PlainIdColumn({ nullable = false }: Options = {}): PropertyDecorator {
  return Column('varchar', { length: ID_LENGTH, nullable });
}

/**
 * The id of a row of another table, which has to be there and is never removed before this row. `name` is
 * that of the foreign key.
 */
export function ReferenceColumn(
  to: () => new () => ObjectLiteral,
  name: string,
  options?: Options,
): PropertyDecorator {
  return (target, property) => {
    ForeignKey(to, { name, onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })(target, property);
    PlainIdColumn(options)(target, property);
  };
}

/** A time of the application's clock, in UTC and to the millisecond. */
export function TimeColumn({ nullable = false }: Options = {}): PropertyDecorator {
  return Column('datetime', { precision: 3, nullable });
}

/**
 * A whole number that may not fit into 32 bits, and is far from the end of what JavaScript counts exactly.
 * MySQL's driver returns it as text.
 */
export function BigColumn({ nullable = false }: Options = {}): PropertyDecorator {
  const transformer = {
    to: (value: number | null) => value,
    from: (value: number | string | null) => (value === null ? null : Number(value)),
  };
  return Column('bigint', { nullable, transformer });
}
