import { In } from 'typeorm';
import { ClientRow } from '../clients/client.entity';
import type { Reader } from '../database/transaction';
import { placeholders } from '../database/raw';
import { adapterOf, type Provider } from '../providers';
import type { ApiKeyRow } from './api-key.entity';
import type { KeyOwner } from './key-store';

/** These warnings tell an admin something about a change that is made all the same. */
export const WARNING_CODES = ['DUPLICATE_KEY'] as const;

export interface KeyWarning {
  readonly code: (typeof WARNING_CODES)[number];
  readonly provider: Provider;
  readonly message: string;
  readonly sharedWithAgency: boolean;
  /** The list holds at most `MAX_CLIENTS_LISTED` of the other clients that use the key. */
  readonly clients: readonly ClientRow[];
}

type Fingerprinted = Pick<ApiKeyRow, 'provider' | 'fingerprint'>;

export const MAX_CLIENTS_LISTED = 10;

/**
 * There is one warning for each key that another owner in the same agency uses as well. The fingerprints are
 * compared, and no key is decrypted.
 */
export async function findDuplicates(
  manager: Reader,
  { agencyId, id }: KeyOwner,
  keys: readonly Fingerprinted[],
): Promise<KeyWarning[]> {
  const fingerprints = keys.map(({ fingerprint }) => fingerprint);
  const same = `SELECT ownerType, ownerId, fingerprint FROM api_keys WHERE agencyId = ? AND fingerprint IN (${placeholders(keys)})`;
  const rows = await manager.rows<Pick<ApiKeyRow, 'ownerType' | 'ownerId' | 'fingerprint'>>(same, [
    agencyId,
    ...fingerprints,
  ]);
  const warnings = keys.map(async ({ provider, fingerprint }) => {
    const owners = rows.filter((row) => row.fingerprint === fingerprint && row.ownerId !== id);
    return owners.length > 0 ? warn(manager, agencyId, provider, owners) : null;
  });
  return (await Promise.all(warnings)).filter((warning) => warning !== null);
}

async function warn(
  manager: Reader,
  agencyId: string,
  provider: Provider,
  owners: readonly Pick<ApiKeyRow, 'ownerType' | 'ownerId'>[],
): Promise<KeyWarning> {
  const sharedWithAgency = owners.some(({ ownerType }) => ownerType === 'AGENCY');
  const ids = owners
    .filter(({ ownerType }) => ownerType === 'CLIENT')
    .map(({ ownerId }) => ownerId)
    .sort();
  const listed = In(ids.slice(0, MAX_CLIENTS_LISTED));
  const clients =
    ids.length > 0
      ? await manager.find(ClientRow, { where: { agencyId, id: listed }, order: { id: 'ASC' } })
      : [];
  const others = [
    ...(sharedWithAgency ? ['the agency itself'] : []),
    ...(ids.length > 0 ? [ids.length === 1 ? 'another client' : `${ids.length} other clients`] : []),
  ];
  const message = `The same ${adapterOf(provider).name} key is used by ${others.join(' and ')}: what their calls cost cannot be told apart.`;
  return { code: 'DUPLICATE_KEY', provider, message, sharedWithAgency, clients };
}
