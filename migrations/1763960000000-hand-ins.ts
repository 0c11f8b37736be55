import type { MigrationInterface, QueryRunner, TableOptions } from 'typeorm';
import {
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

/** Keys that portal users hand in, and the one-time links by which others do. */
export class HandIns1763960000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables()) await createMissingTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of tables().reverse()) await runner.dropTable(name, true);
  }
}

const keyColumns = [
  primary(id('id')),
  id('agencyId'),
  id('clientId'),
  text('provider', 32),
  text('region', 8),
];

const refersToOwner = (table: string) => [
  refersTo('agencies', 'agencyId', `${table}_agency`),
  refersTo('clients', 'clientId', `${table}_client`),
];

function tables(): TableOptions[] {
  return [
    {
      name: 'key_links',
      columns: [
        ...keyColumns,
        text('tokenDigest', 64),
        text('codeDigest', 64),
        integer('failedCodes'),
        text('createdByName', 200),
        time('createdAt'),
        time('expiresAt'),
        optional(time('usedAt')),
        optional(time('revokedAt')),
      ],
      indices: [
        unique('key_links_by_token', 'tokenDigest'),
        index('key_links_by_agency', 'agencyId', 'id'),
        index('key_links_by_client', 'clientId', 'id'),
      ],
      foreignKeys: refersToOwner('key_links'),
    },
    {
      name: 'key_hand_ins',
      columns: [
        ...keyColumns,
        optional(text('pendingFor', 80)),
        text('status', 16),
        text('maskedKey', 16),
        text('keyStatus', 32),
        optional(time('verifiedAt')),
        optional(text('masterKey', 64)),
        optional(text('sealed', 1024)),
        text('handedInByKind', 16),
        text('handedInByName', 200),
        time('createdAt'),
        time('expiresAt'),
        optional(time('decidedAt')),
        optional(text('decidedByName', 200)),
        optional(text('reason', 500)),
      ],
      indices: [
        unique('key_hand_ins_pending', 'pendingFor'),
        index('key_hand_ins_by_agency', 'agencyId', 'id'),
        index('key_hand_ins_by_client', 'clientId', 'id'),
        index('key_hand_ins_by_expiry', 'status', 'expiresAt'),
        index('key_hand_ins_by_master_key', 'masterKey'),
      ],
      foreignKeys: refersToOwner('key_hand_ins'),
    },
  ];
}
