import { ApiKeyRow } from './keys/api-key.entity';
import { keyHandInPlace, KeyHandInRow } from './intake/key-hand-in.entity';
import { webhookSecretPlace, WebhookSecretRow } from './events/webhook-secret.entity';
import { OutgoingWebhookSecretRow, signingSecretPlace } from './deliveries/outgoing-webhook-secret.entity';
import { sealedTable } from './vault/master-keys/sealed-table';
import { VaultKeyRow } from './vault/vault-key.entity';
import { vaultKeyPlace } from './vault/vault-keys';

/** Every table with secrets that a master key seals: a test holds that none is missing. */
export const sealedTables = [
  sealedTable('vault_keys', VaultKeyRow, 'name', ({ name }) => vaultKeyPlace(name)),
  sealedTable('api_keys', ApiKeyRow, 'id', (key) => key),
  sealedTable('key_hand_ins', KeyHandInRow, 'id', keyHandInPlace),
  sealedTable('webhook_secrets', WebhookSecretRow, 'id', webhookSecretPlace),
  sealedTable('outgoing_webhook_secrets', OutgoingWebhookSecretRow, 'id', signingSecretPlace),
];
