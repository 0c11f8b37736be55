import { createHash } from 'node:crypto';
import { newIdAt } from '../../src/platform/ids';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_CLIENT, START_CALL } from '../operations';
import { unpaced } from '../unpaced';

const TO = '+14155550123';
const HOUR = 60 * 60 * 1000;
const ACCOUNT = { owner: { type: 'CLIENT', id: HARBOR, agencyId: BRIGHTLINE }, provider: 'RETELL' } as const;

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const requests = () => running.sandbox.retell.requests;
const setKey = (apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
const clearKey = () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
const CHANGES = {
  cleared: [clearKey, 'NO_KEY_CONFIGURED'],
  replaced: [() => setKey(running.sandbox.retell.keys.valid), 'KEY_REPLACED'],
} as const;

/** Calls that are on record, and that the list of the account does not have. */
async function missing(): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < 3; number += 1) {
    const { startTestCall } = await running.data<{
      startTestCall: { call: { id: string; providerCallId: string } };
    }>(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: TO } });
    const { id, providerCallId } = startTestCall.call;
    ids.push(providerCallId);
    running.sandbox.retell.calls.forget(providerCallId);
    const earlier = { id: newIdAt(new Date(Date.now() - HOUR)) };
    await running.app.database.write((tx) => tx.updateRow('calls', earlier, { id }));
  }
  return ids;
}

/** Calls that fill several pages of the list. */
function listed(): Promise<void> {
  const { calls, accounts } = running.sandbox.retell;
  const request = { override_agent_id: accounts.client.agents[0]?.id, to_number: TO };
  for (let number = 0; number < 200; number += 1) {
    const call = calls.add(accounts.client, `call_${number}`, request);
    call.answer();
    call.end(1000);
  }
  return Promise.resolve();
}

describe.each(['cleared', 'replaced'] as const)('a key that is %s while its account is compared', (how) => {
  test.each([
    ['read no further page', listed],
    ['ask for no further call', missing],
  ] as const)('is used to %s', async (_, prepare) => {
    await prepare();
    const [change, reason] = CHANGES[how];
    const before = requests().length;
    let isChanged = false;
    const pace = {
      wait: async () => {
        if (!isChanged) await change();
        return (isChanged = true);
      },
    };
    const span = { since: new Date(Date.now() - 24 * HOUR), until: new Date(Date.now() + HOUR) };
    const { obstacle, owners } = await unpaced(() =>
      running.app.upkeep.reconciler.reconcile(ACCOUNT, span, pace, () => undefined),
    );
    expect({ obstacle, owners, asked: requests().length - before }).toEqual({
      obstacle: reason,
      owners: [HARBOR],
      asked: 1,
    });
  });
});

test('single calls are asked for with the key that their owner has then, for as long as it has one', async () => {
  const { secondAccount } = running.sandbox.retell.keys;
  const answers = running.app.upkeep.reconciler.askFor(ACCOUNT, ['one', 'two', 'three']);
  await answers.next();
  await setKey(secondAccount);
  await answers.next();
  expect(requests().at(-1)?.authorization?.keyHash).toBe(
    createHash('sha256').update(secondAccount).digest('hex'),
  );
  await clearKey();
  const before = requests().length;
  expect((await answers.next()).done).toBe(true);
  expect(requests()).toHaveLength(before);
});
