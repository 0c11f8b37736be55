import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import { ClientRow } from '../clients/client.entity';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';

/**
 * A one-time link by which someone without a login hands in a client's key. Neither the link nor its code can
 * be read from it.
 */
@Entity('key_links')
@Index('key_links_by_token', ['tokenDigest'], { unique: true })
@Index('key_links_by_agency', ['agencyId', 'id'])
@Index('key_links_by_client', ['clientId', 'id'])
export class KeyLinkRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'key_links_agency')
  agencyId!: string;

  @ReferenceColumn(() => ClientRow, 'key_links_client')
  clientId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 8 })
  region!: ProviderRegion;

  @Column('varchar', { length: 64 })
  tokenDigest!: string;

  /**
   * The digest of the code and the token together, so that whoever reads this row cannot try the million
   * codes.
   */
  @Column('varchar', { length: 64 })
  codeDigest!: string;

  @Column('int')
  failedCodes!: number;

  @Column('int', { default: 0 })
  refusedKeys!: number;

  /** Keys that the provider is being asked about: see `keysInFlight`. */
  @Column('int', { default: 0 })
  askedKeys!: number;

  /** When the provider was last asked. */
  @TimeColumn({ nullable: true })
  askedAt!: Date | null;

  @Column('varchar', { length: 200 })
  createdByName!: string;

  /** The person who made it; null where that is not known, and for what the operator of the server did. */
  @PlainIdColumn({ nullable: true })
  createdBy!: string | null;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn()
  expiresAt!: Date;

  @TimeColumn({ nullable: true })
  usedAt!: Date | null;

  @TimeColumn({ nullable: true })
  revokedAt!: Date | null;
}

export const KEY_LINK_STATUSES = ['OPEN', 'USED', 'REVOKED', 'LOCKED', 'EXPIRED'] as const;
export type KeyLinkStatus = (typeof KEY_LINK_STATUSES)[number];

/** The number of wrong codes after which a link does not open any more. */
export const MAX_FAILED_CODES = 5;

/**
 * The number of refused keys after which a link does not open any more: it is no place to try stolen keys.
 */
export const MAX_REFUSED_KEYS = 10;

/** Longer than any provider is waited for, so that nobody waits for an answer any more. */
const ASKED_FOR_MS = 5 * 60 * 1000;

/**
 * The number of keys that the provider is being asked about. Those that were given up are not counted: their
 * server was killed, or the database was away when the answer came.
 */
export function keysInFlight({ askedKeys, askedAt }: KeyLinkRow): number {
  return askedAt !== null && Date.now() - askedAt.getTime() < ASKED_FOR_MS ? askedKeys : 0;
}

export function linkStatus({
  usedAt,
  revokedAt,
  failedCodes,
  refusedKeys,
  expiresAt,
}: KeyLinkRow): KeyLinkStatus {
  if (usedAt !== null) return 'USED';
  if (revokedAt !== null) return 'REVOKED';
  if (failedCodes >= MAX_FAILED_CODES || refusedKeys >= MAX_REFUSED_KEYS) return 'LOCKED';
  return expiresAt <= new Date() ? 'EXPIRED' : 'OPEN';
}
