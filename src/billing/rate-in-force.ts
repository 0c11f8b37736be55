import { In } from 'typeorm';
import { partsOf } from '../database/raw';
import type { Reader } from '../database/transaction';
import type { KeySource } from '../keys/chain';
import { RateRow } from './rate.entity';

/** Reads rates of an agency by their ids, of which there may be many. */
export async function readRates(read: Reader, agencyId: string, ids: readonly string[]): Promise<RateRow[]> {
  const rates: RateRow[] = [];
  for (const some of partsOf(ids)) rates.push(...(await read.findBy(RateRow, { agencyId, id: In(some) })));
  return rates;
}

/** What decides which rate a call has. */
export interface RateQuestion {
  readonly agencyId: string;
  /** The client that pays. */
  readonly clientId: string;
  readonly keySource: KeySource;
}

// One look into `rates_in_force` for the client's own rate, and one for the agency's default.
const newest = (ofClient: string) => `(SELECT id FROM rates
WHERE agencyId = ? AND keySource = ? AND ${ofClient} AND validFrom <= ? ORDER BY validFrom DESC, id DESC LIMIT 1)`;
const IN_FORCE = `SELECT COALESCE(${newest('clientId = ?')}, ${newest('clientId IS NULL')}) AS id`;

/**
 * Returns the id of the rate that is valid at an instant: the client's own, or else the agency's default.
 * Of two versions that are valid from the same instant, the later one counts. Null where there is none.
 */
export async function rateInForce(
  read: Reader,
  { agencyId, clientId, keySource }: RateQuestion,
  at: Date,
): Promise<string | null> {
  const [rate] = await read.rows<{ id: string | null }>(IN_FORCE, [
    ...[agencyId, keySource, clientId, at],
    ...[agencyId, keySource, at],
  ]);
  return rate?.id ?? null;
}

/** Whether a call of this client on this key source would have a rate at an instant. */
export async function hasRate(read: Reader, question: RateQuestion, at: Date): Promise<boolean> {
  return (await rateInForce(read, question, at)) !== null;
}
