import { CallFactsService } from '../../src/calls/call-facts.service';
import { CallRow } from '../../src/calls/call.entity';
import { CallRevisionRow } from '../../src/calls/call-revision.entity';
import type { CallFacts } from '../../src/providers/call-facts';
import { generator } from '../fixtures/canaries';
import { tenantDatabase } from '../database';
import { HARBOR_RETELL_AGENT, NEVER_GIVEN_OUT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';
import { NOTHING } from '../providers/fixtures';
import { json, Loopback } from '../providers/loopback';

const START = Date.parse('2026-09-21T12:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000);
const cents = (count: number): CallFacts['cost'] => ({
  micros: count * 10_000,
  currency: 'USD',
  figure: String(count),
  unit: 'US_CENT',
});

let running: TestApp;
let second: TestApp;
let services: CallFactsService[];
let callId: string;
beforeAll(async () => {
  running = await startTestApp();
  second = await running.another();
  services = [running, second].map(({ app }) => new CallFactsService(tenantDatabase(app.database)));
});
afterAll(async () => {
  await second.close();
  await running.close();
});
beforeEach(async () => {
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  callId = startTestCall.call.id;
});

async function apply(facts: Partial<CallFacts>, seconds: number, service = services[0]): Promise<CallRow> {
  const origin = { source: 'EVENT', knownAt: at(seconds) } as const;
  const call = await service?.apply(callId, { ...NOTHING, ...facts }, origin);
  if (!call) throw new Error('There is no such call');
  return call;
}
const stored = () => running.app.database.read.findOneByOrFail(CallRow, { id: callId });
const revisions = () =>
  running.app.database.read.find(CallRevisionRow, { where: { callId }, order: { revision: 'ASC' } });
const whatIsKnown = async () => (await revisions()).map(({ known }) => JSON.parse(known) as object);

const ENDED: Partial<CallFacts> = {
  status: 'COMPLETED',
  startedAt: at(2),
  endedAt: at(62),
  durationMs: 60_000,
  endReason: 'HUNG_UP_BY_CALLEE',
};

describe('what is known of a call', () => {
  test('becomes more with each step of it, and each step is kept as a revision', async () => {
    await apply({ status: 'RINGING' }, 1);
    await apply({ status: 'IN_PROGRESS', startedAt: at(2) }, 2);
    await apply(ENDED, 62);
    expect(await apply({ ...ENDED, cost: cents(7.25) }, 65)).toMatchObject({
      ...ENDED,
      revision: 4,
      costStatus: 'KNOWN',
      costMicros: 72_500,
      costCurrency: 'USD',
      costFigure: '7.25',
      costUnit: 'US_CENT',
    });
    expect(await whatIsKnown()).toMatchObject([
      { status: 'RINGING', costStatus: 'PENDING' },
      { status: 'IN_PROGRESS', startedAt: at(2).toISOString() },
      { status: 'COMPLETED', durationMs: 60_000, costStatus: 'PENDING' },
      { status: 'COMPLETED', costStatus: 'KNOWN', costMicros: 72_500 },
    ]);
    expect((await revisions()).map(({ source, knownAt }) => [source, knownAt])).toEqual(
      [1, 2, 62, 65].map((seconds) => ['EVENT', at(seconds)]),
    );
  });

  test('is what the call answers with afterwards, from the database', async () => {
    const answered = await apply({ ...ENDED, cost: cents(1) }, 62);
    expect(await stored()).toEqual(answered);
  });

  test('is not changed by the same again, and a frontend is not told that it was', async () => {
    const before = await apply({ ...ENDED, cost: cents(1) }, 62);
    const after = await apply({ ...ENDED, cost: cents(1) }, 70);
    expect(after).toEqual({ ...before, knownAt: at(70) });
    expect(await stored()).toEqual(after);
    expect(await revisions()).toHaveLength(1);
  });

  test.each(['QUEUED', 'RINGING', 'IN_PROGRESS'] as const)(
    'does not go back from the end of a call to %s, however new that is',
    async (status) => {
      const before = await apply(ENDED, 62);
      expect(await apply({ status, endedAt: at(100) }, 90)).toEqual({ ...before, knownAt: at(90) });
    },
  );

  test('is filled in by an older fact where something was missing', async () => {
    await apply({ status: 'COMPLETED', durationMs: 1 }, 62);
    expect(await apply({ status: 'IN_PROGRESS', startedAt: at(2) }, 2)).toMatchObject({
      status: 'COMPLETED',
      startedAt: at(2),
      durationMs: 1,
    });
  });

  test('is corrected by the provider, and what it was before is kept', async () => {
    await apply({ ...ENDED, cost: cents(10) }, 62);
    expect(await apply({ ...ENDED, durationMs: 61_000, cost: cents(12) }, 300)).toMatchObject({
      durationMs: 61_000,
      costMicros: 120_000,
      revision: 2,
    });
    expect(await whatIsKnown()).toMatchObject([{ costMicros: 100_000 }, { costMicros: 120_000 }]);
  });

  test('is not corrected by what is older, or of the same time', async () => {
    const before = await apply({ ...ENDED, cost: cents(12) }, 300);
    for (const seconds of [62, 300])
      expect(await apply({ ...ENDED, durationMs: 1, endReason: 'BUSY', cost: cents(10) }, seconds)).toEqual(
        before,
      );
    // What was said again is as new as when it was last said.
    await apply({ ...ENDED, cost: cents(12) }, 500);
    expect(await apply({ ...ENDED, cost: cents(10) }, 400)).toMatchObject({ costMicros: 120_000 });
  });

  test('has the end of one answer and never a mixture of two', async () => {
    await apply({ status: 'NO_ANSWER', durationMs: 0, endReason: 'NO_ANSWER' }, 10);
    expect(await apply({ status: 'COMPLETED' }, 5)).toMatchObject({ status: 'NO_ANSWER', durationMs: 0 });
    expect(await apply({ status: 'COMPLETED' }, 20)).toMatchObject({
      status: 'COMPLETED',
      durationMs: null,
      endReason: null,
    });
    expect(await apply({ status: 'NO_ANSWER', durationMs: 0, endReason: 'NO_ANSWER' }, 15)).toMatchObject({
      status: 'COMPLETED',
      durationMs: null,
      endReason: null,
    });
  });

  test('is not changed by the facts of another call', async () => {
    const { providerCallId } = await stored();
    for (const of of [{ latchkeyCallId: NEVER_GIVEN_OUT }, { providerCallId: 'call_of_somebody' }])
      expect(await apply({ ...ENDED, ...of }, 62)).toMatchObject({
        status: 'QUEUED',
        providerCallId,
        revision: 0,
      });
    expect(await revisions()).toEqual([]);
    expect(
      await services[0]?.apply(NEVER_GIVEN_OUT, NOTHING, { source: 'EVENT', knownAt: at(1) }),
    ).toBeNull();
  });

  test('clears what the provider had not answered once the call is there', async () => {
    const unknown = {
      status: 'UNKNOWN',
      providerCallId: null,
      errorCode: 'TIMEOUT',
      errorHttpStatus: 504,
    } as const;
    await running.app.database.write((tx) => tx.updateRow('calls', unknown, { id: callId }));
    expect(
      await apply({ status: 'IN_PROGRESS', providerCallId: 'call_found', latchkeyCallId: callId }, 1),
    ).toMatchObject({
      status: 'IN_PROGRESS',
      providerCallId: 'call_found',
      errorCode: null,
      errorHttpStatus: null,
    });
  });

  test('has a cost that is pending again where a call turns up that was thought never to have been', async () => {
    const never = { status: 'FAILED', costStatus: 'KNOWN', costMicros: 0, costCurrency: 'USD' } as const;
    await running.app.database.write((tx) => tx.updateRow('calls', never, { id: callId }));
    expect(await apply({ ...ENDED }, 62)).toMatchObject({
      status: 'COMPLETED',
      costStatus: 'PENDING',
      costMicros: null,
    });
    expect(await apply({ ...ENDED, cost: cents(3) }, 62)).toMatchObject({ costMicros: 30_000 });
  });

  test('is asked about at once where such a call turns up when all times to ask are over', async () => {
    const never = { status: 'FAILED', durationMs: 0, costStatus: 'KNOWN', costMicros: 0 } as const;
    const createdAt = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);
    await running.app.database.write((tx) =>
      tx.updateRow('calls', { ...never, askAt: null, createdAt }, { id: callId }),
    );
    const { costStatus, askAt, updatedAt } = await apply({ ...ENDED }, 62);
    expect([costStatus, askAt]).toEqual(['PENDING', updatedAt]);
  });
});

describe('two instances that learn of a call at the same time', () => {
  const HISTORY: readonly (readonly [number, Partial<CallFacts>])[] = [
    [0, { status: 'QUEUED' }],
    [1, { status: 'RINGING' }],
    [2, { status: 'IN_PROGRESS', startedAt: at(2) }],
    [62, { ...ENDED, endReason: null }],
    [63, ENDED],
    [65, { ...ENDED, cost: cents(10) }],
    [90, { ...ENDED, cost: cents(12) }],
  ];

  test.each([1, 2, 3, 4, 5, 6])('know the same in the end, in whatever order (%i)', async (seed) => {
    const random = generator(seed);
    const events = [...HISTORY, ...HISTORY, ...HISTORY]
      .map((event) => ({ event, order: random() }))
      .toSorted((one, other) => one.order - other.order)
      .map(({ event }) => event);
    await Promise.all(
      events.map(([seconds, facts], index) => apply(facts, seconds, services[index % services.length])),
    );
    const call = await stored();
    expect(call).toMatchObject({ ...ENDED, costMicros: 120_000, costStatus: 'KNOWN', knownAt: at(90) });
    const all = await revisions();
    expect(all.map(({ revision }) => revision)).toEqual(all.map((_, index) => index + 1));
    expect(call.revision).toBe(all.length);
    // Each is more than the one before, and the last is what is shown.
    expect(new Set(all.map(({ known }) => known)).size).toBe(all.length);
    expect(JSON.parse(all.at(-1)?.known ?? '')).toMatchObject({ costMicros: 120_000, durationMs: 60_000 });
  });

  test('store a correction once', async () => {
    await apply({ ...ENDED, cost: cents(10) }, 62);
    await Promise.all(
      [...services, ...services, ...services].map((service) =>
        apply({ ...ENDED, cost: cents(12) }, 90, service),
      ),
    );
    expect(await whatIsKnown()).toMatchObject([{ costMicros: 100_000 }, { costMicros: 120_000 }]);
  });
});

test('what an event tells before the placement was answered stands', async () => {
  const events = new CallFactsService(tenantDatabase(running.app.database));
  const provider = await Loopback.start((_incoming, outgoing) => {
    const body = JSON.parse(provider.seen.at(-1)?.body ?? '') as { metadata: { latchkey_call_id: string } };
    const { latchkey_call_id: id } = body.metadata;
    const facts = { ...NOTHING, ...ENDED, providerCallId: 'call_1', latchkeyCallId: id };
    void events
      .apply(id, facts, { source: 'EVENT', knownAt: new Date() })
      .then(() => json(201, { call_id: 'call_1', call_status: 'registered' })(_incoming, outgoing));
  });
  const instance = await running.another({ RETELL_BASE_URL: provider.baseUrl });
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const { startTestCall } = await instance.data<{ startTestCall: { call: object } }>(START_CALL, { input });
  expect(startTestCall.call).toMatchObject({ status: 'COMPLETED', providerCallId: 'call_1' });
  await Promise.all([instance.close(), provider.close()]);
});
