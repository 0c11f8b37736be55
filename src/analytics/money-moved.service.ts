import { requireAdmin } from '../access/context';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { rateInForce } from '../billing/rate-in-force';
import type { KeySource } from '../keys/chain';
import type { KeyOwner } from '../keys/place';
import type { Provider } from '../providers';
import { callsOf } from './statements';

/** A change of who pays for the calls of an owner's agents at a provider. */
export interface ChangeOfPayer {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  readonly payerBefore: KeySource | null;
  readonly payerAfter: KeySource | null;
}

/** What such a change moves, by the calls of the last days. */
export interface MovedMoney extends Pick<ChangeOfPayer, 'payerBefore' | 'payerAfter'> {
  readonly seconds: number;
  /** In millionths of each currency. */
  readonly costs: ReadonlyMap<string, number>;
  readonly unknownCosts: number;
  readonly callsOfUnknownDuration: number;
  readonly rateMissing: boolean;
}

export const MONEY_MOVED_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Row {
  readonly currency: string | null;
  readonly seconds: number | string;
  readonly costMicros: number | string;
  readonly unknownCosts: number | string;
  readonly unknownDurations: number | string;
}

/** Tells what a change of keys moves from one account to another. */
export class MoneyMovedService {
  constructor(private readonly database: Pick<TenantDatabase, 'read'>) {}

  /** The result is null where nobody else pays than before. */
  async of(viewer: Viewer, change: ChangeOfPayer, now = new Date()): Promise<MovedMoney | null> {
    requireAdmin(viewer);
    const { owner, provider, payerBefore, payerAfter } = change;
    if (payerBefore === payerAfter) return null;
    const clientId = owner.type === 'CLIENT' ? owner.id : null;
    const start = new Date(now.getTime() - MONEY_MOVED_DAYS * DAY_MS);
    const span = { segments: [{ start, period: '' }], until: now } as const;
    const paid = { agencyId: owner.agencyId, clientId, provider, keySource: payerBefore };
    const { sql, values } = callsOf(this.database.read, paid, span);
    const rows = await this.database.read.rows<Row>(sql, values);
    return { payerBefore, payerAfter, ...totalOf(rows), rateMissing: await this.#lacksRate(change, now) };
  }

  // An agency's key pays for many clients: what counts is the rate of those that have none of their own.
  async #lacksRate({ owner, payerAfter: keySource }: ChangeOfPayer, now: Date): Promise<boolean> {
    if (keySource === null) return false;
    const question = { agencyId: owner.agencyId, clientId: owner.id, keySource };
    return (await rateInForce(this.database.read, question, now)) === null;
  }
}

function totalOf(rows: readonly Row[]): Omit<MovedMoney, 'payerBefore' | 'payerAfter' | 'rateMissing'> {
  const costs = new Map<string, number>();
  for (const { currency, costMicros } of rows)
    if (currency !== null) costs.set(currency, (costs.get(currency) ?? 0) + Number(costMicros));
  const sum = (column: 'seconds' | 'unknownCosts' | 'unknownDurations') =>
    rows.reduce((total, row) => total + Number(row[column]), 0);
  return {
    costs,
    seconds: sum('seconds'),
    unknownCosts: sum('unknownCosts'),
    callsOfUnknownDuration: sum('unknownDurations'),
  };
}
