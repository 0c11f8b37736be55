import type { TenantDatabase } from '../access/tenant-database';
import type { Reader } from '../database/transaction';
import { keyThatCounts } from '../keys/chain';
import { noteDoubt } from '../keys/key-health';
import { openKey, readSealedKeys, type SealedKey } from '../keys/key-store';
import type { Provider } from '../providers';
import type { ProviderAccount } from '../providers/provider-api';
import type { ProviderError } from '../providers/refusals';
import { UnreadableKey } from '../vault/cipher';
import type { Vault } from '../vault/vault';

/** An account at a provider: the one that carries the calls of a client's agents, or of those of none. */
export interface ListedAccount {
  readonly key: SealedKey;
  readonly account: ProviderAccount;
}

/** Has the key verified again where the refusal of a list tells of it. */
export async function noteRefusedList(
  database: TenantDatabase,
  { key: { row, version } }: ListedAccount,
  error: ProviderError,
): Promise<void> {
  if (row) await noteDoubt(database, { id: row.id, version }, error);
}

export type NoAccount = 'NO_KEY_CONFIGURED' | 'KEY_UNREADABLE';

/** Finds the key by the same chain as for a call, at one instant. */
export async function keyOf(
  read: Reader,
  vault: Vault,
  agencyId: string,
  clientId: string | null,
  provider: Provider,
): Promise<SealedKey | null> {
  return keyThatCounts(await readSealedKeys(read, vault.placeMacs, agencyId, clientId, provider));
}

export async function openAccount(
  read: Reader,
  vault: Vault,
  ...place: [agencyId: string, clientId: string | null, provider: Provider]
): Promise<ListedAccount | NoAccount> {
  const key = await keyOf(read, vault, ...place);
  if (!key) return 'NO_KEY_CONFIGURED';
  try {
    const { region, key: text } = openKey(vault.cipher, key, 'ACCOUNT_LIST');
    return { key, account: { provider: key.provider, region, key: text } };
  } catch (error) {
    if (error instanceof UnreadableKey) return 'KEY_UNREADABLE';
    throw error;
  }
}
