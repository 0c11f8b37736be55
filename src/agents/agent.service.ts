import { canEditAgents } from '../access/abilities';
import { requireAdmin } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { noteChange } from '../agencies/changed-owner';
import { lockActiveClient } from '../clients/active-client';
import type { TenantDatabase } from '../access/tenant-database';
import { forbidden } from '../graphql/errors';
import { isId } from '../platform/ids';
import type { Ids } from '../database/rows-of-ids';
import type { Select, Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { checkName } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { checkAgentChange, type AgentChange } from './agent-change';
import { AgentRow } from './agent.entity';
import { checkNewAgent, type NewAgent } from './agent-input';
import { readPagesOfClients, type AgentSummary } from './agents-of-clients';
import { lockSameAgents, assignedToAnother, duplicateAgent } from './same-agent';

export interface AgentResult {
  readonly agent: AgentRow | null;
  readonly userErrors: readonly UserError[];
}

export interface AssignedAgent extends AgentResult {
  /** The client that the agent has left, if any. */
  readonly previousClientId: string | null;
}

export interface AgentFilter {
  readonly clientId: string | null;
  readonly provider: Provider | null;
}

export class AgentService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Answers with null where the viewer's agency, or a portal user's client, has no such agent. */
  async find(viewer: Viewer, id: string): Promise<AgentRow | null> {
    const [agent] = await this.findMany(viewer, [id]);
    return agent ?? null;
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(AgentRow | null)[]> {
    return findOwnMany(this.database.read, viewer, AgentRow, ids);
  }

  list(viewer: Viewer, args: PageArgs, filter: AgentFilter): Promise<Page<AgentRow>> {
    const query = this.#visible(viewer);
    if (filter.clientId !== null)
      query.andWhere('agent.clientId = :clientId', {
        clientId: isId(filter.clientId) ? filter.clientId : '',
      });
    if (filter.provider !== null) query.andWhere('agent.provider = :provider', { provider: filter.provider });
    return readPage(
      this.database.read,
      query,
      args,
      'ASC',
      filter.clientId === null && viewer.clientId === null ? 'agents_by_agency' : 'agents_by_client',
    );
  }

  /** Reads the same page of the agents of each client (see `readPagesOfClients`). */
  pagesOfClients(
    viewer: Viewer,
    clients: Ids,
    args: PageArgs,
    fields: ReadonlySet<string> | null,
  ): Promise<Map<string, Page<AgentSummary>>> {
    return readPagesOfClients(this.database.read, viewer, clients, args, fields);
  }

  async create(viewer: Viewer, input: NewAgent): Promise<AgentResult> {
    requireAdmin(viewer);
    const clientId = input.clientId ?? null;
    const checked = checkNewAgent(input);
    return this.database.write(viewer, async (tx) => {
      const userErrors = [...checked.userErrors, ...(await checkClient(tx, viewer, clientId))];
      if (!checked.agent || userErrors.length > 0) return { agent: null, userErrors };
      const owner = { id: tx.lastingId(), agencyId: viewer.agencyId, clientId };
      const agent: AgentRow = { ...owner, ...checked.agent, createdAt: new Date() };
      const { name } = agent;
      if ((await lockSameAgents(tx, agent)).length > 0)
        return { agent: null, userErrors: [duplicateAgent()] };
      await tx.insert(AgentRow, agent);
      await noteChange(tx, viewer.agencyId, clientId);
      await this.audit.record(tx, viewer, { type: 'AGENT_CREATED', agentId: agent.id, clientId, name });
      return { agent, userErrors: [] };
    });
  }

  /** Admins may rename every agent, and portal users with EDIT_AGENTS those of their own client. */
  async rename(viewer: Viewer, id: string, newName: string): Promise<AgentResult> {
    if (!canEditAgents(viewer)) throw forbidden();
    const name = checkName(newName, ['input', 'name']);
    const check = () => (typeof name === 'string' ? [] : [name]);
    return this.#change(viewer, id, check, async (tx, agent) => {
      if (agent.name === name) return agent;
      const renamed = { ...agent, name: name as string };
      await tx.update(AgentRow, { id }, { name: renamed.name });
      await this.audit.record(tx, viewer, {
        type: 'AGENT_RENAMED',
        agentId: id,
        clientId: agent.clientId,
        name: renamed.name,
      });
      return renamed;
    });
  }

  /**
   * Changes as what an agent is known at its provider, or from which number it calls. Its provider and its
   * client stay, and with them whose key it uses.
   */
  async update(viewer: Viewer, id: string, input: AgentChange): Promise<AgentResult> {
    requireAdmin(viewer);
    const provider = (await this.find(viewer, id))?.provider;
    const { change, userErrors } = provider
      ? checkAgentChange(provider, input)
      : { change: {}, userErrors: [] };
    return this.#change(
      viewer,
      id,
      () => userErrors,
      async (tx, agent) => {
        const updated = { ...agent, ...change };
        const { providerAgentId, providerAgentKind, fromNumber } = updated;
        const isMoved = providerAgentId !== agent.providerAgentId;
        const isOther = isMoved || providerAgentKind !== agent.providerAgentKind;
        if (!isOther && fromNumber === agent.fromNumber) return agent;
        if (isMoved && (await lockSameAgents(tx, updated)).length > 0) return duplicateAgent();
        await tx.update(AgentRow, { id }, { providerAgentId, providerAgentKind, fromNumber });
        const { clientId, providerAgentId: formerProviderAgentId } = agent;
        if (isOther) {
          // Whether it exists in its account is not known any more.
          await tx.run('DELETE FROM absent_agents WHERE agentId = ?', [id]);
          await noteChange(tx, viewer.agencyId, clientId);
        }
        const details = { agentId: id, clientId, formerProviderAgentId };
        await this.audit.record(tx, viewer, { type: 'AGENT_UPDATED', ...details });
        return updated;
      },
    );
  }

  /**
   * Assigns an agent to a client, or with null to none. Its next call uses the key that the chain then finds.
   * Earlier calls keep their client.
   */
  async assign(viewer: Viewer, id: string, clientId: string | null): Promise<AssignedAgent> {
    requireAdmin(viewer);
    let previousClientId: string | null = null;
    const result = await this.#change(
      viewer,
      id,
      (tx) => checkClient(tx, viewer, clientId),
      async (tx, agent) => {
        previousClientId = null;
        if (agent.clientId === clientId) return agent;
        const others = await lockSameAgents(tx, agent);
        if (others.some((other) => other.clientId !== clientId)) return assignedToAnother();
        await tx.update(AgentRow, { id }, { clientId });
        for (const owner of [agent.clientId, clientId]) await noteChange(tx, viewer.agencyId, owner);
        await this.audit.record(tx, viewer, { type: 'AGENT_ASSIGNED', agentId: id, clientId });
        previousClientId = agent.clientId;
        return { ...agent, clientId };
      },
    );
    return { ...result, previousClientId };
  }

  #change(
    viewer: Viewer,
    id: string,
    check: (tx: Transaction) => readonly UserError[] | Promise<readonly UserError[]>,
    work: (tx: Transaction, agent: AgentRow) => Promise<AgentRow | UserError>,
  ): Promise<AgentResult> {
    return this.database.write(viewer, async (tx) => {
      const agent = await lockOwn(tx, viewer, AgentRow, id);
      const missing = agent ? [] : [userError('NOT_FOUND', ['input', 'agentId'])];
      const userErrors = [...missing, ...(await check(tx))];
      if (!agent || userErrors.length > 0) return { agent: null, userErrors };
      const changed = await work(tx, agent);
      return 'code' in changed ? { agent: null, userErrors: [changed] } : { agent: changed, userErrors };
    });
  }

  #visible(viewer: Viewer): Select<AgentRow> {
    return this.database.read.createQueryBuilder(AgentRow, 'agent').where(visibleTo(viewer));
  }
}

async function checkClient(
  tx: Transaction,
  viewer: Viewer,
  clientId: string | null,
): Promise<readonly UserError[]> {
  const client = clientId === null ? null : await lockActiveClient(tx, viewer, clientId);
  return client && 'code' in client ? [client] : [];
}
