import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { index } from './columns';

const BEFORE = [
  index('calls_by_time', 'agencyId', 'createdAt'),
  index('calls_by_client', 'clientId', 'id'),
  index('calls_by_agent', 'agentId', 'id'),
];
const AFTER = [
  index('calls_by_client', 'agencyId', 'clientId', 'id'),
  index('calls_by_agent', 'agencyId', 'agentId', 'status', 'id'),
  index('calls_by_outcome', 'agencyId', 'status', 'provider', 'id'),
  index('calls_by_client_outcome', 'agencyId', 'clientId', 'status', 'provider', 'id'),
  index('calls_by_nature', 'agencyId', 'kind', 'origin', 'direction', 'keySource', 'id'),
];

/**
 * For the filters of the list of calls. Each index begins with the agency, so that the id of another agency's
 * client leads to nothing.
 */
export class FilteredCalls1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await replace(runner, BEFORE, AFTER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replace(runner, AFTER, BEFORE);
  }
}

// Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
// statement.
async function replace(runner: QueryRunner, old: typeof BEFORE, wanted: typeof BEFORE): Promise<void> {
  const indices = (await runner.getTable('calls'))?.indices ?? [];
  const columns = (names: readonly string[]) => [...names].sort().join();
  const isThere = ({ name, columnNames }: (typeof BEFORE)[number]) =>
    indices.some((each) => each.name === name && columns(each.columnNames) === columns(columnNames));
  for (const each of old.filter(isThere)) await runner.dropIndex('calls', each.name);
  for (const each of wanted.filter((one) => !isThere(one)))
    await runner.createIndex('calls', new TableIndex(each));
}
