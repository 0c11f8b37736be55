import { ApiKeySecretRow } from './keys/api-key.entity';
import { placesOfSecrets } from './keys/sealed-keys';
import { keyHandInPlace, KeyHandInRow } from './portal/key-hand-in.entity';
import { sealedTable } from './vault/sealed-table';
import { VaultKeyRow } from './vault/vault-key.entity';
import { vaultKeyPlace } from './vault/vault-keys';

/** Every table with secrets that a master key seals: a test holds that none is missing. */
export const sealedTables = [
  sealedTable('vault_keys', VaultKeyRow, 'name', async (rows) => rows.map(({ name }) => vaultKeyPlace(name))),
  sealedTable('api_key_secrets', ApiKeySecretRow, 'apiKeyId', placesOfSecrets),
  sealedTable('key_hand_ins', KeyHandInRow, 'id', async (rows) => rows.map(keyHandInPlace)),
];
