import { In } from 'typeorm';
import type { TenantDatabase } from '../access/tenant-database';
import { findOwnMany, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { readPage } from '../database/pages';
import type { Select } from '../database/transaction';
import { badArgument } from '../graphql/errors';
import type { Page, PageArgs } from '../graphql/page';
import { isId } from '../platform/ids';
import type { Provider } from '../providers';
import type { CallStatus } from '../providers/call-facts';
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

// The databases put other times into another order than they have, or refuse them.
const FIRST_TIME = new Date(0);
const LAST_TIME = new Date('9999-12-31T23:59:59.999Z');
const MAX_SPAN_MS = 366 * 24 * 60 * 60 * 1000;

export interface CallListFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  /** Only calls of which anything changed at this time or later are listed. */
  readonly updatedSince: Date | null;
}

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

  list(viewer: Viewer, args: PageArgs, filter: CallListFilter): Promise<Page<CallRow>> {
    const query = this.#visible(viewer);
    if (filter.clientId !== null) query.andWhere({ clientId: In([filter.clientId].filter(isId)) });
    if (filter.agentId !== null) query.andWhere({ agentId: In([filter.agentId].filter(isId)) });
    const { updatedSince } = filter;
    if (updatedSince !== null)
      query.andWhere('call.updatedAt >= :updatedSince', {
        updatedSince: checkTime('updatedSince', updatedSince),
      });
    return readPage(this.database.read, query, args, 'DESC', indexFor(viewer, filter));
  }

  /**
   * Counts the calls of a span of time by what became of them. Throws `BAD_USER_INPUT` for a span that ends
   * before it starts, or is longer than a year.
   */
  async summary(viewer: Viewer, { clientId, since, until }: SummarySpan): Promise<CallSummary> {
    checkTime('since', since);
    checkTime('until', until);
    if (since > until) throw badArgument('since', '`since` is not after `until`.');
    if (until.getTime() - since.getTime() > MAX_SPAN_MS)
      throw badArgument('since', 'A span of at most 366 days.');
    const query = this.#visible(viewer).andWhere('call.createdAt >= :since AND call.createdAt < :until', {
      since,
      until,
    });
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

  #visible(viewer: Viewer): Select<CallRow> {
    return this.database.read.createQueryBuilder(CallRow, 'call').where(visibleTo(viewer));
  }
}

/** The index in which the fewest calls have to be looked at. */
function indexFor(viewer: Viewer, { agentId, clientId, updatedSince }: CallListFilter): string {
  if (agentId !== null) return 'calls_by_agent';
  if (clientId !== null || viewer.clientId !== null) return 'calls_by_client';
  return updatedSince === null ? 'calls_by_agency' : 'calls_by_update';
}

/** Throws `BAD_USER_INPUT` for a time that no database keeps as it is. */
function checkTime(argument: string, time: Date): Date {
  if (time < FIRST_TIME || time > LAST_TIME) throw badArgument(argument, 'A time from 1970 to 9999.');
  return time;
}
