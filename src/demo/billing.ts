import { AgentRow } from '../agents/agent.entity';
import { RateRow } from '../billing/rate.entity';
import type { Database } from '../database/database';
import { ApiKeyRow } from '../keys/api-key.entity';
import { noteLateChange } from '../calls/late-change';
import { dayAfter, dayOf } from '../platform/calendar';
import { newId } from '../platform/ids';
import type { Ask } from './ask';
import { BRIGHTLINE, HARBOR_DENTAL } from './ids';
import { callOf } from './past-call';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Calls of so many days are there when the demo starts for the first time. */
const DAYS = 90;
const CALLS_OF_A_DAY = 3;

/**
 * Adds rates, the calls of the last months of one client, and the statement of a period that is final, when
 * the demo starts for the first time. What is past cannot be made through the API.
 */
export async function addBilling(database: Database, ask: Ask): Promise<void> {
  if (await database.read.existsBy(RateRow, { agencyId: BRIGHTLINE })) return;
  const now = new Date();
  const validFrom = new Date(now.getTime() - (DAYS + 10) * DAY_MS);
  const rates = [rateOf('AGENCY', 150_000, validFrom), rateOf('CLIENT', 40_000, validFrom)] as const;
  const agents = await database.read.findBy(AgentRow, { clientId: HARBOR_DENTAL });
  const keys = await database.read.findBy(ApiKeyRow, { ownerId: HARBOR_DENTAL, isSet: true });
  const calls = Array.from({ length: DAYS * CALLS_OF_A_DAY }, (_, number) => {
    const agent = agents[number % agents.length];
    const isOwn = keys.some(({ provider }) => provider === agent?.provider);
    const startedAt = new Date(now.getTime() - ((number + 1) * DAY_MS) / CALLS_OF_A_DAY - DAY_MS);
    return agent ? [callOf(agent, rates[isOwn ? 1 : 0], startedAt, number)] : [];
  }).flat();
  await database.write(async (tx) => {
    await tx.insertRows('rates', rates);
    const [first, ...others] = calls;
    if (first) await tx.insertRows('calls', [first, ...others]);
    // The days on which they started may have been counted by now.
    for (const call of calls) await noteLateChange(tx, call, call, now);
  });
  const { agency } = await ask('{ agency { timeZone } }');
  const today = dayOf(now, (agency as { timeZone: string }).timeZone);
  // The last month that can be final already, as an agency that bills by the month has made it.
  const to = dayAfter(firstOfMonth(dayAfter(today, -FINAL_AFTER_DAYS)), -1);
  const input = { clientId: HARBOR_DENTAL, from: firstOfMonth(to), to };
  await ask(
    'mutation ($input: FinalizeStatementInput!) { finalizeStatement(input: $input) { userErrors { code } } }',
    { input },
  );
}

/** So many days after its end, a period can be made final in every time zone. */
const FINAL_AFTER_DAYS = 5;

function firstOfMonth(day: string): string {
  return `${day.slice(0, 8)}01`;
}

function rateOf(keySource: RateRow['keySource'], priceMicros: number, validFrom: Date): RateRow {
  const place = { id: newId(), agencyId: BRIGHTLINE, clientId: null, keySource };
  const increments = { firstIncrementSeconds: 30, incrementSeconds: 6 };
  return { ...place, priceMicros, currency: 'USD', ...increments, validFrom, createdAt: validFrom };
}
