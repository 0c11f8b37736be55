import { CallRow } from '../../src/calls/call.entity';
import { EventAsker } from '../../src/events/event-asker';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import type { Reconciler } from '../../src/reconciliation/reconciler';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_AGENCY, CLEAR_CLIENT, SET_CLIENT, START_CALL } from '../operations';
import { eventsOf, over, providerAgentIdOf } from '../retell-events';

const MINUTE = 60 * 1000;
const toNumber = '+14155550123';

let running: TestApp;
let agent_id: string;
beforeEach(async () => {
  running = await startTestApp();
  agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
});
afterEach(() => running.close());

const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const states = async () =>
  (await running.app.database.read.find(ProviderEventRow, { order: { id: 'ASC' } })).map(
    ({ state }) => state,
  );
const work = () => running.app.upkeep.eventWorker.work();
const askDue = (on = running) => on.app.upkeep.eventAsker.askDue();

/** Places a call of which nobody knows what became, so long ago. */
async function placeUnanswered(agoMs = 0): Promise<CallRow> {
  await running.data(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber } });
  const placed = (await calls()).at(-1);
  if (!placed) throw new Error('No call was placed');
  const createdAt = new Date(placed.createdAt.getTime() - agoMs);
  const unanswered = { status: 'UNKNOWN', providerCallId: null, createdAt } as const;
  await running.app.database.write((tx) => tx.updateRow('calls', unanswered, { id: placed.id }));
  return { ...placed, createdAt };
}

const begunAt = (id: string, at: number) =>
  over(id, { agent_id, direction: 'outbound', to_number: toNumber, start_timestamp: at, end_timestamp: at });

const HOW = {
  cleared: () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } }),
  'replaced by that of another account': () =>
    running.data(SET_CLIENT, {
      input: {
        clientId: HARBOR,
        keys: [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid }],
      },
    }),
};

describe.each(Object.entries(HOW))('where the key was %s since', (_how, change) => {
  test('a signed event is of the call that was placed then without an answer, and of no other', async () => {
    const placed = await placeUnanswered();
    await change();
    const send = await eventsOf(running, HARBOR);
    const at = placed.createdAt.getTime();
    await send('call_ended', begunAt('theirs', at - 60 * MINUTE));
    await send('call_ended', begunAt('ours', at + 1_000));
    await send('call_analyzed', { ...begunAt('ours', at + 1_000), call_cost: { combined_cost: 9 } });
    await work();
    expect(await states()).toEqual(['TO_ASK', 'TO_ASK', 'TO_ASK']);
    const other = await running.another();
    await Promise.all([askDue(), askDue(other)]);
    await other.close();
    await askDue();
    const ofHarbor = { clientId: HARBOR, status: 'COMPLETED', durationMs: 61_000 };
    expect(await calls()).toMatchObject([
      { providerCallId: 'theirs', origin: 'PROVIDER', ...ofHarbor },
      { id: placed.id, providerCallId: 'ours', origin: 'API', costMicros: 90_000, ...ofHarbor },
    ]);
    expect((await calls()).at(-1)?.keyOwnerId).toBe(HARBOR);
    expect(await states()).toEqual(['DONE', 'DONE', 'DONE']);
  });

  test('of two placements, each event is of the one at its time, whichever comes first', async () => {
    const first = await placeUnanswered(3 * MINUTE);
    const again = await placeUnanswered();
    await change();
    const send = await eventsOf(running, HARBOR);
    await send('call_ended', begunAt('again', again.createdAt.getTime() + 1_000));
    await send('call_ended', begunAt('first', first.createdAt.getTime() + 1_000));
    await work();
    await askDue();
    expect(await calls()).toMatchObject([
      { id: first.id, providerCallId: 'first', status: 'COMPLETED' },
      { id: again.id, providerCallId: 'again', status: 'COMPLETED' },
    ]);
  });
});

test('an event that came to the address of another account makes no second call of a placement', async () => {
  const { id, providerCallId, createdAt } = await placeUnanswered();
  await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
  const send = await eventsOf(running, null);
  await send('call_ended', begunAt(providerCallId ?? '', createdAt.getTime() + 1_000));
  await work();
  await askDue();
  // The account with which it was placed tells what became of it.
  await running.app.upkeep.callAsker.askDue(new Date(createdAt.getTime() + 3 * MINUTE));
  expect(await calls()).toMatchObject([{ id, providerCallId, keyOwnerId: HARBOR }]);
  expect(await states()).toEqual(['DONE']);
});

test('a fault in asking is reported, and tried again after a minute', async () => {
  await placeUnanswered();
  await (
    await eventsOf(running, HARBOR)
  )('call_ended', begunAt('ours', Date.now()));
  await work();
  const fault = new Error('A fault of this test');
  const askFor = jest.fn(() => {
    throw fault;
  });
  const reported: unknown[] = [];
  const asker = new EventAsker(
    running.app.database,
    { askFor } as unknown as Reconciler,
    () => Promise.resolve(),
    (error) => reported.push(error),
  );
  const now = Date.now();
  for (const later of [0, MINUTE - 1, MINUTE]) await asker.askDue(new Date(now + later));
  expect(askFor).toHaveBeenCalledTimes(2);
  expect([reported, await states()]).toEqual([[fault, fault], ['TO_ASK']]);
});
