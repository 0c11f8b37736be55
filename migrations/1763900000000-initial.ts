import type { MigrationInterface, QueryRunner, TableOptions } from 'typeorm';
import {
  boolean,
  createMissingTable,
  id,
  index,
  integer,
  optional,
  primary,
  refersTo,
  text,
  time,
  unique,
} from './columns';

const errorColumns = [
  optional(text('errorCode', 32)),
  optional(integer('errorHttpStatus')),
  optional(integer('errorRetryAfterSeconds')),
];

export class Initial1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables(runner)) await createMissingTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of tables(runner).reverse()) await runner.dropTable(name, true);
  }
}

function tables(runner: QueryRunner): TableOptions[] {
  return [
    { name: 'agencies', columns: [primary(id('id')), text('name', 200), time('createdAt')] },
    {
      name: 'clients',
      columns: [
        primary(id('id')),
        id('agencyId'),
        text('name', 200),
        optional(time('archivedAt')),
        time('createdAt'),
      ],
      indices: [index('clients_by_agency', 'agencyId', 'id')],
      foreignKeys: [refersTo('agencies', 'agencyId', 'clients_agency')],
    },
    {
      name: 'people',
      columns: [
        primary(id('id')),
        id('agencyId'),
        optional(id('clientId')),
        text('role', 32),
        text('name', 200),
        { name: 'permissions', type: 'text' },
        text('identityDigest', 64),
        time('createdAt'),
      ],
      indices: [
        unique('people_by_identity', 'identityDigest'),
        index('people_by_agency', 'agencyId', 'id'),
        index('people_by_client', 'clientId', 'id'),
      ],
      foreignKeys: [
        refersTo('agencies', 'agencyId', 'people_agency'),
        refersTo('clients', 'clientId', 'people_client'),
      ],
    },
    {
      name: 'agents',
      columns: [
        primary(id('id')),
        id('agencyId'),
        optional(id('clientId')),
        text('name', 200),
        text('provider', 32),
        text('providerAgentId', 128),
        optional(text('fromNumber', 128)),
        time('createdAt'),
      ],
      indices: [index('agents_by_agency', 'agencyId', 'id'), index('agents_by_client', 'clientId', 'id')],
      foreignKeys: [
        refersTo('agencies', 'agencyId', 'agents_agency'),
        refersTo('clients', 'clientId', 'agents_client'),
      ],
    },
    {
      name: 'api_keys',
      columns: [
        primary(id('id')),
        id('agencyId'),
        text('ownerType', 16),
        id('ownerId'),
        text('provider', 32),
        integer('version'),
        boolean(runner, 'isSet'),
        optional(text('maskedKey', 16)),
        text('region', 8),
        text('status', 32),
        time('updatedAt'),
        optional(time('lastVerifiedAt')),
        ...errorColumns,
      ],
      indices: [
        unique('api_keys_by_owner', 'ownerId', 'ownerType', 'provider'),
        index('api_keys_by_agency', 'agencyId', 'ownerType', 'provider'),
      ],
      foreignKeys: [refersTo('agencies', 'agencyId', 'api_keys_agency')],
    },
    {
      name: 'api_key_versions',
      columns: [
        primary(id('apiKeyId')),
        primary(integer('version')),
        optional(text('masterKey', 64)),
        optional(text('sealed', 1024)),
        time('createdAt'),
        optional(time('retiredAt')),
      ],
      indices: [index('api_key_versions_by_master_key', 'masterKey')],
      foreignKeys: [refersTo('api_keys', 'apiKeyId', 'api_key_versions_key')],
    },
    { name: 'master_key_checks', columns: [primary(text('name', 64)), text('sealed', 255)] },
    {
      name: 'calls',
      columns: [
        primary(id('id')),
        id('agencyId'),
        optional(id('clientId')),
        id('agentId'),
        text('provider', 32),
        optional(text('providerCallId', 128)),
        text('kind', 16),
        text('direction', 16),
        text('status', 16),
        text('keySource', 16),
        integer('keyVersion'),
        text('toNumber', 16),
        optional(text('idempotencyDigest', 64)),
        ...errorColumns,
        time('createdAt'),
      ],
      indices: [
        index('calls_by_agency', 'agencyId', 'id'),
        index('calls_by_client', 'clientId', 'id'),
        index('calls_by_agent', 'agentId', 'id'),
        unique('calls_by_idempotency_key', 'agencyId', 'idempotencyDigest'),
      ],
      foreignKeys: [
        refersTo('agencies', 'agencyId', 'calls_agency'),
        refersTo('clients', 'clientId', 'calls_client'),
        refersTo('agents', 'agentId', 'calls_agent'),
      ],
    },
  ];
}
