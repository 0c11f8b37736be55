import { In } from 'typeorm';
import { requireAdmin } from '../access/context';
import type { TenantDatabase } from '../access/tenant-database';
import { findOwnMany, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { placeholders } from '../database/raw';
import { hasFewer, readPageAlong, type Path } from '../database/pages';
import type { Select } from '../database/transaction';
import { checkSpan } from '../graphql/checks';
import { badArgument } from '../graphql/errors';
import { toPage, type Page, type PageArgs } from '../graphql/page';
import { isId, timeOfId } from '../platform/ids';
import type { Provider } from '../providers';
import type { CallStatus } from '../providers/call-facts';
import {
  checkTimes,
  conditionsOf,
  conditionsOfSpan,
  endOfSpan,
  isSatisfiable,
  pathsOf,
  type CallListFilter,
} from './call-filter';
import { CallRow } from './call.entity';

export interface SummarySpan {
  readonly clientId: string | null;
  readonly since: Date;
  /** The span ends before this time. */
  readonly until: Date;
}

export interface CallSummary extends Pick<SummarySpan, 'since' | 'until'> {
  readonly total: number;
  readonly counts: readonly {
    readonly status: CallStatus;
    readonly provider: Provider;
    readonly count: number;
  }[];
}

export interface KeyPlace {
  readonly ownerId: string;
  readonly provider: string;
}

const MAX_SPAN_MS = 366 * 24 * 60 * 60 * 1000;
/** Fewer calls than these are looked at one by one. */
const FEW = 1_000;

/** Shows and counts the calls that are on record. */
export class CallHistoryService {
  constructor(private readonly database: Pick<TenantDatabase, 'read'>) {}

  async find(viewer: Viewer, id: string): Promise<CallRow | null> {
    const [call] = await this.findMany(viewer, [id]);
    return call ?? null;
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(CallRow | null)[]> {
    return findOwnMany(this.database.read, viewer, CallRow, ids);
  }

  /** Finds any call that an agent has had with a client, or null where there is none. */
  async anyOf(
    { agencyId }: Viewer,
    clientId: string,
    agentId: string,
  ): Promise<Pick<CallRow, 'agentId' | 'clientId' | 'provider'> | null> {
    const { read } = this.database;
    const [call] = await read.rows<Pick<CallRow, 'agentId' | 'clientId' | 'provider'>>(
      `SELECT agentId, clientId, provider FROM calls${read.indexHint('calls_by_agent')}
WHERE agencyId = ? AND agentId = ? AND clientId = ? LIMIT 1`,
      [agencyId, agentId, clientId],
    );
    return call ?? null;
  }

  /**
   * Throws `FORBIDDEN` for a filter by what only admins see, which would tell others what the field hides,
   * and `BAD_USER_INPUT` for a time that no database keeps as it is, or a span that ends before it starts.
   */
  async list(viewer: Viewer, args: PageArgs, filter: CallListFilter): Promise<Page<CallRow>> {
    if (filter.keySource !== null) requireAdmin(viewer);
    checkTimes(filter);
    if (!isSatisfiable(filter, viewer)) return toPage([], args, () => Promise.resolve(0));
    const query = this.#visible(viewer);
    for (const condition of conditionsOf(filter)) query.andWhere(condition);
    const path = await this.#pathOf(viewer, filter);
    return readPageAlong(this.database.read, query, args, path, endOfSpan(filter));
  }

  /**
   * Tells when a call last used the version of each of these keys that is in place, in their order, by one
   * look into an index for each.
   */
  async lastUses(viewer: Viewer, keys: readonly KeyPlace[]): Promise<(Date | null)[]> {
    requireAdmin(viewer);
    const ownerIds = [...new Set(keys.map(({ ownerId }) => ownerId))];
    if (ownerIds.length === 0) return [];
    const { read } = this.database;
    const rows = await read.rows<KeyPlace & { readonly callId: string | null }>(
      `SELECT k.ownerId, k.provider, (SELECT MAX(c.id) FROM calls c
WHERE c.keyOwnerId = k.ownerId AND c.provider = k.provider AND c.keyVersion = k.version) AS callId
FROM api_keys k${read.indexHint('api_keys_by_owner')} WHERE k.ownerId IN (${placeholders(ownerIds)}) AND k.agencyId = ?`,
      [...ownerIds, viewer.agencyId],
    );
    return keys.map(({ ownerId, provider }) => {
      const row = rows.find((each) => each.ownerId === ownerId && each.provider === provider);
      return row?.callId ? timeOfId(row.callId) : null;
    });
  }

  /**
   * Counts the calls of a span of time by what became of them. Throws `BAD_USER_INPUT` for a span that ends
   * before it starts, or is longer than a year.
   */
  async summary(viewer: Viewer, { clientId, since, until }: SummarySpan): Promise<CallSummary> {
    checkSpan('', since, until);
    if (until.getTime() - since.getTime() > MAX_SPAN_MS)
      throw badArgument('since', 'A span of at most 366 days.');
    const query = this.#visible(viewer).andWhere('call.id < :end', { end: endOfSpan({ until }) });
    for (const condition of conditionsOfSpan({ since, until })) query.andWhere(condition);
    if (clientId !== null) query.andWhere({ clientId: In([clientId].filter(isId)) });
    const rows = await query
      .select(['call.status AS status', 'call.provider AS provider', 'COUNT(*) AS count'])
      .groupBy('call.status')
      .addGroupBy('call.provider')
      .orderBy('call.status')
      .addOrderBy('call.provider')
      .getRawMany<{ status: CallStatus; provider: Provider; count: number | string }>();
    const counts = rows.map((row) => ({ ...row, count: Number(row.count) }));
    return { since, until, total: counts.reduce((sum, { count }) => sum + count, 0), counts };
  }

  async #pathOf(viewer: Viewer, filter: CallListFilter): Promise<Path> {
    const { usual, ifFew } = pathsOf(viewer, filter);
    const ofAgency = this.#calls().where({ agencyId: viewer.agencyId });
    for (const path of ifFew) if (await hasFewer(this.database.read, ofAgency, path, FEW)) return path;
    return usual;
  }

  #visible(viewer: Viewer): Select<CallRow> {
    return this.#calls().where(visibleTo(viewer));
  }

  #calls(): Select<CallRow> {
    return this.database.read.createQueryBuilder(CallRow, 'call');
  }
}
