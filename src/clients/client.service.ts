import { requireAdmin } from '../access/context';
import { permissionList } from '../access/portal-permissions';
import { clientsVisibleTo, lockOwn, ownClientIds } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { noteChange } from '../agencies/changed-owner';
import { AgencyRow } from '../agencies/agency.entity';
import type { AuditTrail } from '../audit/audit-trail';
import type { TenantDatabase } from '../access/tenant-database';
import type { Reader, Transaction } from '../database/transaction';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { readTogether } from '../database/read-together';
import type { SelectOfIds } from '../database/rows-of-ids';
import { dateOrNull, equal, placeholders, type Condition, type RawDate } from '../database/raw';
import { checkName } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import { inOrderOf } from '../platform/rows-by-id';
import { ClientRow } from './client.entity';

/** What is shown of a client. */
export type ShownClient = Omit<ClientRow, 'agencyId' | 'createdAt'>;

export interface ClientResult {
  readonly client: ShownClient | null;
  readonly userErrors: readonly UserError[];
}

/** The longest search text, in characters. */
export const MAX_SEARCH_LENGTH = 100;

// TypeORM makes no entities of these rows, because nearly every request reads them. A unary plus keeps SQLite
// from using the agency's index.
const COLUMNS = 'id, name, archivedAt, portalPermissions, acceptsValidHandIns';
const READ = `SELECT ${COLUMNS} FROM clients`;
const READ_OWNED = `SELECT agencyId, ${COLUMNS} FROM clients`;

interface RawClient extends Pick<ClientRow, 'id' | 'name'> {
  readonly archivedAt: RawDate | null;
  readonly portalPermissions: string;
  readonly acceptsValidHandIns: unknown;
}

interface OwnedClient extends RawClient {
  readonly agencyId: string;
}

function toClient(row: RawClient): ShownClient {
  return {
    id: row.id,
    name: row.name,
    archivedAt: dateOrNull(row.archivedAt),
    portalPermissions: permissionList.from(row.portalPermissions),
    acceptsValidHandIns: Boolean(row.acceptsValidHandIns),
  };
}

export class ClientService {
  // Every change of a key looks its client up.
  readonly #clients = readTogether<OwnedClient | null>(async (ids) =>
    inOrderOf(ids, await this.database.read.rows(`${READ_OWNED} WHERE id IN (${placeholders(ids)})`, ids)),
  );

  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Returns null for a client that the viewer may not know of: one of another agency, or for a portal user
   * any but its own.
   */
  async find(viewer: Viewer, id: string): Promise<ShownClient | null> {
    if (ownClientIds(viewer, [id]).length === 0) return null;
    const client = await this.#clients.load(id);
    return client?.agencyId === viewer.agencyId ? toClient(client) : null;
  }

  async findMany(viewer: Viewer, ids: readonly string[]): Promise<(ShownClient | null)[]> {
    const visible = ownClientIds(viewer, ids);
    const rows =
      visible.length === 0
        ? []
        : await this.database.read.rows<RawClient>(
            `${READ} WHERE id IN (${placeholders(visible)}) AND +agencyId = ?`,
            [...visible, viewer.agencyId],
          );
    return inOrderOf(ids, rows.map(toClient));
  }

  /**
   * The SELECT that finds the ids of a page of clients, so that what belongs to them is read in one go with
   * the page. Null where it does not pay: SQLite has no round trips, and looking for a text takes long.
   */
  selectIds(viewer: Viewer, { after, first }: PageArgs, search: string | null): SelectOfIds | null {
    const { read } = this.database;
    if (!read.isRemote || search) return null;
    const own = equal(clientsVisibleTo(viewer));
    const index = read.indexHint('clients_by_agency');
    return {
      sql: `SELECT id FROM clients${index} WHERE ${own.sql} AND id > ? ORDER BY id LIMIT ?`,
      values: [...own.values, after ?? '', first],
      most: first,
    };
  }

  async list(viewer: Viewer, args: PageArgs, search: string | null): Promise<Page<ShownClient>> {
    const { read } = this.database;
    const own = equal(clientsVisibleTo(viewer));
    const found = search ? nameContains(read, search) : NOTHING_MORE;
    const condition = ` WHERE ${own.sql}${found.sql}`;
    const values = [...own.values, ...found.values];
    const rows = await read.rows<RawClient>(
      `${READ}${read.indexHint('clients_by_agency')}${condition} AND id > ? ORDER BY id LIMIT ?`,
      [...values, args.after ?? '', args.first + 1],
    );
    return toPage(rows.map(toClient), args, async () => {
      const [counted] = await read.rows<{ total: number }>(
        `SELECT COUNT(*) AS total FROM clients${condition}`,
        values,
      );
      return counted?.total ?? 0;
    });
  }

  async create(viewer: Viewer, input: { name: string }): Promise<ClientResult> {
    requireAdmin(viewer);
    const name = checkName(input.name, ['input', 'name']);
    if (typeof name !== 'string') return { client: null, userErrors: [name] };
    return this.database.write(viewer, async (tx) => {
      const { id: agencyId, portalPermissions } = await tx.findOneByOrFail(AgencyRow, {
        id: viewer.agencyId,
      });
      const settings = { archivedAt: null, portalPermissions, acceptsValidHandIns: false };
      const client: ClientRow = { id: tx.lastingId(), agencyId, name, ...settings, createdAt: new Date() };
      await tx.insert(ClientRow, client);
      await this.audit.record(tx, viewer, { type: 'CLIENT_CREATED', clientId: client.id, name });
      return { client, userErrors: [] };
    });
  }

  /** Renames a client, which may be archived. Nothing changes if it has this name already. */
  async rename(viewer: Viewer, id: string, newName: string): Promise<ClientResult> {
    requireAdmin(viewer);
    const name = checkName(newName, ['input', 'name']);
    return this.#change(viewer, id, typeof name === 'string' ? [] : [name], async (tx, client) => {
      if (client.name === name) return client;
      const renamed = { ...client, name: name as string };
      await tx.update(ClientRow, { id }, { name: renamed.name });
      await this.audit.record(tx, viewer, { type: 'CLIENT_RENAMED', clientId: id, name: renamed.name });
      return renamed;
    });
  }

  /**
   * Archives a client, whose agents can then place no calls, or restores it. Doing so twice changes nothing.
   */
  async setArchived(viewer: Viewer, id: string, archived: boolean): Promise<ClientResult> {
    requireAdmin(viewer);
    return this.#change(viewer, id, [], async (tx, client) => {
      if ((client.archivedAt !== null) === archived) return client;
      const archivedAt = archived ? new Date() : null;
      await tx.update(ClientRow, { id }, { archivedAt });
      await noteChange(tx, viewer.agencyId, id);
      const type = archived ? 'CLIENT_ARCHIVED' : 'CLIENT_RESTORED';
      await this.audit.record(tx, viewer, { type, clientId: id });
      return { ...client, archivedAt };
    });
  }

  #change(
    viewer: Viewer,
    id: string,
    errors: readonly UserError[],
    work: (tx: Transaction, client: ClientRow) => Promise<ClientRow>,
  ): Promise<ClientResult> {
    return this.database.write(viewer, async (tx) => {
      const client = await lockOwn(tx, viewer, ClientRow, id);
      const missing = client ? [] : [userError('NOT_FOUND', ['input', 'clientId'])];
      const userErrors = [...missing, ...errors];
      return client && userErrors.length === 0
        ? { client: await work(tx, client), userErrors }
        : { client: null, userErrors };
    });
  }
}

const NOTHING_MORE: Condition = { sql: '', values: [] };

// Collations of MariaDB take accents, variation selectors, and all characters beyond the basic multilingual
// plane for equal, and SQLite none of them. By code points, both find the same, but for upper and lower case:
// LOWER of SQLite changes ASCII letters only, so that the search text is also looked for as it is written. A
// letter with an accent is one code point or two, which look the same, by where a name was copied from.
function nameContains({ byCodePoint }: Reader, search: string): Condition {
  const pattern = (text: string) => `%${text.replace(/[!%_]/g, '!$&')}%`;
  const forms = [...new Set([search, search.normalize('NFC'), search.normalize('NFD')])];
  const contains = `name${byCodePoint} LIKE ? ESCAPE '!' OR LOWER(name)${byCodePoint} LIKE ? ESCAPE '!'`;
  return {
    sql: ` AND (${forms.map(() => contains).join(' OR ')})`,
    values: forms.flatMap((form) => [pattern(form), pattern(form.toLowerCase())]),
  };
}
