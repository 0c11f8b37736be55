import { TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { index } from './columns';

const INDICES = [
  index('statements_by_agency', 'agencyId', 'id'),
  index('statements_of_client', 'agencyId', 'clientId', 'id'),
];

/** For pages of the final statements of an agency, or of a client. */
export class StatementsInOrder1764430000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const present = await namesOfIndices(runner);
    for (const each of INDICES)
      if (!present.has(each.name)) await runner.createIndex('statements', new TableIndex(each));
  }

  async down(runner: QueryRunner): Promise<void> {
    const present = await namesOfIndices(runner);
    for (const { name } of INDICES) if (present.has(name)) await runner.dropIndex('statements', name);
  }
}

// Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
// statement.
async function namesOfIndices(runner: QueryRunner): Promise<ReadonlySet<string | undefined>> {
  const table = await runner.getTable('statements');
  return new Set(table?.indices.map(({ name }) => name));
}
