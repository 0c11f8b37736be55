import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';

/** What the messages to a webhook are signed with. During rotations there are several. */
@Entity('outgoing_webhook_secrets')
@Index('outgoing_webhook_secrets_by_webhook', ['webhookId', 'version'], { unique: true })
@Index('outgoing_webhook_secrets_by_master_key', ['masterKey'])
export class OutgoingWebhookSecretRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  webhookId!: string;

  @PlainIdColumn()
  agencyId!: string;

  @Column('int')
  version!: number;

  /** Null for the newest one. */
  @TimeColumn({ nullable: true })
  validUntil!: Date | null;

  @Column('varchar', { length: 64 })
  publicKey!: string;

  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  @Column('text', { nullable: true })
  sealed!: string | null;
}

/** The place to which the ciphertext of such a secret is bound. */
export function signingSecretPlace({
  agencyId,
  webhookId,
  version,
}: Pick<OutgoingWebhookSecretRow, 'agencyId' | 'webhookId' | 'version'>) {
  return {
    agencyId,
    ownerType: 'OUTGOING_WEBHOOK',
    ownerId: webhookId,
    provider: '',
    version,
    region: '',
  };
}
