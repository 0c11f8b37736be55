import { randomUUID } from 'node:crypto';
import { CallRow } from '../../src/calls/call.entity';
import { ReconciliationRow } from '../../src/reconciliation/reconciliation.entity';
import { HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_CLIENT } from '../operations';
import { deadUrl } from '../providers/loopback';

const DAY = 24 * 60 * 60 * 1000;

let running: TestApp;
let now: number;
beforeEach(async () => {
  running = await startTestApp();
  now = Date.now();
});
afterEach(() => running.close());

const daysAgo = (days: number) => new Date(now - days * DAY);
async function nights(days: readonly number[], on = running): Promise<void> {
  for (const day of days) await on.app.upkeep.reconciliation.reconcileDue(daysAgo(day));
  await on.app.upkeep.reconciliation.stop();
}
/** A call at the provider, of which no event comes. */
function unheard(days: number): string {
  const { calls, accounts } = running.sandbox.retell;
  const request = { override_agent_id: accounts.client.agents[0]?.id, to_number: '+14155550123' };
  const call = calls.add(accounts.client, randomUUID(), request);
  call.answer(daysAgo(days));
  call.end(60_000);
  return call.id;
}
const recorded = (providerCallId: string) =>
  running.app.database.read.countBy(CallRow, { providerCallId, clientId: HARBOR });
const entry = () =>
  running.app.database.read.findOneBy(ReconciliationRow, { ownerId: HARBOR, provider: 'RETELL' });
const clearKey = () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
const setKey = () => {
  const keys = [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.secondAccount }];
  return running.data(SET_CLIENT, { input: { clientId: HARBOR, keys } });
};

test.each([
  ['this release', () => Promise.resolve()],
  [
    'an earlier one, which noted no beginning',
    () => running.app.database.write((tx) => tx.run('UPDATE reconciliations SET doneUntil = NULL', [])),
  ],
])(
  'a call of the first days of an account is found, whose first nights failed, entered by %s',
  async (_, as) => {
    await nights([7]);
    await as();
    const id = unheard(5);
    const other = await running.another({ RETELL_BASE_URL: await deadUrl() });
    await nights([6, 5, 4, 3, 2, 1], other);
    await other.close();
    expect(await recorded(id)).toBe(0);
    await nights([0]);
    expect(await recorded(id)).toBe(1);
  },
);

test('a call of before a key was cleared is found after it is set again, days later', async () => {
  await nights([7]);
  const id = unheard(6.5);
  await clearKey();
  await nights([6, 5, 4, 3, 2, 1]);
  await setKey();
  await nights([0]);
  expect(await recorded(id)).toBe(1);
});

test('an account that has had no key for longer than a comparison reaches back is forgotten', async () => {
  await nights([33]);
  await clearKey();
  await nights([31, 30]);
  expect(await entry()).not.toBeNull();
  await nights([2]);
  expect(await entry()).toBeNull();
});
