import { requireAdmin } from '../access/context';
import { visibleTo } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { noteChangeOfAll } from '../agencies/changed-owner';
import type { AuditTrail } from '../audit/audit-trail';
import { lockActiveClient } from '../clients/active-client';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import type { UserError } from '../graphql/user-error';
import { isId } from '../platform/ids';
import { millionthsText } from '../platform/decimal';
import { inOrderOf } from '../platform/rows-by-id';
import { hasCallAt } from './period-calls';
import { RateRow } from './rate.entity';
import { readRates } from './rate-in-force';
import { checkRate, priceMicrosOf, type NewRate } from './rate-input';

export interface RateResult {
  readonly rate: RateRow | null;
  readonly userErrors: readonly UserError[];
}

/** What clients pay per minute. Rates are versions: none is changed, removed, or applied backwards. */
export class RateService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /** Lists the versions in the order in which they were set. */
  list(viewer: Viewer, args: PageArgs, clientId: string | null): Promise<Page<RateRow>> {
    requireAdmin(viewer);
    const { read } = this.database;
    const query = read.createQueryBuilder(RateRow, 'rate').where(visibleTo(viewer));
    if (clientId !== null)
      query.andWhere('rate.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    return readPage(read, query, args, 'ASC', clientId === null ? 'rates_by_agency' : 'rates_by_client');
  }

  /** Finds rates of the agency. Only what shows them to the viewer already leads to them. */
  async findMany({ agencyId }: Viewer, ids: readonly string[]): Promise<(RateRow | null)[]> {
    return inOrderOf(ids, await readRates(this.database.read, agencyId, ids.filter(isId)));
  }

  /** Finds rates as the viewer sees them anywhere: a portal user those on the statements of its client. */
  async findSeen(viewer: Viewer, ids: readonly string[]): Promise<(RateRow | null)[]> {
    const rates = await this.findMany(viewer, ids);
    const { clientId } = viewer;
    if (clientId === null) return rates;
    return Promise.all(
      rates.map(async (rate) =>
        rate && (await hasCallAt(this.database.read, clientId, rate)) ? rate : null,
      ),
    );
  }

  /** Adds a version, which is valid from now or later. Calls that have started keep the rate they have. */
  async set(viewer: Viewer, input: NewRate): Promise<RateResult> {
    requireAdmin(viewer);
    return this.database.write(viewer, async (tx) => {
      const client = input.clientId == null ? null : await lockActiveClient(tx, viewer, input.clientId);
      // The lock may have been waited for: from when a rate is valid is said after that.
      const now = new Date();
      const userErrors = [...(client && 'code' in client ? [client] : []), ...checkRate(input, now)];
      if (userErrors.length > 0) return { rate: null, userErrors };
      const rate = rowOf(viewer.agencyId, tx.lastingId(), input, now);
      await tx.insert(RateRow, rate);
      // An agency that begins to set rates has alerts for clients that have none, from then on.
      await noteChangeOfAll(tx, viewer.agencyId, rate.validFrom);
      await this.audit.record(tx, viewer, { type: 'RATE_SET', ...eventOf(rate) });
      return { rate, userErrors };
    });
  }
}

function rowOf(agencyId: string, id: string, input: NewRate, now: Date): RateRow {
  return {
    id,
    agencyId,
    clientId: input.clientId ?? null,
    keySource: input.keySource,
    priceMicros: priceMicrosOf(input.pricePerMinute) ?? 0,
    currency: input.currency,
    firstIncrementSeconds: input.firstIncrementSeconds ?? 1,
    incrementSeconds: input.incrementSeconds ?? 1,
    validFrom: input.validFrom ?? now,
    createdAt: now,
  };
}

function eventOf({ id: rateId, clientId, keySource, priceMicros, currency, ...rate }: RateRow) {
  const { firstIncrementSeconds, incrementSeconds, validFrom } = rate;
  return {
    rateId,
    clientId,
    keySource,
    pricePerMinute: millionthsText(priceMicros),
    currency,
    firstIncrementSeconds,
    incrementSeconds,
    validFrom: validFrom.toISOString(),
  };
}
