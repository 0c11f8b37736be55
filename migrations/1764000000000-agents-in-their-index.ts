import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alter } from './columns';

const indexOn = (columns: string) => ({
  sqlite: ['DROP INDEX agents_by_client', `CREATE INDEX agents_by_client ON agents (${columns})`],
  // At once: the foreign key of the clients needs one of the two.
  mysql: [`ALTER TABLE agents DROP INDEX agents_by_client, ADD INDEX agents_by_client (${columns})`],
});

/**
 * The agents of clients are read from their index alone, instead of looking up each of them in the table as
 * well.
 */
export class AgentsInTheirIndex1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alter(runner, indexOn('clientId, id, agencyId, name, provider, providerAgentId, fromNumber'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await alter(runner, indexOn('clientId, id'));
  }
}
