import { In } from 'typeorm';
import { requireAdmin } from '../access/context';
import { findOwn } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { noteChange } from '../agencies/changed-owner';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { lockActiveClient } from '../clients/active-client';
import { ClientRow } from '../clients/client.entity';
import type { Reader, Transaction } from '../database/transaction';
import { userError, type UserError } from '../graphql/user-error';
import { missingKey, type KeySource } from '../keys/chain';
import type { SealedKey } from '../keys/key-store';
import { newId } from '../platform/ids';
import { adapterOf, type Provider } from '../providers';
import { MAX_LISTED } from '../providers/list-requests';
import type { ListedAgent } from '../providers/listing';
import { keyOfAgent } from '../providers/provider-agent';
import type { ProviderAdapter } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import { toProviderError, type ProviderErrorType } from '../providers/provider-error.types';
import type { Vault } from '../vault/vault';
import { comparePresence, keepPresence } from './account-presence';
import { keyOf, noteRefusedList, openAccount, type ListedAccount, type NoAccount } from './listed-account';
import { nameOfAgent, ownId } from './shown-texts';

export interface AgentImport {
  readonly clientId?: string | null;
  readonly provider: Provider;
  readonly providerAgentIds?: readonly string[] | null;
  readonly dryRun?: boolean | null;
}

export interface ImportedAgent extends ListedAgent {
  readonly agent: AgentRow | null;
}

export interface ImportResult {
  readonly keySource: KeySource | null;
  readonly isComplete: boolean | null;
  readonly found: readonly ImportedAgent[];
  readonly created: readonly AgentRow[];
  readonly missing: readonly AgentRow[];
  readonly error: ProviderErrorType | null;
  readonly userErrors: readonly UserError[];
}

/** The agents of an account that a request is about, with all that it takes to create them. */
interface Listed {
  readonly listed: ListedAccount;
  readonly agents: readonly ListedAgent[];
  readonly isWhole: boolean;
}

const NOTHING = {
  keySource: null,
  isComplete: null,
  found: [],
  created: [],
  missing: [],
  error: null,
  userErrors: [],
} as const satisfies ImportResult;

const IDS_FIELD = ['input', 'providerAgentIds'] as const;
const CLIENT_FIELD = ['input', 'clientId'] as const;
const MAX_ROWS = 100;

/** Compares the agents of the agency with those that there are in an account, and creates what is missing. */
export class AgentImportService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
  ) {}

  async import(viewer: Viewer, input: AgentImport): Promise<ImportResult> {
    requireAdmin(viewer);
    const { provider, providerAgentIds: asked } = input;
    const clientId = input.clientId ?? null;
    const malformed = [...checkIds(asked), ...(await this.#checkClient(viewer, clientId))];
    if (malformed.length > 0) return { ...NOTHING, userErrors: malformed };
    const { read } = this.database;
    const listed = await openAccount(read, this.vault, viewer.agencyId, clientId, provider);
    if (typeof listed === 'string') return { ...NOTHING, userErrors: [noAccount(listed, input)] };
    await this.database.requireRights(viewer);
    const keySource = listed.key.owner.type;
    const answer = await this.providers.listAgents(listed.account);
    if (answer.outcome === 'UNKNOWN') {
      await noteRefusedList(this.database, listed, answer.error);
      return { ...NOTHING, keySource, error: toProviderError(provider, answer.error) };
    }
    const adapter: ProviderAdapter = adapterOf(provider);
    const agents = answer.items.map((agent) => ({
      ...agent,
      providerAgentId: ownId(adapter, agent.providerAgentId),
      name: nameOfAgent(agent),
    }));
    // An id that is listed in capitals as well is one agent here.
    const each = new Map(agents.map((agent) => [keyOfAgent(agent), agent]));
    const ids = asked?.map((id) => ownId(adapter, id)) ?? null;
    const wanted = { ...input, providerAgentIds: ids };
    return this.#compared(viewer, wanted, { listed, agents: [...each.values()], isWhole: answer.isWhole });
  }

  async #compared(viewer: Viewer, input: AgentImport, account: Listed): Promise<ImportResult> {
    const { agents, isWhole, listed } = account;
    const wanted = chosen(agents, input.providerAgentIds ?? null);
    const userErrors = unknownIds(agents, input.providerAgentIds ?? [], isWhole);
    const isDry = input.dryRun === true || userErrors.length > 0;
    const created = isDry ? [] : await this.#create(viewer, input, account, wanted);
    const conflict = 'code' in created ? [created] : [];
    const own = await knownAgents(this.database.read, viewer, input.provider, agents);
    return {
      keySource: listed.key.owner.type,
      isComplete: isWhole,
      found: agents.map((agent) => ({ ...agent, agent: own(agent) })),
      created: 'code' in created ? [] : created,
      missing: isWhole ? await this.#missing(viewer, input.clientId ?? null, account) : [],
      error: null,
      userErrors: [...userErrors, ...conflict],
    };
  }

  /**
   * Creates what the agency does not have yet, all or nothing. Whoever else creates agents of the agency
   * waits meanwhile: each is created once. The ids stay the same when the transaction is run again.
   */
  async #create(
    viewer: Viewer,
    { provider, clientId: asked }: AgentImport,
    { listed }: Listed,
    wanted: readonly ListedAgent[],
  ): Promise<readonly AgentRow[] | UserError> {
    const { agencyId } = viewer;
    const clientId = asked ?? null;
    const createdAt = new Date();
    const made = wanted.map((agent): AgentRow => ({
      ...{ id: newId(), agencyId, clientId, provider, ...agent },
      fromNumber: null,
      createdAt,
    }));
    if (made.length === 0) return [];
    return this.database.write(viewer, async (tx) => {
      const client = clientId === null ? null : await lockActiveClient(tx, viewer, clientId);
      if (client && 'code' in client) return client;
      await tx.lock(AgencyRow, agencyId);
      if (!(await this.#isSameKey(tx, listed.key, agencyId, clientId)))
        return userError('VERSION_CONFLICT', CLIENT_FIELD, OTHER_KEY);
      const known = await knownAgents(tx, viewer, provider, wanted);
      const each = new Map(made.map((agent) => [agent.providerAgentId, agent]));
      const created = [...each.values()].filter((agent) => known(agent) === null);
      for (let first = 0; first < created.length; first += MAX_ROWS)
        await tx.insert(AgentRow, created.slice(first, first + MAX_ROWS));
      if (created.length > 0) await noteChange(tx, agencyId, clientId);
      for (const { id: agentId, name } of created)
        await this.audit.record(tx, viewer, { type: 'AGENT_CREATED', agentId, clientId, name });
      // What an earlier run of this transaction has committed is created by this request all the same.
      return [...made.filter((agent) => known(agent)?.id === agent.id), ...created];
    });
  }

  /** Whether the calls of the agents would still be carried by the account that was listed. */
  async #isSameKey(
    tx: Transaction,
    { owner, version, provider }: SealedKey,
    agencyId: string,
    clientId: string | null,
  ): Promise<boolean> {
    const now = await keyOf(tx, this.vault, agencyId, clientId, provider);
    return now?.owner.id === owner.id && now.version === version;
  }

  /** The agents that the account lacks. The alert about them follows from what is kept here. */
  async #missing(
    viewer: Viewer,
    clientId: string | null,
    { listed: { key }, agents }: Listed,
  ): Promise<readonly AgentRow[]> {
    const { read } = this.database;
    const presence = await comparePresence(read, this.vault.placeMacs, key, clientId, agents);
    await keepPresence(this.database, viewer, key, presence);
    return presence.missing;
  }

  async #checkClient(viewer: Viewer, clientId: string | null): Promise<readonly UserError[]> {
    if (clientId === null) return [];
    const client = await findOwn(this.database.read, viewer, ClientRow, clientId);
    if (!client) return [userError('NOT_FOUND', CLIENT_FIELD)];
    return client.archivedAt ? [userError('CLIENT_ARCHIVED', CLIENT_FIELD, 'The client is archived.')] : [];
  }
}

const OTHER_KEY = 'The key was changed while its account was listed. Nothing was created: import again.';

function checkIds(ids: readonly string[] | null | undefined): readonly UserError[] {
  return ids && ids.length > MAX_LISTED
    ? [userError('TOO_LONG', IDS_FIELD, `At most ${MAX_LISTED} agents at once.`)]
    : [];
}

function noAccount(reason: NoAccount, { provider, clientId }: AgentImport): UserError {
  const { name: providerName } = adapterOf(provider);
  return reason === 'KEY_UNREADABLE'
    ? userError(reason, ['input', 'provider'])
    : userError(reason, ['input', 'provider'], missingKey({ providerName, hasClient: clientId != null }));
}

function chosen(agents: readonly ListedAgent[], ids: readonly string[] | null): readonly ListedAgent[] {
  const wanted = ids && new Set(ids);
  return wanted ? agents.filter(({ providerAgentId }) => wanted.has(providerAgentId)) : agents;
}

function unknownIds(
  agents: readonly ListedAgent[],
  ids: readonly string[],
  isWhole: boolean,
): readonly UserError[] {
  const there = new Set(agents.map(({ providerAgentId }) => providerAgentId));
  const message = isWhole
    ? 'The account has no such agent.'
    : `This agent is not among the first ${there.size} of the account.`;
  return ids.flatMap((id, index) =>
    there.has(id) ? [] : userError('NOT_FOUND', [...IDS_FIELD, index], message),
  );
}

/**
 * Finds the agent of the agency, whoever it is assigned to, that stands for one of the provider. An id that
 * is entered as that of another kind is found as well: with a second entry, nobody could tell whose key pays
 * for its calls.
 */
async function knownAgents(
  read: Reader,
  { agencyId }: Viewer,
  provider: Provider,
  agents: readonly ListedAgent[],
): Promise<(agent: ListedAgent) => AgentRow | null> {
  const ids = agents.map(({ providerAgentId }) => providerAgentId);
  const rows =
    ids.length === 0 ? [] : await read.findBy(AgentRow, { agencyId, provider, providerAgentId: In(ids) });
  const byKey = new Map(rows.map((row) => [keyOfAgent(row), row]));
  const byId = new Map(rows.map((row) => [row.providerAgentId, row]));
  return (agent) => byKey.get(keyOfAgent(agent)) ?? byId.get(agent.providerAgentId) ?? null;
}
