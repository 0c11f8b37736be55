import { Column, Entity, Index } from 'typeorm';
import { IdColumn, ReferenceColumn, TimeColumn } from '../database/columns';
import { AgencyRow } from '../agencies/agency.entity';
import type { ActorKind } from '../audit/audit-event';
import { ClientRow } from '../clients/client.entity';
import type { KeyStatus } from '../keys/chain';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { SecretPlace } from '../vault/cipher';

export const KEY_HAND_IN_STATUSES = ['PENDING', 'ACCEPTED', 'REFUSED', 'REPLACED', 'EXPIRED'] as const;
export type KeyHandInStatus = (typeof KEY_HAND_IN_STATUSES)[number];

/**
 * A key that was handed in for a client. Its secret lies here while it is pending, and is destroyed with the
 * decision.
 */
@Entity('key_hand_ins')
@Index('key_hand_ins_pending', ['pendingFor'], { unique: true })
@Index('key_hand_ins_by_agency', ['agencyId', 'id'])
@Index('key_hand_ins_by_client', ['clientId', 'id'])
@Index('key_hand_ins_by_expiry', ['status', 'expiresAt'])
@Index('key_hand_ins_by_master_key', ['masterKey'])
export class KeyHandInRow {
  @IdColumn()
  id!: string;

  @ReferenceColumn(() => AgencyRow, 'key_hand_ins_agency')
  agencyId!: string;

  @ReferenceColumn(() => ClientRow, 'key_hand_ins_client')
  clientId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('varchar', { length: 8 })
  region!: ProviderRegion;

  /**
   * The client and the provider while the key is pending, and null afterwards. It is unique, so that at most
   * one is pending.
   */
  @Column('varchar', { length: 80, nullable: true })
  pendingFor!: string | null;

  /** A row may still say PENDING when it has expired: see `handInStatus`. */
  @Column('varchar', { length: 16 })
  status!: KeyHandInStatus;

  @Column('varchar', { length: 16 })
  maskedKey!: string;

  /** What the provider said of the key when it was handed in. */
  @Column('varchar', { length: 32 })
  keyStatus!: KeyStatus;

  @TimeColumn({ nullable: true })
  verifiedAt!: Date | null;

  /** The name of the master key that wraps the data key, or null when the secret is destroyed. */
  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  @Column('varchar', { length: 1024, nullable: true })
  sealed!: string | null;

  @Column('varchar', { length: 16 })
  handedInByKind!: ActorKind;

  @Column('varchar', { length: 200 })
  handedInByName!: string;

  @TimeColumn()
  createdAt!: Date;

  @TimeColumn()
  expiresAt!: Date;

  @TimeColumn({ nullable: true })
  decidedAt!: Date | null;

  /** The name of the admin who decided, or null when nobody did. */
  @Column('varchar', { length: 200, nullable: true })
  decidedByName!: string | null;

  @Column('varchar', { length: 500, nullable: true })
  reason!: string | null;
}

/**
 * Returns what a secret is bound to. The client is part of it, so that a row that was moved to another client
 * does not open.
 */
export function keyHandInPlace({
  id,
  agencyId,
  clientId,
  provider,
  region,
}: Pick<KeyHandInRow, 'id' | 'agencyId' | 'clientId' | 'provider' | 'region'>): SecretPlace {
  return { agencyId, ownerType: 'HAND_IN', ownerId: `${clientId} ${id}`, provider, version: 0, region };
}

/**
 * Returns the status of a hand-in. It counts as expired from its expiry on, even if its secret is destroyed
 * later.
 */
export function handInStatus({
  status,
  expiresAt,
}: Pick<KeyHandInRow, 'status' | 'expiresAt'>): KeyHandInStatus {
  return status === 'PENDING' && expiresAt <= new Date() ? 'EXPIRED' : status;
}
