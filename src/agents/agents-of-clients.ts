import { In } from 'typeorm';
import { ownClientIds, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { groupedBy } from '../platform/rows-by-id';
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
  clientIds: readonly string[],
  args: PageArgs,
  fields: ReadonlySet<string> | null,
): Promise<Page<AgentSummary>[]> {
  const summary: readonly string[] = SUMMARY_COLUMNS;
  const isSummary = fields !== null && [...fields].every((field) => summary.includes(field));
  const columns = (isSummary ? SUMMARY_COLUMNS : COLUMNS).join(', ');
  const rows = await firstOfClients(read, viewer, clientIds, args, columns);
  let totals: Promise<Map<string, number>> | undefined;
  const totalOf = async (clientId: string) =>
    (await (totals ??= totalsOfClients(read, viewer, clientIds))).get(clientId) ?? 0;
  const ofClients = groupedBy(clientIds, rows, ({ clientId }) => clientId);
  return clientIds.map((clientId, index) => toPage(ofClients[index] ?? [], args, () => totalOf(clientId)));
}

async function firstOfClients(
  reader: Reader,
  viewer: Viewer,
  clientIds: readonly string[],
  { after, first }: PageArgs,
  columns: string,
): Promise<AgentSummary[]> {
  const visible = ownClientIds(viewer, clientIds);
  if (visible.length === 0) return [];
  // The first page has no condition on the id: MariaDB takes twice as long for a range within each client as
  // for the whole client.
  const from = `FROM agents${reader.indexHint('agents_by_client')}`;
  const condition = `${from} WHERE clientId IN (${placeholders(visible)}) AND agencyId = ?${after === null ? '' : ' AND id > ?'}`;
  const values = [...visible, viewer.agencyId, ...(after === null ? [] : [after])];
  const read = (sql: string, limit: number) => reader.rows<AgentSummary>(sql, [...values, limit]);
  // Most clients have few agents, so that this statement reads all of them. Numbering the rows of each client
  // takes twice as long.
  const most = visible.length * (first + 1);
  const rows = await read(`SELECT ${columns} ${condition} ORDER BY clientId, id LIMIT ?`, most);
  if (rows.length < most || visible.length === 1) return rows;
  const numbered = `SELECT ${columns}, ROW_NUMBER() OVER (PARTITION BY clientId ORDER BY id) AS position ${condition}`;
  return read(`SELECT ${columns} FROM (${numbered}) numbered WHERE position <= ? ORDER BY id`, first + 1);
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
