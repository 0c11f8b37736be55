import { Column, Entity, Index } from 'typeorm';
import { IdColumn, PlainIdColumn, TimeColumn } from '../database/columns';
import type { Provider } from '../providers';

/** The secret by which the provider signs events of an endpoint. During rotations there are several. */
@Entity('webhook_secrets')
@Index('webhook_secrets_by_endpoint', ['endpointId', 'version'], { unique: true })
@Index('webhook_secrets_by_master_key', ['masterKey'])
export class WebhookSecretRow {
  @IdColumn()
  id!: string;

  @PlainIdColumn()
  endpointId!: string;

  @PlainIdColumn()
  agencyId!: string;

  @Column('varchar', { length: 32 })
  provider!: Provider;

  @Column('int')
  version!: number;

  /** Null for the newest one. */
  @TimeColumn({ nullable: true })
  validUntil!: Date | null;

  @Column('varchar', { length: 64, nullable: true })
  masterKey!: string | null;

  @Column('text', { nullable: true })
  sealed!: string | null;
}

/** The place to which the ciphertext of a webhook secret is bound. */
export function webhookSecretPlace({
  endpointId,
  agencyId,
  provider,
  version,
}: Pick<WebhookSecretRow, 'endpointId' | 'agencyId' | 'provider' | 'version'>) {
  return { agencyId, ownerType: 'WEBHOOK', ownerId: endpointId, provider, version, region: '' };
}
