import type { Reader, Transaction } from '../database/transaction';
import type { Database } from '../database/database';
import { UnreadableKey, type Cipher, type DecryptPurpose, type SecretPlace } from './cipher';
import { VaultKeyRow } from './vault-key.entity';

/** The ciphertext of a key of the vault is bound to this place. */
export function vaultKeyPlace(name: string): SecretPlace {
  return { agencyId: '', ownerType: 'VAULT', ownerId: name, provider: '', version: 1, region: '' };
}

/** This runs inside a `write`, which starts again when another instance was first to insert this name. */
export async function insertVaultKey(
  tx: Transaction,
  cipher: Cipher,
  name: string,
  key: Buffer,
): Promise<VaultKeyRow> {
  const sealed = cipher.sealBytes(key, vaultKeyPlace(name));
  const row = { name, masterKey: cipher.masterKeyName, sealed, createdAt: new Date(), retiredAt: null };
  await tx.insert(VaultKeyRow, row);
  return row;
}

/** This throws `UnreadableKey` if the key was destroyed or does not open. */
export function openVaultKey(cipher: Cipher, { name, sealed }: VaultKeyRow, purpose: DecryptPurpose): Buffer {
  if (sealed === null) throw new UnreadableKey('The key of the vault was destroyed');
  return cipher.openBytes(sealed, vaultKeyPlace(name), purpose);
}

/**
 * The result is null for a name that was never given. This throws `UnreadableKey` if the key does not open.
 */
export async function readVaultKey(manager: Reader, cipher: Cipher, name: string): Promise<Buffer | null> {
  const row = await manager.findOneBy(VaultKeyRow, { name });
  return row && openVaultKey(cipher, row, 'VAULT_KEY');
}

/**
 * The key of a name is made once. If several instances start together, one of them makes it and the others
 * read it.
 */
export async function obtainVaultKey(
  database: Database,
  cipher: Cipher,
  name: string,
  make: () => Buffer,
): Promise<Buffer> {
  const find = (manager: Reader) => manager.findOneBy(VaultKeyRow, { name });
  const row =
    (await find(database.read)) ??
    (await database.write(async (tx) => (await find(tx)) ?? insertVaultKey(tx, cipher, name, make())));
  return openVaultKey(cipher, row, 'VAULT_KEY');
}
