import { AgentRow } from '../../src/agents/agent.entity';
import { LateCallRow } from '../../src/billing/late-call.entity';
import { CallRow } from '../../src/calls/call.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { newId } from '../../src/platform/ids';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { moment } from '../moment';
import {
  CLEAR_CLIENT,
  CREATE_AGENT,
  SET_AGENCY,
  SET_CLIENT,
  START_LIVE_CALL,
  VERIFY_CLIENT,
} from '../operations';
import { ENDED, eventsOf, over, providerAgentIdOf, started } from '../retell-events';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const retellOf = (owner: string | null) => eventsOf(running, owner);
const agentIdOf = (id: string) => providerAgentIdOf(running, id);
const calls = () => running.app.database.read.find(CallRow, { order: { id: 'ASC' } });
const waiting = () => running.app.database.read.countBy(ProviderEventRow, { state: 'WAITING' });
const startCall = async (): Promise<{ id: string; providerCallId: string }> =>
  (
    await running.data<{ startCall: { call: { id: string; providerCallId: string } } }>(START_LIVE_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'one' },
    })
  ).startCall.call;

describe('a call of which Latchkey hears late', () => {
  const assign = (clientId: string | null) =>
    running.data(
      'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }',
      {
        input: { agentId: HARBOR_RETELL_AGENT, clientId },
      },
    );
  const setKey = (clientId: string) =>
    running.data(SET_CLIENT, {
      input: { clientId, keys: [{ provider: 'RETELL', apiKey: `key_of_${clientId}` }] },
    });
  const clearKey = (clientId: string) =>
    running.data(CLEAR_CLIENT, { input: { clientId, providers: ['RETELL'] } });
  async function heardLate(owner: string | null, at: Date): Promise<CallRow | undefined> {
    const send = await retellOf(owner);
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    const times = { start_timestamp: at.getTime(), end_timestamp: at.getTime() + 1_000 };
    await send('call_ended', over('late', { agent_id, direction: 'inbound', ...times }));
    await running.app.upkeep.eventWorker.work();
    const [call, ...others] = await calls();
    expect(others).toEqual([]);
    return call;
  }

  test('is of the client that its agent had when it began, and no other client sees it', async () => {
    await assign(null);
    await assign(HARBOR);
    const at = await moment();
    await assign(MAPLE);
    expect(await heardLate(HARBOR, at)).toMatchObject({
      clientId: HARBOR,
      keySource: 'CLIENT',
      isOtherAccount: false,
      status: 'COMPLETED',
    });
    const { calls: ofMaple } = await running.data<{ calls: { totalCount: number } }>(
      'query ($id: ID!) { calls(clientId: $id) { totalCount } }',
      { id: MAPLE },
    );
    expect(ofMaple.totalCount).toBe(0);
  });

  test('has a receipt of what was known of its key when it began', async () => {
    await assign(HARBOR);
    const at = await moment();
    await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    const call = await heardLate(HARBOR, at);
    expect(JSON.parse(call?.receipt ?? '')).toMatchObject({ CLIENT: { version: 1, status: 'UNVERIFIED' } });
  });

  test('and that tells no start is of the client and the key of the time of which its event tells', async () => {
    await assign(null);
    await assign(HARBOR);
    const at = await moment();
    await assign(MAPLE);
    const send = await retellOf(HARBOR);
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    // It was never connected.
    await send('call_ended', {
      call_id: 'late',
      agent_id,
      direction: 'inbound',
      call_status: 'not_connected',
      end_timestamp: at.getTime(),
      disconnection_reason: 'dial_no_answer',
    });
    await running.app.upkeep.eventWorker.work();
    expect(await calls()).toMatchObject([{ clientId: HARBOR, keySource: 'CLIENT', startedAt: null }]);
  });

  test('is of no client where nothing tells whose its agent was', async () => {
    const at = await moment();
    await assign(MAPLE);
    expect(await heardLate(null, at)).toMatchObject({ clientId: null, keySource: 'AGENCY' });
  });

  test('was paid for by the key that was set when it began, whatever was set or cleared since', async () => {
    await clearKey(HARBOR);
    const without = await moment();
    await setKey(HARBOR);
    expect(await heardLate(null, without)).toMatchObject({
      clientId: HARBOR,
      keySource: 'AGENCY',
      isOtherAccount: false,
      resolvedAt: without,
    });
    expect((await calls())[0]?.receipt).toContain('"CLIENT":null');
  });

  test('was paid for by a key that was cleared since', async () => {
    const at = await moment();
    await clearKey(HARBOR);
    expect(await heardLate(HARBOR, at)).toMatchObject({
      keySource: 'CLIENT',
      keyVersion: 1,
      isOtherAccount: false,
    });
  });

  test('is noted for the next statement, although nothing is known of it yet but its start', async () => {
    const send = await retellOf(HARBOR);
    const times = { start_timestamp: (await moment()).getTime() };
    const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
    await send('call_started', started('late', { agent_id, direction: 'inbound', ...times }));
    const inTenDays = Date.now() + 10 * 24 * 60 * 60 * 1000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(inTenDays);
    await running.app.upkeep.eventWorker.work().finally(() => clock.mockRestore());
    const [call] = await calls();
    expect(call).toMatchObject({ clientId: HARBOR, durationMs: null, costMicros: null });
    const notes = await running.app.database.read.find(LateCallRow);
    expect(notes).toMatchObject([{ clientId: HARBOR, callAt: call?.startedAt }]);
  });

  test('stands among the calls of its time', async () => {
    const at = new Date(Date.now() - 60 * 60 * 1000);
    const call = await heardLate(HARBOR, at);
    expect(call?.createdAt).toEqual(at);
    const span = { since: new Date(at.getTime() - 1), until: new Date(at.getTime() + 1) };
    const { calls: found } = await running.data<{ calls: { nodes: { id: string }[] } }>(
      'query ($filter: CallFilter) { calls(filter: $filter) { nodes { id } } }',
      { filter: span },
    );
    expect(found.nodes).toEqual([{ id: call?.id }]);
  });

  test.each([new Date(Date.now() + 60 * 60 * 1000), new Date(0)])(
    'stands among those of now where its provider tells a time that cannot be: %j',
    async (at) => {
      const before = Date.now();
      const call = await heardLate(HARBOR, at);
      expect(call?.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    },
  );
});

describe('a call of which Latchkey hears when its agent has another id at the provider', () => {
  const assign = (agentId: string, clientId: string | null) =>
    running.data(
      'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }',
      { input: { agentId, clientId } },
    );
  const update = (agentId: string, change: object) =>
    running.data(
      'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { userErrors { code } } }',
      { input: { agentId, ...change } },
    );
  const move = (agentId: string, providerAgentId: string) => update(agentId, { providerAgentId });
  const ends = async (id: string, agent_id: string, at: Date) => {
    const send = await retellOf(null);
    const times = { start_timestamp: at.getTime(), end_timestamp: at.getTime() + 1_000 };
    await send('call_ended', over(id, { agent_id, direction: 'inbound', ...times }));
    await running.app.upkeep.eventWorker.work();
    return (await calls()).find(({ providerCallId }) => providerCallId === id);
  };
  const OF_HARBOR = { agentId: HARBOR_RETELL_AGENT, clientId: HARBOR };
  const OF_MAPLE = { agentId: MAPLE_RETELL_AGENT, clientId: MAPLE };
  let [harbors, maples] = ['', ''];
  beforeEach(async () => {
    harbors = await agentIdOf(HARBOR_RETELL_AGENT);
    maples = await agentIdOf(MAPLE_RETELL_AGENT);
    for (const { agentId, clientId } of [OF_HARBOR, OF_MAPLE])
      for (const each of [null, clientId]) await assign(agentId, each);
  });

  test('is of the agent that had the id when it began, and the client of the one that has it now does not see it', async () => {
    const before = await moment();
    await move(MAPLE_RETELL_AGENT, 'agent_of_nobody');
    await move(HARBOR_RETELL_AGENT, maples);
    const between = await moment();
    await move(MAPLE_RETELL_AGENT, harbors);
    const after = await moment();
    expect(await ends('before', harbors, before)).toMatchObject(OF_HARBOR);
    expect(await ends('its', maples, before)).toMatchObject(OF_MAPLE);
    expect(await ends('between', maples, between)).toMatchObject(OF_HARBOR);
    expect(await ends('after', maples, after)).toMatchObject(OF_HARBOR);
    expect(await ends('own', harbors, after)).toMatchObject(OF_MAPLE);
    const { calls: seen } = await running.data<{ calls: { nodes: { providerCallId: string }[] } }>(
      '{ calls { nodes { providerCallId } } }',
      {},
      'portalUser',
    );
    expect(seen.nodes.map(({ providerCallId }) => providerCallId).sort()).toEqual([
      'after',
      'before',
      'between',
    ]);
  });

  test('is recorded although no agent has the id any more', async () => {
    const at = await moment();
    await move(HARBOR_RETELL_AGENT, 'agent_moved');
    expect(await ends('late', harbors, at)).toMatchObject({ ...OF_HARBOR, keySource: 'CLIENT' });
  });

  test('is of the agent that had the id then, also where another one was made with the id since', async () => {
    const at = await moment();
    await move(HARBOR_RETELL_AGENT, 'agent_moved');
    const input = { name: 'Later', provider: 'RETELL', providerAgentId: harbors, clientId: MAPLE };
    await running.data(CREATE_AGENT, { input });
    const after = await moment();
    expect(await ends('late', harbors, at)).toMatchObject({ ...OF_HARBOR, keySource: 'CLIENT' });
    expect(await ends('own', harbors, after)).toMatchObject({ clientId: MAPLE });
    await running.app.database.write((tx) => tx.delete(AgentRow, { name: 'Later' }));
  });

  test('is of no client where no agent had the id when it began', async () => {
    const at = await moment();
    await move(HARBOR_RETELL_AGENT, 'agent_moved');
    expect(await ends('late', 'agent_moved', at)).toMatchObject({ clientId: null, keySource: 'AGENCY' });
    expect((await calls())[0]?.receipt).toContain('"CLIENT":null');
  });

  test('is of no client where an update of an earlier release does not tell which id was left', async () => {
    const at = await moment();
    await move(MAPLE_RETELL_AGENT, 'agent_of_nobody');
    await move(HARBOR_RETELL_AGENT, maples);
    await running.app.database.write(async (tx) => {
      for (const { agentId, clientId } of [OF_HARBOR, OF_MAPLE])
        await tx.run("UPDATE audit_events SET details = ? WHERE type = 'AGENT_UPDATED' AND clientId = ?", [
          JSON.stringify({ agentId, clientId }),
          clientId,
        ]);
    });
    expect(await ends('late', maples, at)).toMatchObject({ clientId: null });
  });

  test('is of its client where nothing but the number of its agent was changed', async () => {
    const at = await moment();
    await update(HARBOR_RETELL_AGENT, { fromNumber: '+14155550177' });
    expect(await ends('late', harbors, at)).toMatchObject(OF_HARBOR);
  });
});

test('a call that carries an id of another Latchkey is known by its own', async () => {
  const send = await retellOf(HARBOR);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const more = { agent_id, direction: 'outbound', metadata: { latchkey_call_id: newId() } };
  await send('call_started', started('elsewhere', more));
  await send('call_ended', over('elsewhere', more));
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toMatchObject([{ ...ENDED, providerCallId: 'elsewhere', origin: 'PROVIDER' }]);
});

test('a call that carries the id of another one that Latchkey has placed is a call of its own', async () => {
  const { id, providerCallId } = await startCall();
  const send = await retellOf(HARBOR);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const more = { agent_id, direction: 'outbound', metadata: { latchkey_call_id: id } };
  await send('call_ended', over('a_copy', { ...more, start_timestamp: Date.now() }));
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toMatchObject([
    { id, providerCallId, origin: 'API', status: 'QUEUED' },
    { providerCallId: 'a_copy', origin: 'PROVIDER', status: 'COMPLETED', keySource: 'CLIENT' },
  ]);
});

test('a call that Latchkey placed is not recorded again by an event to the address of another owner', async () => {
  const { id, providerCallId } = await startCall();
  const before = await calls();
  const send = await retellOf(null);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  await send('call_ended', over(providerCallId, { agent_id, metadata: { latchkey_call_id: id } }));
  await send('call_ended', over(providerCallId, { agent_id }));
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toEqual(before);
});

test('an event to the address of either owner of one key tells of the calls of both', async () => {
  const apiKey = 'key_shared_0123456789';
  await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
  await running.data(SET_AGENCY, { input: { keys: [{ provider: 'RETELL', apiKey }] } });
  const send = await retellOf(null);
  const agent_id = await agentIdOf(HARBOR_RETELL_AGENT);
  const now = Date.now();
  await send(
    'call_ended',
    over('inbound', { agent_id, direction: 'inbound', start_timestamp: now, end_timestamp: now }),
  );
  await running.app.upkeep.eventWorker.work();
  expect(await calls()).toMatchObject([{ status: 'COMPLETED', keySource: 'CLIENT', isOtherAccount: false }]);
});

describe('a call at a provider whose events come to the addresses of two owners', () => {
  const other = { keys: [{ provider: 'RETELL', apiKey: 'key_other_0123456789ab' }] };
  const inbound = async () => ({
    agent_id: await agentIdOf(HARBOR_RETELL_AGENT),
    direction: 'inbound',
    start_timestamp: Date.now(),
  });

  test('is one call, of the account that was told of it first, when its client gets a key meanwhile', async () => {
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    const [sendToAgency, sendToClient] = [await retellOf(null), await retellOf(HARBOR)];
    const call = await inbound();
    await sendToAgency('call_started', started('one', call));
    await running.app.upkeep.eventWorker.work();
    const before = await calls();
    expect(before).toMatchObject([{ keySource: 'AGENCY', isOtherAccount: false }]);
    await running.data(SET_CLIENT, { input: { clientId: HARBOR, ...other } });
    await sendToClient('call_ended', over('one', call));
    await running.app.upkeep.eventWorker.work();
    expect([await calls(), await waiting()]).toEqual([before, 0]);
  });

  test('is one call where they are worked together', async () => {
    const [sendToAgency, sendToClient] = [await retellOf(null), await retellOf(HARBOR)];
    const call = await inbound();
    await sendToAgency('call_started', started('one', call));
    await sendToClient('call_ended', over('one', call));
    await running.app.upkeep.eventWorker.work();
    expect([(await calls()).length, await waiting()]).toEqual([1, 0]);
  });

  test('is one call where two instances work them at the same time', async () => {
    const instance = await running.another();
    const [sendToAgency, sendToClient] = [await retellOf(null), await retellOf(HARBOR)];
    const call = await inbound();
    for (let round = 0; round < 10; round += 1) {
      const id = `call_${round}`;
      await sendToAgency('call_started', started(id, call));
      const working = running.app.upkeep.eventWorker.work();
      await sendToClient('call_ended', over(id, call), instance);
      await Promise.all([working, instance.app.upkeep.eventWorker.work()]);
    }
    await running.app.upkeep.eventWorker.work();
    await instance.close();
    expect(await calls()).toHaveLength(10);
    expect(await waiting()).toBe(0);
  });
});
