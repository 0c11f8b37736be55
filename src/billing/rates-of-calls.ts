import type { Reader } from '../database/transaction';
import type { KeySource } from '../keys/chain';
import { rateInForce } from './rate-in-force';

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
