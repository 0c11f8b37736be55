import fc from 'fast-check';
import { CallFactsService } from '../../src/calls/call-facts.service';
import { newId } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { BRIGHTLINE, HARBOR } from '../demo-ids';
import { generator } from '../fixtures/canaries';
import { startTestApp, type TestApp } from '../harness';
import { SET_RATE, STATEMENT } from '../operations';
import { runs } from '../properties';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';

const TIME_LIMIT_MS = 600_000;
const CHANGES = 50;

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const january = () => running.data(STATEMENT, { clientId: HARBOR, from: '2026-01-01', to: '2026-01-31' });

async function storeRate(priceMicros: number): Promise<string> {
  const id = newId();
  const place = { agencyId: BRIGHTLINE, clientId: null, keySource: 'AGENCY', currency: 'USD' };
  const at = new Date('2025-01-01T00:00:00Z');
  const increments = { firstIncrementSeconds: 30, incrementSeconds: 6 };
  const row = { id, ...place, priceMicros, ...increments, validFrom: at, createdAt: at };
  await running.app.database.write((tx) => tx.insertRow('rates', row));
  return id;
}

test(
  'a change of rates moves no amount of an earlier call',
  async () => {
    const { numRuns: calls } = runs(100_000);
    const random = generator(15);
    const rateIds = await Promise.all([60_000, 123_457].map(storeRate));
    const begin = Date.parse('2026-01-02T00:00:00Z');
    const placed = Array.from({ length: calls }, () =>
      endedCall({
        startedAt: new Date(begin + Math.floor(random() * 28 * 86_400_000)),
        rateId: rateIds[Math.floor(random() * 2)] ?? null,
        durationMs: Math.floor(random() * 900_000),
      }),
    );
    await storeCalls(running.app, placed);
    const before = await january();
    for (let change = 0; change < CHANGES; change += 1) {
      const input = { keySource: 'AGENCY', pricePerMinute: String(change), currency: 'EUR' };
      await running.data(SET_RATE, { input: { ...input, ...(change % 2 === 0 && { clientId: HARBOR }) } });
      if (change % 10 === 9) expect(await january()).toEqual(before);
    }
  },
  TIME_LIMIT_MS,
);

test(
  'the order of events and their repetition change nothing that is owed',
  async () => {
    const rateId = await storeRate(60_000);
    const facts = new CallFactsService(tenantDatabase(running.app.database));
    const startedAt = new Date('2026-01-10T12:00:00Z');
    const cost = { micros: 70_000, currency: 'USD', figure: '0.07', unit: 'US_DOLLAR' as const };
    const ended = { status: 'COMPLETED', startedAt, endReason: 'HUNG_UP_BY_CALLEE' } as const;
    // What a provider sends later says all that it said before, or corrects it.
    const steps = [
      { status: 'IN_PROGRESS' as const, startedAt },
      { ...ended, durationMs: 61_000 },
      { ...ended, durationMs: 59_000 },
      { ...ended, durationMs: 59_000, cost },
    ];
    const told = steps.map((each, index) => ({
      each,
      origin: { source: 'EVENT' as const, knownAt: new Date(startedAt.getTime() + index * 1000) },
    }));
    const orders = fc
      .array(fc.nat(told.length - 1), { maxLength: 8 })
      .chain((repeated) =>
        fc.shuffledSubarray([...told.keys(), ...repeated], { minLength: told.length + repeated.length }),
      );
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const unknown = {
          status: 'QUEUED',
          durationMs: null,
          endReason: null,
          endedAt: null,
          knownAt: null,
        } as const;
        const noCost = {
          costStatus: 'PENDING',
          costMicros: null,
          costCurrency: null,
          costFigure: null,
          costUnit: null,
        } as const;
        const made = { ...endedCall({ startedAt, rateId }), ...unknown, ...noCost, startedAt: null };
        await running.app.database.write(async (tx) => {
          await tx.run('DELETE FROM calls WHERE clientId = ?', [HARBOR]);
          await tx.insertRow('calls', made);
        });
        for (const index of order) {
          const { each, origin } = told[index] ?? {
            each: {},
            origin: { source: 'EVENT', knownAt: startedAt },
          };
          await facts.apply(made.id, { ...NOTHING, ...each }, origin);
        }
        outcomes.add(JSON.stringify(await january()));
        expect(outcomes.size).toBe(1);
      }),
      runs(1_000),
    );
  },
  TIME_LIMIT_MS,
);
