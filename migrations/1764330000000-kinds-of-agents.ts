import type { MigrationInterface, QueryRunner } from 'typeorm';
import { alter } from './columns';

const BEFORE = 'clientId, id, agencyId, name, provider, providerAgentId, fromNumber';
const AFTER = 'clientId, id, agencyId, name, provider, providerAgentId, providerAgentKind, fromNumber';

/** Agents are of several kinds at some providers. All that were there before are agents. */
export class KindsOfAgents1764330000000 implements MigrationInterface {
  // Left out where an earlier run that was ended has done it.
  async up(runner: QueryRunner): Promise<void> {
    if (await hasKind(runner)) return;
    await alter(runner, {
      sqlite: [
        "ALTER TABLE agents ADD COLUMN providerAgentKind varchar(16) NOT NULL DEFAULT 'AGENT'",
        'DROP INDEX agents_by_client',
        `CREATE INDEX agents_by_client ON agents (${AFTER})`,
      ],
      // In one statement, which is done as a whole or not at all.
      mysql: [
        `ALTER TABLE agents ADD COLUMN providerAgentKind varchar(16) NOT NULL DEFAULT 'AGENT', DROP INDEX agents_by_client, ADD INDEX agents_by_client (${AFTER})`,
      ],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!(await hasKind(runner))) return;
    await alter(runner, {
      sqlite: [
        'DROP INDEX agents_by_client',
        'ALTER TABLE agents DROP COLUMN providerAgentKind',
        `CREATE INDEX agents_by_client ON agents (${BEFORE})`,
      ],
      mysql: [
        `ALTER TABLE agents DROP INDEX agents_by_client, DROP COLUMN providerAgentKind, ADD INDEX agents_by_client (${BEFORE})`,
      ],
    });
  }
}

function hasKind(runner: QueryRunner): Promise<boolean> {
  return runner.hasColumn('agents', 'providerAgentKind');
}
