import { In } from 'typeorm';
import { ownClientIds, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { foundOf, isKnown, rowsOfIds, type Ids } from '../database/rows-of-ids';
import type { Reader } from '../database/transaction';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { groupedBy, inOrder } from '../platform/rows-by-id';
import { AgentRow, type ShownAgent } from './agent.entity';

const SUMMARY_COLUMNS = ['id', 'clientId', 'name', 'provider', 'providerAgentId'] as const;
const COLUMNS = [...SUMMARY_COLUMNS, 'providerAgentKind', 'fromNumber'];

/** The part of an agent that most requests ask for. The other columns are then not read. */
export type AgentSummary = Pick<ShownAgent, (typeof SUMMARY_COLUMNS)[number]>;

/**
 * Reads the same page of the agents of each client, in at most two statements however many clients there are.
 * The totals take one more. `fields` are those that are asked for of agents; null stands for all of them.
 */
export async function readPagesOfClients(
  read: Reader,
  viewer: Viewer,
  clients: Ids,
  args: PageArgs,
  fields: ReadonlySet<string> | null,
): Promise<Map<string, Page<AgentSummary>>> {
  const summary: readonly string[] = SUMMARY_COLUMNS;
  const isSummary = fields !== null && [...fields].every((field) => summary.includes(field));
  const rows = await firstOfClients(read, viewer, clients, args, isSummary ? SUMMARY_COLUMNS : COLUMNS);
  const clientOf = ({ clientId }: AgentOfClient) => clientId;
  const found = foundOf(clients, rows, clientOf);
  let totals: Promise<Map<string, number>> | undefined;
  const totalOf = async (clientId: string) =>
    (await (totals ??= totalsOfClients(read, viewer, found.ids))).get(clientId) ?? 0;
  const pages = new Map<string, Page<AgentSummary>>();
  for (const [clientId, agents] of groupedBy(found.ids, found.rows, clientOf))
    pages.set(
      clientId,
      toPage(inOrder(agents), args, () => totalOf(clientId)),
    );
  return pages;
}

type AgentOfClient = AgentSummary & { readonly clientId: string };

/** The agents of several clients that a SELECT finds are in no order. */
async function firstOfClients(
  reader: Reader,
  viewer: Viewer,
  clients: Ids,
  { after, first }: PageArgs,
  columns: readonly string[],
): Promise<AgentOfClient[]> {
  const visible = isKnown(clients) ? ownClientIds(viewer, clients) : clients;
  const mostClients = isKnown(visible) ? visible.length : visible.most;
  if (mostClients === 0) return [];
  const source = rowsOfIds(visible, `agents a${reader.indexHint('agents_by_client')}`, 'a.clientId');
  const { idColumn } = source;
  const selected = columns.map((column) =>
    column === 'clientId' ? `${idColumn} AS clientId` : `a.${column}`,
  );
  // The first page has no condition on the id: MariaDB takes twice as long for a range within each client as
  // for the whole client.
  const condition = `${source.sql} AND a.agencyId = ?${after === null ? '' : ' AND a.id > ?'}`;
  const values = [...source.values, viewer.agencyId, ...(after === null ? [] : [after])];
  const read = (sql: string, limit: number) => reader.rows<AgentOfClient>(sql, [...values, limit]);
  // Most clients have few agents, so that this statement reads all of them. Numbering the rows of each client
  // takes twice as long, and so would ordering a join for many clients.
  const most = mostClients * (first + 1);
  const order = isKnown(visible) || mostClients === 1 ? ' ORDER BY a.clientId, a.id' : '';
  const rows = await read(`SELECT ${selected.join(', ')} ${condition}${order} LIMIT ?`, most);
  if (rows.length < most || mostClients === 1) return rows;
  const position = `ROW_NUMBER() OVER (PARTITION BY ${idColumn} ORDER BY a.id) AS position`;
  const numbered = `SELECT ${selected.join(', ')}, ${position} ${condition}`;
  return read(
    `SELECT ${columns.join(', ')} FROM (${numbered}) numbered WHERE position <= ? ORDER BY id`,
    first + 1,
  );
}

async function totalsOfClients(
  read: Reader,
  viewer: Viewer,
  clientIds: readonly string[],
): Promise<Map<string, number>> {
  const query = read
    .createQueryBuilder(AgentRow, 'agent')
    .where(visibleTo(viewer))
    .andWhere({ clientId: In(clientIds) });
  const rows = await query
    .select('agent.clientId', 'clientId')
    .addSelect('COUNT(*)', 'total')
    .groupBy('agent.clientId')
    .getRawMany<{ clientId: string; total: number | string }>();
  return new Map(rows.map(({ clientId, total }) => [clientId, Number(total)]));
}
