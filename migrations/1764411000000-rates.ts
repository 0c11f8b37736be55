import { Table, type MigrationInterface, type QueryRunner, type TableOptions } from 'typeorm';
import {
  addMissingColumn,
  createMissingIndex,
  dropColumnIfThere,
  dropIndexIfThere,
  id,
  index,
  integer,
  optional,
  primary,
  text,
  time,
} from './columns';

const BY_START = index('calls_by_start', 'agencyId', 'clientId', 'startedAt', 'id');

const RATES: TableOptions = {
  name: 'rates',
  columns: [
    primary(id('id')),
    id('agencyId'),
    optional(id('clientId')),
    text('keySource', 16),
    { name: 'priceMicros', type: 'bigint' },
    text('currency', 3),
    integer('firstIncrementSeconds'),
    integer('incrementSeconds'),
    time('validFrom'),
    time('createdAt'),
  ],
  indices: [
    index('rates_by_agency', 'agencyId', 'id'),
    index('rates_by_client', 'agencyId', 'clientId', 'id'),
    index('rates_in_force', 'agencyId', 'keySource', 'clientId', 'validFrom', 'id'),
  ],
};

/** What clients pay per minute, and which rate each call has kept. */
export class Rates1764411000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it. MySQL commits each one.
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(new Table(RATES), true);
    await addMissingColumn(runner, 'calls', 'rateId', 'varchar(36)');
    await createMissingIndex(runner, 'calls', BY_START);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'calls', BY_START.name);
    await dropColumnIfThere(runner, 'calls', 'rateId');
    await runner.dropTable('rates', true);
  }
}
