import { randomUUID } from 'node:crypto';
import { CallRow } from '../../src/calls/call.entity';
import { ProviderCallRow } from '../../src/calls/provider-call.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { eventsOf, over, providerAgentIdOf, started } from '../retell-events';
import { unpaced } from '../unpaced';

const COUNT = 12;

let running: TestApp;
let other: TestApp;
let agent_id: string;
beforeEach(async () => {
  running = await startTestApp();
  other = await running.another();
  agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
});
afterEach(async () => {
  await other.close();
  await running.close();
});

/** Calls that came in at Harbor's account, and have ended there after half a minute. */
function carried(): string[] {
  const { accounts, calls } = running.sandbox.retell;
  return Array.from({ length: COUNT }, () => {
    const request = { override_agent_id: agent_id, to_number: '+14155550100' };
    const call = calls.add(accounts.client, randomUUID(), request, 'inbound');
    call.answer();
    call.end(30_000);
    return call.id;
  });
}

const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const both = (work: (instance: TestApp) => Promise<unknown>) => Promise.all([running, other].map(work));
const workBoth = () => both(({ app }) => app.upkeep.eventWorker.work());
const askBoth = () => unpaced(() => both(({ app }) => app.upkeep.eventAsker.askDue(new Date())));

/** Both instances work and ask until nothing is left to do. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([workBoth(), askBoth()]);
    const events = await running.app.database.read.find(ProviderEventRow);
    if (events.every(({ state }) => state === 'DONE')) return;
  }
  throw new Error('There are events left');
}

async function expectAllAreHarbors(ids: readonly string[]): Promise<void> {
  const found = await calls();
  expect(found.map(({ providerCallId }) => providerCallId).sort()).toEqual([...ids].sort());
  for (const call of found)
    expect(call).toMatchObject({
      ...{ clientId: HARBOR, keySource: 'CLIENT', keyOwnerId: HARBOR },
      ...{ isOtherAccount: false, otherOwnerId: null },
      ...{ status: 'COMPLETED', durationMs: 30_000, costStatus: 'KNOWN' },
    });
  const marks = await running.app.database.read.find(ProviderCallRow);
  expect(new Set(marks.map(({ callId }) => callId)).size).toBe(ids.length);
}

test('calls of which a wrong address told first are put right once, by two instances that work at once', async () => {
  const ids = carried();
  const [astray, right] = [await eventsOf(running, null), await eventsOf(running, HARBOR, other)];
  for (const id of ids) await astray('call_started', started(id, { agent_id, direction: 'inbound' }));
  await workBoth();
  expect(await calls()).toMatchObject(ids.map(() => ({ isOtherAccount: true })));
  for (const id of ids) await right('call_ended', over(id, { agent_id, direction: 'inbound' }));
  await settle();
  await expectAllAreHarbors(ids);
});

test('calls of which both addresses tell at once are recorded once, and borne by the account that has them', async () => {
  const ids = carried();
  const [astray, right] = [await eventsOf(running, null), await eventsOf(running, HARBOR, other)];
  await Promise.all(
    ids.flatMap((id) => [
      astray('call_started', started(id, { agent_id, direction: 'inbound' })),
      right('call_started', started(id, { agent_id, direction: 'inbound' })),
      right('call_analyzed', over(id, { agent_id, direction: 'inbound' })),
    ]),
  );
  await settle();
  const found = await calls();
  expect(found.map(({ providerCallId }) => providerCallId).sort()).toEqual([...ids].sort());
  for (const call of found)
    expect(call).toMatchObject({ keyOwnerId: HARBOR, isOtherAccount: false, otherOwnerId: null });
});
