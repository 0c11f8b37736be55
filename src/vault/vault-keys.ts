import type { Reader, Transaction } from '../database/transaction';
import type { Database } from '../database/database';
import { UnreadableKey, type Cipher, type SecretPlace } from './cipher';
import { VaultKeyRow } from './vault-key.entity';

/** The place of a key of the vault's own, to which its ciphertext is bound. */
export function vaultKeyPlace(name: string): SecretPlace {
  return { agencyId: '', ownerType: 'VAULT', ownerId: name, provider: '', version: 1, region: '' };
}

/** Inside a `write`, which starts again when another instance was first to insert this name. */
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

/** Throws `UnreadableKey`. */
export function openVaultKey(cipher: Cipher, { name, sealed }: VaultKeyRow): Buffer {
  if (sealed === null) throw new UnreadableKey('The key of the vault was destroyed');
  return cipher.openBytes(sealed, vaultKeyPlace(name));
}

/** Null for a name that was never given. Throws `UnreadableKey`. */
export async function readVaultKey(manager: Reader, cipher: Cipher, name: string): Promise<Buffer | null> {
  const row = await manager.findOneBy(VaultKeyRow, { name });
  return row && openVaultKey(cipher, row);
}

/** The key of this name, made once: of several instances that start together one makes it and the others read it. */
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
  return openVaultKey(cipher, row);
}
