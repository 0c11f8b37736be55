import Big from 'big.js';
import fc from 'fast-check';
import { RateRow } from '../../src/billing/rate.entity';
import { billedSeconds } from '../../src/billing/rating';
import { canonical, sha256Of, type StatementForm } from '../../src/billing/statement-form';
import { LateCallRow } from '../../src/billing/late-call.entity';
import { StatementRow } from '../../src/billing/statement.entity';
import { CallFactsService } from '../../src/calls/call-facts.service';
import { CallRow } from '../../src/calls/call.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { dayAfter, dayOf, type Day } from '../../src/platform/calendar';
import { newId } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { BRIGHTLINE, HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, FINALIZE, SET_RATE, type UserErrors } from '../operations';
import { runs } from '../properties';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';

const DAY_MS = 24 * 60 * 60 * 1000;
const TIME_LIMIT_MS = 900_000;
/** The periods that are billed begin so long ago, and each has so many days. */
const [DAYS_AGO, DAYS, PERIODS] = [120, 10, 8];
const FIRST = dayAfter(dayOf(new Date(), 'UTC'), -DAYS_AGO);
const SOURCES = ['AGENCY', 'CLIENT'] as const;
const ZONES = ['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Pacific/Auckland'] as const;

let running: TestApp;
const facts: CallFactsService[] = [];
const rateIds: string[] = [];
let told = Date.now();
beforeAll(async () => {
  running = await startTestApp();
  facts.push(new CallFactsService(tenantDatabase(running.app.database)));
  for (const keySource of SOURCES) {
    const id = newId();
    rateIds.push(id);
    const validFrom = new Date(Date.now() - 400 * DAY_MS);
    const place = { id, agencyId: BRIGHTLINE, clientId: null, keySource, validFrom, createdAt: validFrom };
    const price = { priceMicros: 123_457, currency: 'USD', firstIncrementSeconds: 30, incrementSeconds: 6 };
    await running.app.database.write((tx) => tx.insertRow('rates', { ...place, ...price }));
  }
});
afterAll(() => running.close());

const rowsOf = () => running.app.database.read.find(StatementRow, { order: { number: 'ASC' } });
const callsOf = () => running.app.database.read.find(CallRow, { where: { clientId: HARBOR } });

const periodOf = (index: number) => {
  const from = dayAfter(FIRST, index * DAYS);
  return { from, to: dayAfter(from, DAYS - 1) };
};

async function finalize(period: { from: Day; to: Day }, instance = running): Promise<void> {
  const { finalizeStatement } = await instance.data<{ finalizeStatement: UserErrors }>(FINALIZE, {
    input: { clientId: HARBOR, ...period },
  });
  expect(codes(finalizeStatement)).toEqual([]);
}

/** A provider says something of a call that it has not said before. */
async function tell(id: string, known: object, service = facts[0]): Promise<void> {
  told += 1_000;
  const all = { ...NOTHING, status: 'COMPLETED' as const, endReason: 'HUNG_UP_BY_CALLEE' as const, ...known };
  await service?.apply(id, all, { source: 'EVENT', knownAt: new Date(told) });
}

const step = fc.record({
  what: fc.constantFrom(
    'CORRECT',
    'CORRECT',
    'MOVE',
    'COST',
    'NEW',
    'FINAL',
    'FINAL',
    'RATE',
    'ZONE',
    'NAME',
  ),
  which: fc.nat(),
  seconds: fc.integer({ min: 0, max: 4_000 }),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
});
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

const timeOf = (at: number) => new Date(Date.parse(FIRST) + Math.floor(at * PERIODS * DAYS * DAY_MS));

async function take({ what, which, seconds, at }: Step, final: { count: number }): Promise<void> {
  const calls = await callsOf();
  const call = calls[which % calls.length];
  if (what === 'CORRECT' && call) await tell(call.id, { durationMs: seconds * 999 });
  if (what === 'MOVE' && call) await tell(call.id, { startedAt: timeOf(at), durationMs: call.durationMs });
  const cost = { micros: seconds, currency: 'USD', figure: '1', unit: 'US_DOLLAR' } as const;
  if (what === 'COST' && call) await tell(call.id, { cost, durationMs: call.durationMs });
  if (what === 'NEW') {
    // It is heard of only now, though it started long ago.
    const source = which % 2;
    const place = { keySource: SOURCES[source] ?? null, rateId: rateIds[source] ?? null };
    // Of some, the agency's account carried what was the client's to carry, or the other way round.
    const isOtherAccount = which % 3 === 0;
    const other = {
      isOtherAccount,
      otherOwnerId: isOtherAccount ? ([HARBOR, BRIGHTLINE][source] ?? null) : null,
    };
    const made = endedCall({ startedAt: new Date(), ...place, ...other });
    await storeCalls(running.app, [{ ...made, startedAt: null, durationMs: null, knownAt: null }]);
    await tell(made.id, { startedAt: timeOf(at), durationMs: seconds * 1_000 });
  }
  if (what === 'FINAL' && final.count < PERIODS) await finalize(periodOf(final.count++));
  const price = { pricePerMinute: String(seconds), currency: 'EUR' };
  if (what === 'RATE') await running.data(SET_RATE, { input: { keySource: SOURCES[which % 2], ...price } });
  const timeZone = ZONES[which % ZONES.length] ?? 'UTC';
  if (what === 'ZONE')
    await running.app.database.write((tx) => tx.updateRow('agencies', { timeZone }, { id: BRIGHTLINE }));
  if (what === 'NAME')
    await running.app.database.write((tx) =>
      tx.update(ClientRow, { id: HARBOR }, { name: `Harbor ${which}` }),
    );
}

/** What the calls of a statement's period come to now for each rate, by the oracle. */
async function owed({ startsAt, endsAt }: StatementRow): Promise<Map<string, string>> {
  const rates = await running.app.database.read.find(RateRow, {});
  const sums = new Map<string, number>();
  for (const { startedAt, createdAt, rateId, durationMs } of await callsOf()) {
    const start = startedAt ?? createdAt;
    const rate = rates.find(({ id }) => id === rateId);
    if (!rate || start < startsAt || start >= endsAt) continue;
    sums.set(rate.id, (sums.get(rate.id) ?? 0) + billedSeconds(durationMs ?? 0, rate));
  }
  const amountOf = (seconds: number) =>
    Big(seconds).times('0.123457').div(60).round(2, Big.roundHalfUp).toFixed(2);
  return new Map([...sums].map(([id, seconds]) => [id, `${seconds} s, ${amountOf(seconds)}`]));
}

/** What the final statements say together of one of them: its own lines, and all that adjust it. */
function billed(forms: readonly StatementForm[], number: number): Map<string, string> {
  const lines = forms.flatMap((form) =>
    form.lines.filter(({ adjusts }) => (form.number === number ? adjusts === null : adjusts === number)),
  );
  const sums = new Map<string, { seconds: number; amount: Big }>();
  for (const { rateId, billedSeconds: seconds, amount } of lines) {
    const before = sums.get(rateId ?? '') ?? { seconds: 0, amount: Big(0) };
    sums.set(rateId ?? '', { seconds: before.seconds + seconds, amount: before.amount.plus(amount.amount) });
  }
  const texts = [...sums].map(
    ([id, { seconds, amount }]) => [id, `${seconds} s, ${amount.toFixed(2)}`] as const,
  );
  return new Map(texts);
}

/** What the providers take for the calls of a statement's period, as it is known now, in millionths. */
async function costOf({ startsAt, endsAt }: StatementRow): Promise<number[]> {
  const calls = (await callsOf()).filter(({ startedAt, createdAt }) => {
    const start = startedAt ?? createdAt;
    return start >= startsAt && start < endsAt;
  });
  const bearerOf = ({ keySource, isOtherAccount, otherOwnerId }: CallRow) =>
    isOtherAccount ? (otherOwnerId === BRIGHTLINE ? 'AGENCY' : 'CLIENT') : keySource;
  return SOURCES.map((source) =>
    calls.reduce((sum, call) => sum + (bearerOf(call) === source ? (call.costMicros ?? 0) : 0), 0),
  );
}

/** What the final statements say together of the costs of one of them, in millionths. */
function billedCosts(forms: readonly StatementForm[], number: number): number[] {
  const costs = forms.flatMap((form) =>
    (form.costs ?? []).filter(({ adjusts }) =>
      form.number === number ? adjusts === null : adjusts === number,
    ),
  );
  return (['ofAgency', 'ofClient'] as const).map((account) =>
    costs
      .flatMap((each) => each[account])
      .reduce((sum, { amount }) => sum.plus(amount), Big(0))
      .times(1_000_000)
      .toNumber(),
  );
}

const ofSomething = (sums: ReadonlyMap<string, string>) =>
  [...sums].filter(([, text]) => text !== '0 s, 0.00').sort();

/** Each statement is as it was hashed, and what all of them say of its period is what is owed for it. */
async function expectEachBilledOnce(): Promise<StatementForm[]> {
  const rows = await rowsOf();
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_row, index) => index + 1));
  const forms = rows.map(({ body }) => JSON.parse(body) as StatementForm);
  for (const [index, row] of rows.entries()) {
    expect(canonical(forms[index])).toBe(row.body);
    expect(sha256Of(row.body)).toBe(row.sha256);
    const said = ofSomething(billed(forms, row.number));
    expect([row.number, said]).toEqual([row.number, ofSomething(await owed(row))]);
    expect([row.number, billedCosts(forms, row.number)]).toEqual([row.number, await costOf(row)]);
  }
  return forms;
}

async function begin(): Promise<void> {
  await running.app.database.write(async (tx) => {
    for (const table of ['calls', 'statements', 'late_calls']) await tx.run(`DELETE FROM ${table}`, []);
  });
}

test(
  'whatever becomes known, no final statement changes, and all together bill each period once, as it is known last',
  async () => {
    let adjustments = 0;
    const property = fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 25 }), async (steps) => {
      await begin();
      const first = [0.05, 0.3, 0.6].map((at, index) =>
        endedCall({
          startedAt: timeOf(at),
          rateId: rateIds[index % 2] ?? null,
          keySource: SOURCES[index % 2] ?? null,
        }),
      );
      await storeCalls(running.app, first);
      const final = { count: 0 };
      let before: readonly StatementRow[] = [];
      for (const each of steps) {
        await take(each, final);
        const rows = await rowsOf();
        expect(rows.slice(0, before.length)).toEqual(before);
        before = rows;
      }
      // The last one takes up all that is left.
      while (final.count < PERIODS) await finalize(periodOf(final.count++));
      await finalize(periodOf(PERIODS));
      const forms = await expectEachBilledOnce();
      adjustments += forms.flatMap(({ lines }) => lines.filter(({ adjusts }) => adjusts !== null)).length;
      expect(await running.app.database.read.count(LateCallRow)).toBe(0);
    });
    const tried = runs(200);
    await fc.assert(property, { ...tried, endOnFailure: true });
    process.stdout.write(`${adjustments} lines that adjust earlier statements\n`);
    expect(adjustments).toBeGreaterThan(0);
  },
  TIME_LIMIT_MS,
);

test(
  'statements that are made final on two instances while providers correct their calls bill each period once',
  async () => {
    await begin();
    const second = await running.another();
    try {
      const services = [...facts, new CallFactsService(tenantDatabase(second.app.database))];
      const placed = Array.from({ length: 40 }, (_each, index) =>
        endedCall({ startedAt: timeOf(index / 40), rateId: rateIds[0] ?? null, durationMs: 60_000 }),
      );
      await storeCalls(running.app, placed);
      const finals = (async () => {
        for (let index = 0; index < PERIODS; index += 1)
          await Promise.all([running, second].map((instance) => finalize(periodOf(index), instance)));
      })();
      const corrections = placed.map(async ({ id }, index) => {
        for (let time = 1; time <= 5; time += 1)
          await tell(id, { durationMs: 60_000 + time * (index + 1) * 1_000 }, services[(index + time) % 2]);
      });
      await Promise.all([finals, ...corrections]);
      await finalize(periodOf(PERIODS));
      const forms = await expectEachBilledOnce();
      expect(forms).toHaveLength(PERIODS + 1);
    } finally {
      await second.close();
    }
  },
  TIME_LIMIT_MS,
);
