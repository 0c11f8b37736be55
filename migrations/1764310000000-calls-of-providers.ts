import {
  Table,
  TableColumn,
  type MigrationInterface,
  type QueryRunner,
  type TableColumnOptions,
} from 'typeorm';
import {
  boolean,
  createMissingIndex,
  dropIndexIfThere,
  id,
  index,
  integer,
  optional,
  primary,
  text,
  time,
} from './columns';

const NOW_OPTIONAL = [text('keySource', 16), integer('keyVersion'), text('toNumber', 16)];
const BY_PROVIDER_CALL = index('calls_by_provider_call', 'agencyId', 'providerCallId');
const BY_CLAIM = index('provider_events_by_claim', 'claim');

/** Calls that began at a provider, and what it takes to work the events that tell of them. */
export class CallsOfProviders1764310000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    for (const column of NOW_OPTIONAL) await change(runner, column, true);
    await addColumns(runner, 'calls', ofCalls(runner));
    await addColumns(runner, 'provider_events', OF_EVENTS);
    await createMissingIndex(runner, 'calls', BY_PROVIDER_CALL);
    await createMissingIndex(runner, 'provider_events', BY_CLAIM);
    const columns = [primary(text('digest', 64)), id('callId')];
    await runner.createTable(new Table({ name: 'provider_calls', columns }), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('provider_calls', true);
    await dropIndexIfThere(runner, 'provider_events', BY_CLAIM.name);
    await dropIndexIfThere(runner, 'calls', BY_PROVIDER_CALL.name);
    await dropColumns(runner, 'provider_events', OF_EVENTS);
    await dropColumns(runner, 'calls', ofCalls(runner));
    // What a release before this one cannot show was never its own.
    await runner.query('DELETE FROM calls WHERE keySource IS NULL OR keyVersion IS NULL OR toNumber IS NULL');
    for (const column of NOW_OPTIONAL) await change(runner, column, false);
  }
}

const ofCalls = (runner: QueryRunner) => [{ ...boolean(runner, 'isOtherAccount'), default: 0 }];
const OF_EVENTS: readonly TableColumnOptions[] = [
  optional(time('occurredAt')),
  optional(id('claim')),
  { ...integer('attempts'), default: 0 },
];

async function change(runner: QueryRunner, column: TableColumnOptions, isNullable: boolean): Promise<void> {
  const calls = await runner.getTable('calls');
  const current = calls?.findColumnByName(column.name);
  if (current && current.isNullable !== isNullable)
    await runner.changeColumn('calls', current, new TableColumn({ ...column, isNullable }));
}

async function addColumns(
  runner: QueryRunner,
  name: string,
  columns: readonly TableColumnOptions[],
): Promise<void> {
  const table = await runner.getTable(name);
  const missing = columns.filter((column) => !table?.findColumnByName(column.name));
  await runner.addColumns(
    name,
    missing.map((column) => new TableColumn(column)),
  );
}

async function dropColumns(
  runner: QueryRunner,
  name: string,
  columns: readonly TableColumnOptions[],
): Promise<void> {
  const table = await runner.getTable(name);
  const there = columns.filter((column) => table?.findColumnByName(column.name));
  await runner.dropColumns(
    name,
    there.map((column) => column.name),
  );
}
