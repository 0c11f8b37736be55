import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMissingTable, id, index, optional, primary, refersTo, text, time, unique } from './columns';

export class ServiceTokens1763910000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(id('id')),
      id('agencyId'),
      text('name', 200),
      text('role', 32),
      text('prefix', 16),
      text('tokenDigest', 64),
      time('createdAt'),
      time('expiresAt'),
      optional(time('lastUsedAt')),
      optional(time('revokedAt')),
    ];
    const indices = [
      unique('service_tokens_by_digest', 'tokenDigest'),
      index('service_tokens_by_agency', 'agencyId', 'id'),
    ];
    const foreignKeys = [refersTo('agencies', 'agencyId', 'service_tokens_agency')];
    await createMissingTable(runner, { name: 'service_tokens', columns, indices, foreignKeys });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('service_tokens', true);
  }
}
