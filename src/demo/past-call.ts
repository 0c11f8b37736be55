import type { AgentRow } from '../agents/agent.entity';
import type { RateRow } from '../billing/rate.entity';
import type { CallRow } from '../calls/call.entity';
import { leastIdOf } from '../platform/ids';
import { BRIGHTLINE, HARBOR_DENTAL } from './ids';

/** By these the seconds of a call are chosen, in turns. */
const SECONDS = [184, 47, 0, 312, 95, 61, 12, 128, 1440, 33];
const COST_MICROS_PER_SECOND = 1_300;

export function callOf(agent: AgentRow, rate: RateRow, startedAt: Date, number: number) {
  const seconds = SECONDS[number % SECONDS.length] ?? 0;
  const isConnected = seconds > 0;
  const costMicros = seconds * COST_MICROS_PER_SECOND;
  return {
    id: `${leastIdOf(startedAt).slice(0, 24)}${number.toString(16).padStart(12, '0')}`,
    agencyId: BRIGHTLINE,
    clientId: HARBOR_DENTAL,
    agentId: agent.id,
    provider: agent.provider,
    providerCallId: `demo_past_${number}`,
    kind: 'LIVE',
    origin: 'PROVIDER',
    direction: 'INBOUND',
    status: isConnected ? 'COMPLETED' : 'NO_ANSWER',
    keySource: rate.keySource,
    keyVersion: 1,
    keyOwnerId: rate.keySource === 'CLIENT' ? HARBOR_DENTAL : BRIGHTLINE,
    isOtherAccount: false,
    rateId: rate.id,
    startedAt,
    endedAt: new Date(startedAt.getTime() + seconds * 1000),
    durationMs: seconds * 1000,
    endReason: isConnected ? 'HUNG_UP_BY_CALLEE' : null,
    costStatus: 'KNOWN',
    costMicros,
    costCurrency: 'USD',
    costFigure: String(costMicros / 1_000_000),
    costUnit: 'US_DOLLAR',
    revision: 0,
    createdAt: startedAt,
    updatedAt: startedAt,
  } satisfies Partial<CallRow>;
}
