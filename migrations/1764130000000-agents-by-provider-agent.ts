import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alter } from './columns';

const NAME = 'agents_by_provider_agent';

/**
 * Finds other entries for the same agent of a provider. Not unique: there may be some that are older than the
 * check.
 */
export class AgentsByProviderAgent1764130000000 implements MigrationInterface {
  // Left out where an earlier run that was ended has done it.
  async up(runner: QueryRunner): Promise<void> {
    if (!(await exists(runner)))
      await runner.query(`CREATE INDEX ${NAME} ON agents (agencyId, providerAgentId)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await exists(runner))
      await alter(runner, { sqlite: [`DROP INDEX ${NAME}`], mysql: [`DROP INDEX ${NAME} ON agents`] });
  }
}

async function exists(runner: QueryRunner): Promise<boolean> {
  return (await runner.getTable('agents'))?.indices.some(({ name }) => name === NAME) ?? false;
}
