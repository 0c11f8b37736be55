import { In, type SelectQueryBuilder } from 'typeorm';
import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { ClientService } from '../clients/client.service';
import type { Database } from '../platform/database';
import { isId, newId } from '../platform/ids';
import { readPage, toPage, type Page, type PageArgs } from '../platform/page';
import { checkName, checkPhoneNumber, checkProviderId } from '../platform/text';
import { userError, type UserError } from '../platform/user-error';
import { adapterOf, type Provider } from '../providers';
import { AgentRow } from './agent.entity';

export interface NewAgent {
  readonly name: string;
  readonly provider: Provider;
  readonly providerAgentId: string;
  readonly fromNumber?: string | null;
  readonly clientId?: string | null;
}

export interface AgentResult {
  readonly agent: AgentRow | null;
  readonly userErrors: readonly UserError[];
}

export interface AgentFilter {
  readonly clientId: string | null;
  readonly provider: Provider | null;
}

export class AgentService {
  constructor(
    private readonly database: Database,
    private readonly clients: ClientService,
  ) {}

  /** Null for what the viewer's agency, or a portal user's client, does not have. */
  async find(viewer: Viewer, id: string): Promise<AgentRow | null> {
    const [agent] = await this.findMany(viewer, [id]);
    return agent ?? null;
  }

  async findMany(viewer: Viewer, ids: readonly string[]): Promise<(AgentRow | null)[]> {
    const rows = await this.#visible(viewer).andWhere({ id: In(ids.filter(isId)) }).getMany();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  list(viewer: Viewer, args: PageArgs, filter: AgentFilter): Promise<Page<AgentRow>> {
    const query = this.#visible(viewer);
    if (filter.clientId !== null) query.andWhere('agent.clientId = :clientId', { clientId: isId(filter.clientId) ? filter.clientId : '' });
    if (filter.provider !== null) query.andWhere('agent.provider = :provider', { provider: filter.provider });
    return readPage(query, args);
  }

  /** The same page of each client's agents, in two statements however many clients there are, and one more for their totals. */
  async pagesOfClients(viewer: Viewer, clientIds: readonly string[], args: PageArgs): Promise<Page<AgentRow>[]> {
    const ids = await this.#firstIdsOfClients(viewer, clientIds, args);
    const rows = await this.#visible(viewer).andWhere({ id: In(ids) }).orderBy('agent.id').getMany();
    let totals: Promise<Map<string, number>> | undefined;
    const totalOf = async (clientId: string) => (await (totals ??= this.#totalsOfClients(viewer, clientIds))).get(clientId) ?? 0;
    return clientIds.map((clientId) => {
      const own = rows.filter((row) => row.clientId === clientId);
      return toPage(own, args, () => totalOf(clientId));
    });
  }

  async create(viewer: Viewer, input: NewAgent): Promise<AgentResult> {
    requireAdmin(viewer);
    const name = checkName(input.name, ['input', 'name']);
    const providerAgentId = checkProviderId(input.providerAgentId, ['input', 'providerAgentId']);
    const fromNumber = this.#checkFromNumber(input);
    const clientError = await this.#checkClient(viewer, input.clientId ?? null);
    const userErrors = [name, providerAgentId, fromNumber, clientError].filter((part) => part !== null && typeof part === 'object');
    if (userErrors.length > 0) return { agent: null, userErrors };
    const agent = {
      id: newId(),
      agencyId: viewer.agencyId,
      clientId: input.clientId ?? null,
      name: name as string,
      provider: input.provider,
      providerAgentId: providerAgentId as string,
      fromNumber: fromNumber as string | null,
      createdAt: new Date(),
    };
    await this.database.write((tx) => tx.insert(AgentRow, agent));
    return { agent, userErrors: [] };
  }

  #visible(viewer: Viewer): SelectQueryBuilder<AgentRow> {
    const query = this.database.read.createQueryBuilder(AgentRow, 'agent').where('agent.agencyId = :agencyId', { agencyId: viewer.agencyId });
    return viewer.clientId === null ? query : query.andWhere('agent.clientId = :own', { own: viewer.clientId });
  }

  async #firstIdsOfClients(viewer: Viewer, clientIds: readonly string[], args: PageArgs): Promise<string[]> {
    const places = clientIds.map(() => '?').join(', ');
    const rows: { id: string }[] = await this.database.read.query(
      `SELECT id FROM (
         SELECT id, ROW_NUMBER() OVER (PARTITION BY clientId ORDER BY id) AS position
         FROM agents WHERE agencyId = ? AND clientId IN (${places}) AND id > ?
       ) AS numbered WHERE position <= ?`,
      [viewer.agencyId, ...clientIds, args.after ?? '', args.first + 1],
    );
    return rows.map((row) => row.id);
  }

  async #totalsOfClients(viewer: Viewer, clientIds: readonly string[]): Promise<Map<string, number>> {
    const query = this.#visible(viewer).andWhere({ clientId: In(clientIds) });
    const rows = await query
      .select('agent.clientId', 'clientId')
      .addSelect('COUNT(*)', 'total')
      .groupBy('agent.clientId')
      .getRawMany<{ clientId: string; total: number | string }>();
    return new Map(rows.map(({ clientId, total }) => [clientId, Number(total)]));
  }

  #checkFromNumber({ provider, fromNumber }: NewAgent): string | null | UserError {
    if (fromNumber == null) return null;
    const check = adapterOf(provider).fromNumberForm === 'E164' ? checkPhoneNumber : checkProviderId;
    return check(fromNumber, ['input', 'fromNumber']);
  }

  async #checkClient(viewer: Viewer, clientId: string | null): Promise<UserError | null> {
    if (clientId === null) return null;
    const client = await this.clients.find(viewer, clientId);
    if (!client) return userError('NOT_FOUND', ['input', 'clientId']);
    return client.archivedAt ? userError('CLIENT_ARCHIVED', ['input', 'clientId'], 'The client is archived.') : null;
  }
}
