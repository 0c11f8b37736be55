import type { RequestListener } from 'node:http';
import { CallRow } from '../../src/calls/call.entity';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { gatewayToken } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { ENDPOINTS, START_CALL } from '../operations';
import { json, Loopback } from '../providers/loopback';

const HOUR = 60 * 60 * 1000;
const AGENT = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };

let running: TestApp;
/** An instance whose provider refuses Harbor's key, whatever it is asked for. */
let refused: TestApp;
let call: CallRow;
beforeEach(async () => {
  running = await startTestApp();
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input: AGENT,
  });
  call = await running.app.database.read.findOneByOrFail(CallRow, { id: startTestCall.call.id });
  const standIn = await Loopback.start(json(401, { status: 'error', message: 'No such key' }));
  refused = await running.another({ RETELL_BASE_URL: standIn.baseUrl });
});
afterEach(async () => {
  await refused.close();
  await running.close();
  await Loopback.closeAll();
});

async function read(field: 'transcript' | 'recordingUrl'): Promise<void> {
  await running.app.database.write((tx) =>
    tx.updateRow('calls', { status: 'COMPLETED', durationMs: 42_500, askAt: null }, { id: call.id }),
  );
  await refused.ask('agencyAdmin', `query ($id: ID!) { call(id: $id) { ${field} } }`, { id: call.id });
}

/** An event that nobody has signed, of a call that is not known. */
async function sendEvent(): Promise<void> {
  const { webhookEndpoints } = await refused.data<{ webhookEndpoints: { provider: string; url: string }[] }>(
    ENDPOINTS,
    { clientId: HARBOR },
  );
  const { url } = webhookEndpoints.find(({ provider }) => provider === 'RETELL') ?? { url: '' };
  const body = JSON.stringify({ event: 'call_ended', call: { call_id: 'inbound_1' } });
  await fetch(`${refused.url}${new URL(url).pathname}`, { method: 'POST', body });
  await refused.app.upkeep.eventWorker.work();
  await refused.app.upkeep.eventAsker.askDue();
}

async function passOn(by = refused, status = 401): Promise<void> {
  const { token } = await gatewayToken(running, { clientId: HARBOR });
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${by.url}/gateway/retell/v2/get-call/${call.providerCallId}`, { headers });
  expect(answer.status).toBe(status);
}

async function reconcile(by = refused): Promise<void> {
  const account = {
    owner: { type: 'CLIENT', id: HARBOR, agencyId: BRIGHTLINE },
    provider: 'RETELL',
  } as const;
  const span = { since: new Date(Date.now() - HOUR), until: new Date(Date.now() + HOUR) };
  const pace = { wait: () => Promise.resolve(true) };
  await by.app.upkeep.reconciler.reconcile(account, span, pace, () => undefined);
}

const ENTRANCES: Readonly<Record<string, () => Promise<unknown>>> = {
  'a call is placed': () => refused.data(START_CALL, { input: AGENT }),
  'a call is asked about': () => refused.app.upkeep.callAsker.askDue(new Date(Date.now() + HOUR)),
  'a transcript is read': () => read('transcript'),
  'a recording is asked for': () => read('recordingUrl'),
  'the phone numbers of the account are listed': () =>
    refused.data('query ($id: ID!) { phoneNumbers(provider: RETELL, clientId: $id) { isComplete } }', {
      id: HARBOR,
    }),
  'the agents of the account are listed': () =>
    refused.data('mutation ($input: ImportAgentsInput!) { importAgents(input: $input) { isComplete } }', {
      input: { clientId: HARBOR, provider: 'RETELL', dryRun: true },
    }),
  'the account is compared': () => reconcile(),
  'an event has its call asked for': sendEvent,
  'the gateway passes a request on': () => passOn(),
};

test.each(Object.entries(ENTRANCES))(
  'a key that its provider refuses is verified again when %s',
  async (_, enter) => {
    const key = () =>
      running.app.database.read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' });
    expect((await key()).checkCode).toBeNull();
    await enter();
    expect((await key()).checkCode).toBe('KEY_INVALID');
    await refused.app.upkeep.keyChecker.checkDue();
    expect((await key()).status).toBe('INVALID');
  },
);

test.each<readonly [string, RequestListener, (by: TestApp) => Promise<void>]>([
  [
    'is refused for a call after its list was given',
    (request, response) =>
      (request.method === 'POST' ? json(200, { items: [], has_more: false }) : json(401, {}))(
        request,
        response,
      ),
    reconcile,
  ],
  ['may not do what the gateway passes on', json(403, { status: 'error' }), (by) => passOn(by, 403)],
])('a key is verified again that %s', async (_, provider, enter) => {
  const standIn = await Loopback.start(provider);
  const other = await running.another({ RETELL_BASE_URL: standIn.baseUrl });
  await enter(other);
  await other.close();
  const key = await running.app.database.read.findOneByOrFail(ApiKeyRow, {
    ownerId: HARBOR,
    provider: 'RETELL',
  });
  expect(key.checkCode).toBe('KEY_INVALID');
});

test('an event of which the call cannot be asked for is kept until the key is good again', async () => {
  await sendEvent();
  const states = async () =>
    (await running.app.database.read.rows<{ state: string }>('SELECT state FROM provider_events')).map(
      ({ state }) => state,
    );
  expect(await states()).toEqual(['TO_ASK']);
  await running.app.database.write((tx) =>
    tx.run('UPDATE api_keys SET sealed = ? WHERE ownerId = ? AND provider = ?', [
      'damaged',
      HARBOR,
      'RETELL',
    ]),
  );
  await running.app.upkeep.eventAsker.askDue(new Date(Date.now() + HOUR));
  expect(await states()).toEqual(['TO_ASK']);
});
