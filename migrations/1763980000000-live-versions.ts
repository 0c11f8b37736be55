import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMissingIndex, dropIndexIfThere, index } from './columns';

const LIVE = index('api_key_versions_live', 'apiKeyId', 'retiredAt');

/** Finds the live version of a key among however many there were. */
export class LiveVersions1763980000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createMissingIndex(runner, 'api_key_versions', LIVE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndexIfThere(runner, 'api_key_versions', LIVE.name);
  }
}
