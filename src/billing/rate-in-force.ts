import { In } from 'typeorm';
import { filledUp, partsOf, placeholders } from '../database/raw';
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

/**
 * Returns the rate that a call keeps which starts now. There is none for a call of no client, for which
 * nobody pays, or without a key.
 */
export async function rateOfCall(
  read: Reader,
  call: { readonly agencyId: string; readonly clientId: string | null; readonly keySource: KeySource | null },
  at: Date,
): Promise<string | null> {
  const { agencyId, clientId, keySource } = call;
  return clientId === null || keySource === null
    ? null
    : rateInForce(read, { agencyId, clientId, keySource }, at);
}

/** What decides which rate a call keeps, and when it started. */
export interface StartedCall {
  readonly agencyId: string;
  readonly clientId: string | null;
  readonly keySource: KeySource | null;
  readonly startedAt: Date;
}

/**
 * Returns the rates of several calls. Rates only ever follow each other, so that one that is valid when the
 * first call of a client starts, and when its last one does, is that of all its calls.
 */
export async function ratesOfCalls(
  read: Reader,
  calls: readonly StartedCall[],
): Promise<ReadonlyMap<StartedCall, string | null>> {
  const groups = new Map<string, StartedCall[]>();
  for (const call of calls) {
    const name = [call.agencyId, call.clientId, call.keySource].join(' ');
    groups.set(name, [...(groups.get(name) ?? []), call]);
  }
  const rates = new Map<StartedCall, string | null>();
  for (const group of groups.values()) {
    const inOrder = group.sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
    const [first, last] = [inOrder[0], inOrder.at(-1)];
    if (!first || !last) continue;
    const before = await rateOfCall(read, first, first.startedAt);
    const isOne = first === last || before === (await rateOfCall(read, last, last.startedAt));
    for (const call of group) rates.set(call, isOne ? before : await rateOfCall(read, call, call.startedAt));
  }
  return rates;
}

/**
 * Returns for each of these clients the key sources of which it has a rate at an instant, by two statements.
 * A client is not in it where its agency has no rate at all, and so does not let Latchkey count what its
 * clients owe. `agencyOf` has the agency of each client.
 */
export async function ratedSources(
  read: Reader,
  agencyOf: ReadonlyMap<string, string>,
  at: Date,
): Promise<ReadonlyMap<string, ReadonlySet<KeySource>>> {
  if (agencyOf.size === 0) return new Map();
  const agencyIds = filledUp([...new Set(agencyOf.values())]);
  const clientIds = filledUp([...agencyOf.keys()]);
  const ofAgencies = `FROM rates WHERE agencyId IN (${placeholders(agencyIds)}) AND validFrom <= ?`;
  // An agency may have rates of its other clients alone.
  const withRates = await read.rows<{ agencyId: string }>(`SELECT DISTINCT agencyId ${ofAgencies}`, [
    ...agencyIds,
    at,
  ]);
  const rates = await read.rows<{ agencyId: string; clientId: string | null; keySource: KeySource }>(
    `SELECT DISTINCT agencyId, clientId, keySource ${ofAgencies}
AND (clientId IS NULL OR clientId IN (${placeholders(clientIds)}))`,
    [...agencyIds, at, ...clientIds],
  );
  const rated = [...agencyOf].filter(([, agencyId]) => withRates.some((row) => row.agencyId === agencyId));
  return new Map(
    rated.map(([id, agencyId]) => {
      const own = rates.filter(
        (rate) => rate.agencyId === agencyId && (rate.clientId === null || rate.clientId === id),
      );
      return [id, new Set(own.map(({ keySource }) => keySource))];
    }),
  );
}
