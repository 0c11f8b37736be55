import { In } from 'typeorm';
import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { Database } from '../platform/database';
import { isId, newId } from '../platform/ids';
import { readPage, type Page, type PageArgs } from '../platform/page';
import { checkName } from '../platform/text';
import { userError, type UserError } from '../platform/user-error';
import { ClientRow } from './client.entity';

export interface ClientResult {
  readonly client: ClientRow | null;
  readonly userErrors: readonly UserError[];
}

/** Longest search text, in characters. */
export const MAX_SEARCH_LENGTH = 100;

export class ClientService {
  constructor(private readonly database: Database) {}

  /** Null for what the viewer's agency does not have; to a portal user, every client but its own is such. */
  async find(viewer: Viewer, id: string): Promise<ClientRow | null> {
    const [client] = await this.findMany(viewer, [id]);
    return client ?? null;
  }

  async findMany(viewer: Viewer, ids: readonly string[]): Promise<(ClientRow | null)[]> {
    const visible = ids.filter((id) => isId(id) && (viewer.clientId === null || viewer.clientId === id));
    const rows = visible.length === 0 ? [] : await this.database.read.findBy(ClientRow, { agencyId: viewer.agencyId, id: In(visible) });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  list(viewer: Viewer, args: PageArgs, search: string | null): Promise<Page<ClientRow>> {
    const query = this.database.read.createQueryBuilder(ClientRow, 'client').where({ agencyId: viewer.agencyId });
    if (viewer.clientId !== null) query.andWhere('client.id = :own', { own: viewer.clientId });
    if (search) query.andWhere(...nameContains(search));
    return readPage(query, args);
  }

  async create(viewer: Viewer, input: { name: string }): Promise<ClientResult> {
    requireAdmin(viewer);
    const name = checkName(input.name, ['input', 'name']);
    if (typeof name !== 'string') return { client: null, userErrors: [name] };
    const client: ClientRow = { id: newId(), agencyId: viewer.agencyId, name, archivedAt: null, createdAt: new Date() };
    await this.database.write((tx) => tx.insert(ClientRow, client));
    return { client, userErrors: [] };
  }

  /** Archives a client, whose agents can then place no calls, or takes it back. Doing it twice changes nothing. */
  async setArchived(viewer: Viewer, id: string, archived: boolean): Promise<ClientResult> {
    requireAdmin(viewer);
    const client = await this.find(viewer, id);
    if (!client) return { client: null, userErrors: [userError('NOT_FOUND', ['input', 'clientId'])] };
    if ((client.archivedAt !== null) === archived) return { client, userErrors: [] };
    const archivedAt = archived ? new Date() : null;
    await this.database.write((tx) => tx.update(ClientRow, { id, agencyId: viewer.agencyId }, { archivedAt }));
    return { client: { ...client, archivedAt }, userErrors: [] };
  }
}

// SQLite folds ASCII letters only: a name is found as it is written, too.
function nameContains(search: string): [string, Record<string, string>] {
  const pattern = (text: string) => `%${text.replace(/[!%_]/g, '!$&')}%`;
  const condition = "(client.name LIKE :written ESCAPE '!' OR LOWER(client.name) LIKE :folded ESCAPE '!')";
  return [condition, { written: pattern(search), folded: pattern(search.toLowerCase()) }];
}
