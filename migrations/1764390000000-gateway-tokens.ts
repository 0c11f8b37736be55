import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMissingTable, id, index, optional, primary, refersTo, text, time, unique } from './columns';

/** What integrations put in place of a provider's key. */
export class GatewayTokens1764390000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(id('id')),
      id('agencyId'),
      optional(id('clientId')),
      text('name', 200),
      text('providers', 255),
      text('scopes', 64),
      text('prefix', 16),
      text('tokenDigest', 64),
      optional(id('createdBy')),
      time('createdAt'),
      time('expiresAt'),
      optional(time('lastUsedAt')),
      optional(time('revokedAt')),
    ];
    const indices = [
      unique('gateway_tokens_by_digest', 'tokenDigest'),
      index('gateway_tokens_by_agency', 'agencyId', 'id'),
      index('gateway_tokens_by_client', 'clientId', 'id'),
    ];
    const foreignKeys = [
      refersTo('agencies', 'agencyId', 'gateway_tokens_agency'),
      refersTo('clients', 'clientId', 'gateway_tokens_client'),
    ];
    await createMissingTable(runner, { name: 'gateway_tokens', columns, indices, foreignKeys });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('gateway_tokens', true);
  }
}
