import { requireAdmin } from '../access/context';
import { findOwn } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { ClientRow } from '../clients/client.entity';
import type { KeySource } from '../keys/chain';
import { adapterOf, type Provider } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import { toProviderError, type ProviderErrorType } from '../providers/provider-error.types';
import type { Vault } from '../vault/vault';
import { noteRefusedList, openAccount } from './listed-account';
import { ownId, readName } from './shown-texts';

export interface ShownNumber {
  readonly fromNumber: string;
  readonly phoneNumber: string | null;
  readonly label: string | null;
  readonly providerAgentIds: readonly string[];
}

export interface NumberList {
  readonly keySource: KeySource | null;
  readonly isComplete: boolean;
  readonly numbers: readonly ShownNumber[];
  readonly error: ProviderErrorType | null;
}

const NONE: NumberList = { keySource: null, isComplete: false, numbers: [], error: null };

/** Lists the phone numbers that agents can call from, as the provider has them. Nothing of them is kept. */
export class PhoneNumberService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
  ) {}

  /** The result is null where the viewer's agency has no such client. */
  async list(viewer: Viewer, clientId: string | null, provider: Provider): Promise<NumberList | null> {
    requireAdmin(viewer);
    const { read } = this.database;
    if (clientId !== null && !(await findOwn(read, viewer, ClientRow, clientId))) return null;
    const opened = await openAccount(read, this.vault, viewer.agencyId, clientId, provider);
    if (typeof opened === 'string') return NONE;
    await this.database.requireRights(viewer);
    const keySource = opened.key.owner.type;
    const listed = await this.providers.listNumbers(opened.account);
    if (listed.outcome === 'UNKNOWN') {
      await noteRefusedList(this.database, opened, listed.error);
      return { ...NONE, keySource, error: toProviderError(provider, listed.error) };
    }
    const adapter = adapterOf(provider);
    const numbers = listed.items.map(({ fromNumber, label, providerAgentIds, phoneNumber }) => ({
      fromNumber: adapter.fromNumberForm === 'ID' ? ownId(adapter, fromNumber) : fromNumber,
      phoneNumber,
      label: readName(label),
      providerAgentIds: providerAgentIds.map((id) => ownId(adapter, id)),
    }));
    return { keySource, isComplete: listed.isWhole, numbers, error: null };
  }
}
