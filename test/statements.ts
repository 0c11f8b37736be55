import type { App } from '../src/app';
import { CallRow } from '../src/calls/call.entity';
import { newId } from '../src/platform/ids';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT } from './demo-ids';

/** A call that has ended, at 30 seconds and without a rate unless the test says so. */
export function endedCall(call: Partial<CallRow> & { readonly startedAt: Date }): CallRow {
  const durationMs = call.durationMs ?? 30_000;
  return {
    id: newId(),
    agencyId: BRIGHTLINE,
    clientId: HARBOR,
    agentId: HARBOR_BLAND_AGENT,
    provider: 'BLAND',
    providerCallId: newId(),
    kind: 'LIVE',
    origin: 'PROVIDER',
    direction: 'INBOUND',
    status: 'COMPLETED',
    keySource: 'AGENCY',
    keyVersion: 1,
    keyOwnerId: BRIGHTLINE,
    isOtherAccount: false,
    otherOwnerId: null,
    resolvedAt: call.startedAt,
    rateId: null,
    receipt: null,
    toNumber: null,
    idempotencyDigest: null,
    variablesDigest: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    endedAt: new Date(call.startedAt.getTime() + durationMs),
    durationMs,
    endReason: 'HUNG_UP_BY_CALLEE',
    costStatus: 'KNOWN',
    costMicros: 10_000,
    costCurrency: 'USD',
    costFigure: '0.01',
    costUnit: 'US_DOLLAR',
    revision: 0,
    knownAt: call.startedAt,
    askAt: null,
    createdAt: call.startedAt,
    updatedAt: call.startedAt,
    ...call,
  };
}

/** Stores calls, a few hundred by a statement. */
export async function storeCalls({ database }: App, calls: readonly CallRow[]): Promise<void> {
  for (let first = 0; first < calls.length; first += 500) {
    const [one, ...others] = calls.slice(first, first + 500);
    if (one) await database.write((tx) => tx.insertRows('calls', [one, ...others]));
  }
}
