import fc from 'fast-check';
import { DataSource, LessThan } from 'typeorm';
import { v7 } from 'uuid';
import { migrations } from '../../migrations';
import { SumsOfUnknownDurations1764530000000 } from '../../migrations/1764530000000-sums-of-unknown-durations';
import { CallSumProgressRow } from '../../src/analytics/call-sum-progress.entity';
import { CallSumRow } from '../../src/analytics/call-sum.entity';
import { hourOf } from '../../src/analytics/hours';
import { CallFactsService } from '../../src/calls/call-facts.service';
import { CallRow } from '../../src/calls/call.entity';
import { noteLateChange } from '../../src/calls/late-change';
import { LateCallChangeRow } from '../../src/calls/late-change.entity';
import { dataSourceOptions } from '../../src/database/database';
import type { Persona } from '../../src/demo/seed';
import { entities } from '../../src/entities';
import { dayAfter, dayOf } from '../../src/platform/calendar';
import type { CallFacts } from '../../src/providers/call-facts';
import { tenantDatabase } from '../database';
import {
  BRIGHTLINE,
  CEDAR,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_AGENT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { byText, plainSums, type AskedAnalytics } from '../fixtures/plain-sums';
import { startTestApp, type TestApp } from '../harness';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';

/** So many random questions are asked; in the long run of the CI, more. */
const QUESTIONS = Number(process.env.ANALYTICS_QUESTIONS ?? 250);
/** So many of them follow each thing that happens. */
const QUESTIONS_A_STEP = 10;
const CALLS = 1_500;
const DAYS = 90;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const OTHER_AGENCY = '01900000-0000-7000-8000-000000000002';
const AGENTS = [
  [HARBOR_RETELL_AGENT, 'RETELL'],
  [HARBOR_VAPI_AGENT, 'VAPI'],
  [HARBOR_BLAND_AGENT, 'BLAND'],
] as const;

const QUERY = `query ($from: Date!, $to: Date!, $interval: AnalyticsInterval!, $splitBy: [AnalyticsSplit!], $clientId: ID) {
  callAnalytics(from: $from, to: $to, interval: $interval, splitBy: $splitBy, clientId: $clientId) { buckets {
    from client { id } agent { id } provider keySource calls connectedCalls seconds callsOfUnknownDuration providerCost { amount currency } callsOfUnknownCost } } }`;

interface Shown {
  readonly callAnalytics: {
    readonly buckets: readonly {
      readonly client: { readonly id: string } | null;
      readonly agent: { readonly id: string } | null;
      readonly calls: number;
      readonly seconds: number;
    }[];
  };
}

let running: TestApp;
const now = new Date();
const facts: CallFactsService[] = [];

/** The same numbers in every run. */
let state = 7;
const below = (count: number) => {
  state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((state / 2 ** 31) * count);
};
const oneOf = <T>(values: readonly T[]): T => values[below(values.length)] as T;

function randomCall() {
  // Many are of the last hours, which are not counted by days.
  const ago = below(3) === 0 ? below(2 * DAY_MS) : below(DAYS * DAY_MS);
  const createdAt = new Date(now.getTime() - ago);
  const isOthers = below(12) === 0;
  const [agentId, provider] = oneOf(AGENTS);
  const isKnown = below(4) > 0;
  const isOtherAccount = below(10) === 0;
  const startedAt = below(3) === 0 ? null : new Date(createdAt.getTime() + below(8 * 60_000));
  return {
    id: v7({ msecs: createdAt.getTime() }),
    agencyId: isOthers ? OTHER_AGENCY : BRIGHTLINE,
    clientId: isOthers ? OTHER_AGENCYS_CLIENT : oneOf([HARBOR, MAPLE, CEDAR, null]),
    agentId: isOthers ? OTHER_AGENCYS_AGENT : agentId,
    provider,
    kind: 'LIVE',
    origin: 'API',
    direction: 'OUTBOUND',
    status: 'COMPLETED',
    keySource: oneOf(['CLIENT', 'AGENCY', null] as const),
    isOtherAccount,
    otherOwnerId: isOtherAccount ? oneOf([BRIGHTLINE, HARBOR]) : null,
    keyVersion: 1,
    toNumber: '+14155550123',
    startedAt,
    durationMs: oneOf([null, 0, 1, 999, 1_000, 61_001]),
    costStatus: isKnown ? 'KNOWN' : oneOf(['PENDING', 'UNKNOWN'] as const),
    costMicros: isKnown ? below(90_000) : null,
    costCurrency: isKnown ? 'USD' : null,
    createdAt,
    updatedAt: createdAt,
  } as const;
}

beforeAll(async () => {
  running = await startTestApp();
  facts.push(new CallFactsService(tenantDatabase(running.app.database)));
  const calls = Array.from({ length: CALLS }, randomCall);
  await running.app.database.write(async (tx) => {
    for (let start = 0; start < CALLS; start += 250)
      await tx.insert(CallRow, calls.slice(start, start + 250));
  });
});
afterAll(() => running.close());

const stored = (agencyId = BRIGHTLINE) =>
  running.app.database.read.find(CallRow, { where: { agencyId }, order: { id: 'ASC' } });
const count = (at = new Date()) => running.app.upkeep.callCounting.work(at);

async function ask(
  asked: AskedAnalytics,
  as: Persona = 'agencyAdmin',
  instance = running,
): Promise<unknown[]> {
  const { callAnalytics } = await instance.data<Shown>(QUERY, asked, as);
  const shown = callAnalytics.buckets.map(({ client, agent, ...bucket }) => ({
    from: '',
    client: client?.id ?? null,
    agent: agent?.id ?? null,
    ...bucket,
  }));
  return byText(shown);
}

const today = dayOf(now, 'UTC');
const WHOLE: AskedAnalytics = {
  from: dayAfter(today, -300),
  to: dayAfter(today, 2),
  interval: 'TOTAL',
  splitBy: [],
  clientId: null,
};

/** The provider tells of a call that ended long ago. */
async function apply(
  call: CallRow,
  known: Partial<CallFacts>,
  knownAt = new Date(),
  service = facts[0],
): Promise<void> {
  const origin = { source: 'EVENT', knownAt } as const;
  await service?.apply(call.id, { ...NOTHING, status: call.status, ...known }, origin);
}

const setZone = (timeZone: string) =>
  running.data(
    'mutation ($timeZone: String!) { setAgencyTimeZone(input: { timeZone: $timeZone }) { agency { timeZone } } }',
    {
      timeZone,
    },
  );

const days = fc.integer({ min: -DAYS - 5, max: 2 }).map((offset) => dayAfter(today, offset));
const questions: fc.Arbitrary<AskedAnalytics> = fc
  .record({
    one: days,
    other: days,
    interval: fc.constantFrom('DAY', 'WEEK', 'MONTH', 'TOTAL'),
    splitBy: fc.subarray(['AGENT', 'CLIENT', 'PROVIDER', 'KEY_SOURCE'] as const),
    clientId: fc.constantFrom(null, null, HARBOR, MAPLE, OTHER_AGENCYS_CLIENT),
  })
  .map(({ one, other, ...rest }) => ({
    from: one < other ? one : other,
    to: one < other ? other : one,
    ...rest,
  }));

/** What happens between two questions. */
const STEPS = ['NOTHING', 'COUNT', 'COST', 'DURATION', 'START'] as const;
const ZONES = [
  ...['UTC', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu', 'Australia/Lord_Howe'],
  ...['America/Los_Angeles', 'Pacific/Kiritimati', 'Europe/Berlin'],
];
const step = fc.record({
  step: fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...STEPS) },
    { weight: 1, arbitrary: fc.constantFrom(...ZONES) },
  ),
  which: fc.nat(),
  size: fc.nat({ max: 60 * DAY_MS }),
});

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

/** What happens to the calls, which are kept as the database has them. */
async function take({ step: what, which, size }: Step, calls: CallRow[]): Promise<void> {
  const index = which % calls.length;
  const call = calls[index] as CallRow;
  // Instances count at different times, and each goes on from where another one has stopped.
  if (what === 'COUNT') return count(new Date(Date.now() - size));
  await change(what, call, size);
  calls[index] = await running.app.database.read.findOneByOrFail(CallRow, { id: call.id });
}

async function change(step: Step['step'], call: CallRow, size: number): Promise<void> {
  const cost = { micros: size % 100_000, currency: 'USD', figure: '1', unit: 'US_CENT' } as const;
  if (step === 'COST') await apply(call, { cost });
  if (step === 'DURATION') await apply(call, { durationMs: size % 600_000 });
  if (step === 'START')
    await apply(call, { startedAt: new Date(call.createdAt.getTime() + 2 * DAY_MS - size) });
}

describe('callAnalytics', () => {
  test(
    'answers random questions with what the calls themselves come to, whatever happens in between',
    async () => {
      const calls = await stored();
      let timeZone = 'UTC';
      await setZone(timeZone);
      let asked = 0;
      const property = fc.asyncProperty(
        step,
        fc.array(questions, { minLength: QUESTIONS_A_STEP, maxLength: QUESTIONS_A_STEP }),
        async (next, each) => {
          if (ZONES.includes(next.step)) await setZone((timeZone = next.step));
          else await take(next, calls);
          for (const question of each) {
            expect(await ask(question)).toEqual(plainSums(calls, timeZone, question));
            asked += 1;
          }
        },
      );
      // What has happened before a question cannot be left out, so that nothing smaller is looked for.
      await fc.assert(property, { numRuns: Math.ceil(QUESTIONS / QUESTIONS_A_STEP), endOnFailure: true });
      process.stdout.write(`${asked} random questions: ${expect.getState().currentTestName ?? ''}\n`);
      expect(calls).toEqual(await stored());
      const sums = running.app.database.read.countBy(CallSumRow, { agencyId: BRIGHTLINE });
      expect(await sums).toBeGreaterThan(0);
    },
    60_000 + QUESTIONS * 60,
  );

  test('reads no call of a day that is counted, and reads it again when a call of it has changed', async () => {
    await setZone('UTC');
    await count();
    const call = (await stored()).find(({ startedAt, createdAt }) => {
      const daysAgo = (now.getTime() - (startedAt ?? createdAt).getTime()) / DAY_MS;
      return daysAgo > 40 && daysAgo < DAYS - 10;
    });
    if (!call) throw new Error('There is no such call');
    const day = dayOf(call.startedAt ?? call.createdAt, 'UTC');
    const asked = { ...WHOLE, from: day, to: day };
    const before = await ask(asked);
    // Nobody but the product may do this: it shows that the sums are what is read.
    await running.app.database.write((tx) =>
      tx.run('UPDATE calls SET durationMs = 7000000 WHERE id = ?', [call.id]),
    );
    expect(await ask(asked)).toEqual(before);
    await apply(call, { durationMs: 5_000_000 });
    expect(await ask(asked)).toEqual(plainSums(await stored(), 'UTC', asked));
    await count();
    const earlier = LessThan(new Date(now.getTime() - 3 * DAY_MS));
    const notes = { agencyId: BRIGHTLINE, startAt: earlier };
    expect(await running.app.database.read.countBy(LateCallChangeRow, notes)).toBe(0);
    expect(await ask(asked)).toEqual(plainSums(await stored(), 'UTC', asked));
  });

  test('reads no call of an hour that is counted, and reads it again when a call of it has changed', async () => {
    // Somewhere it is the middle of a day, some hours of which are over.
    const zone = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'].find((each) => {
      const hour = hourOf(now, dayOf(now, each), each);
      return hour >= 7 && hour < 22;
    });
    await setZone(zone ?? '');
    const startedAt = new Date(now.getTime() - 5 * HOUR_MS);
    const id = v7({ msecs: startedAt.getTime() });
    const ofThen = { id, agencyId: BRIGHTLINE, startedAt, createdAt: startedAt };
    await running.app.database.write(async (tx) => {
      await tx.insertRow('calls', { ...randomCall(), ...ofThen, durationMs: 61_001 });
      await noteLateChange(tx, ofThen, ofThen, now);
    });
    await count();
    const day = dayOf(startedAt, zone ?? '');
    const asked = { ...WHOLE, from: day, to: day };
    const before = await ask(asked);
    expect(before).toEqual(plainSums(await stored(), zone ?? '', asked));
    await running.app.database.write((tx) =>
      tx.run('UPDATE calls SET durationMs = 7000000 WHERE id = ?', [id]),
    );
    expect(await ask(asked)).toEqual(before);
    const row = await running.app.database.read.findOneByOrFail(CallRow, { id });
    await apply(row, { durationMs: 5_000_000 });
    const after = plainSums(await stored(), zone ?? '', asked);
    expect(after).not.toEqual(before);
    expect(await ask(asked)).toEqual(after);
    await count();
    expect(await ask(asked)).toEqual(after);
    await setZone('UTC');
  });

  test('never loses a call, and never goes back, while calls change and two instances count them', async () => {
    const second = await running.another();
    try {
      const services = [...facts, new CallFactsService(tenantDatabase(second.app.database))];
      const old = (await stored()).slice(0, 40);
      const [before] = (await ask(WHOLE)) as Shown['callAnalytics']['buckets'];
      const changes = old.map((call, index) =>
        apply(
          call,
          { durationMs: (call.durationMs ?? 0) + 60_000 },
          new Date(Date.now() + 1_000),
          services[index % 2],
        ),
      );
      const progress = { isOver: false };
      const changed = Promise.all(changes).then(() => (progress.isOver = true));
      const seen: { calls: number; seconds: number }[] = [];
      while (!progress.isOver) {
        const [[one], [other]] = (await Promise.all([
          ask(WHOLE),
          ask(WHOLE, 'agencyAdmin', second),
          count(),
          second.app.upkeep.callCounting.work(),
        ])) as [Shown['callAnalytics']['buckets'], Shown['callAnalytics']['buckets'], ...unknown[]];
        for (const bucket of [one, other]) if (bucket) expect(bucket.calls).toBe(before?.calls);
        if (one) seen.push(one);
      }
      await changed;
      const seconds = seen.map((bucket) => bucket.seconds);
      expect(seconds).toEqual([...seconds].sort((one, other) => one - other));
      expect(await ask(WHOLE)).toEqual(plainSums(await stored(), 'UTC', WHOLE));
    } finally {
      await second.close();
    }
  });

  test('counts the days of another time zone from its own start of them on, at once', async () => {
    await count();
    await setZone('Asia/Kathmandu');
    const asked = { ...WHOLE, interval: 'DAY' as const };
    const expected = plainSums(await stored(), 'Asia/Kathmandu', asked);
    expect(await ask(asked)).toEqual(expected);
    await count();
    const progress = await running.app.database.read.findOneByOrFail(CallSumProgressRow, {
      agencyId: BRIGHTLINE,
    });
    expect(progress).toMatchObject({ timeZone: 'Asia/Kathmandu' });
    expect(await ask(asked)).toEqual(expected);
    await setZone('UTC');
  });

  test('says how many calls its seconds lack, also where an earlier version has summed them up', async () => {
    await count();
    await running.app.database.write((tx) => tx.run('UPDATE call_sums SET unknownDurations = 0', []));
    const options = dataSourceOptions(running.databaseUrl, { entities, migrations });
    const source = await new DataSource(options).initialize();
    const runner = source.createQueryRunner();
    for (const _ of ['for the first time', 'after it was killed'])
      await new SumsOfUnknownDurations1764530000000().up(runner);
    await runner.release();
    await source.destroy();
    const expected = plainSums(await stored(), 'UTC', WHOLE);
    const unknown = (await stored()).filter(({ durationMs }) => durationMs === null).length;
    expect(unknown).toBeGreaterThan(0);
    expect(expected).toMatchObject([{ callsOfUnknownDuration: unknown }]);
    expect(await ask(WHOLE)).toEqual(expected);
    await count();
    expect(await ask(WHOLE)).toEqual(expected);
  });

  test('shows an agency nothing of another one', async () => {
    const own = (await stored()).length;
    const others = (await stored(OTHER_AGENCY)).length;
    expect(await ask(WHOLE)).toMatchObject([{ calls: own }]);
    expect(await ask(WHOLE, 'otherAgencyAdmin')).toMatchObject([{ calls: others }]);
    for (const clientId of [OTHER_AGENCYS_CLIENT, NEVER_GIVEN_OUT, 'no id'])
      expect(await ask({ ...WHOLE, clientId })).toEqual([]);
  });

  test('shows portal users the calls of their own client alone, and nobody but admins any money', async () => {
    const calls = await stored();
    const noMoney = { providerCost: null, callsOfUnknownCost: 0 };
    expect(await ask(WHOLE, 'agencyMember')).toMatchObject([{ calls: calls.length, ...noMoney }]);
    const own = calls.filter(({ clientId }) => clientId === HARBOR).length;
    expect(await ask(WHOLE, 'portalUser')).toMatchObject([{ calls: own, ...noMoney }]);
    expect(await ask({ ...WHOLE, clientId: MAPLE }, 'portalUser')).toEqual([]);
    for (const persona of ['agencyMember', 'portalUser'] as const) {
      const { errors } = await running.ask(persona, QUERY, { ...WHOLE, splitBy: ['KEY_SOURCE'] });
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    }
  });

  test('refuses to say more seconds than the API can say, instead of saying them wrong', async () => {
    const startedAt = new Date('2026-01-10T12:00:00Z');
    const week = { startedAt, createdAt: startedAt, agencyId: OTHER_AGENCY, durationMs: 604_800_000 };
    const calls = Array.from({ length: 3_551 }, () => ({
      ...endedCall(week),
      id: v7({ msecs: +startedAt }),
    }));
    await storeCalls(running.app, calls);
    const { errors } = await running.ask('otherAgencyAdmin', QUERY, {
      ...WHOLE,
      from: '2026-01-01',
      to: '2026-01-31',
    });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['LIMIT_EXCEEDED']);
  });

  test.each([
    ['ends before it starts', { from: '2026-02-02', to: '2026-02-01' }, 'BAD_USER_INPUT'],
    ['is longer than 366 days', { from: '2026-01-01', to: '2027-01-02' }, 'BAD_USER_INPUT'],
    ['begins before times are known', { from: '1970-01-01', to: '1970-01-02' }, 'BAD_USER_INPUT'],
    ['begins on no day of the calendar', { from: '2026-02-30', to: '2026-03-01' }, 'BAD_USER_INPUT'],
  ])('refuses a period that %s', async (_case, period, code) => {
    const { errors } = await running.ask('agencyAdmin', QUERY, { ...WHOLE, ...period });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });
});
