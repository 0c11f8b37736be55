import { Table, type MigrationInterface, type QueryRunner, type TableOptions } from 'typeorm';
import { id, index, integer, primary, text, time, unique } from './columns';

/** What clients owe once and for all, and what became known of calls after that. */
export class Statements1764412000000 implements MigrationInterface {
  // On MySQL, a migration that is killed may leave a table behind, and is run again.
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.createTable(new Table(table), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of TABLES) await runner.dropTable(name, true);
  }
}

const TABLES: readonly TableOptions[] = [
  {
    name: 'statements',
    columns: [
      primary(id('id')),
      id('agencyId'),
      id('clientId'),
      integer('number'),
      text('fromDay', 10),
      text('toDay', 10),
      time('startsAt'),
      time('endsAt'),
      time('finalizedAt'),
      { name: 'body', type: 'text' },
      text('sha256', 64),
    ],
    indices: [
      unique('statements_by_number', 'agencyId', 'number'),
      index('statements_by_client', 'agencyId', 'clientId', 'number'),
    ],
  },
  {
    name: 'late_calls',
    columns: [primary(id('id')), id('agencyId'), id('clientId'), time('callAt')],
    indices: [index('late_calls_by_client', 'agencyId', 'clientId', 'callAt')],
  },
];
