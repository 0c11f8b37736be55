import { VapiClient, VapiError, Vapi } from '@vapi-ai/server-sdk';
import Retell from 'retell-sdk';
import { startSandbox, type Sandbox, type SandboxName } from '../../src/demo/sandbox';
import type { KeySet } from '../../src/demo/sandbox/keys';
import type { RecordedRequest } from '../../src/demo/sandbox/server';
import { adapterOf } from '../../src/providers';
import { postTo } from '../../src/providers/control-address';
import { sendWith, type OutboundRequest } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';

// The vendors' own clients hold the stand-ins to the truth: what these understand, and send, is what the
// providers speak.

const CALL_ID = '0197d0a2-0000-7000-8000-000000000001';
const OTHER_CALL_ID = '0197d0a2-0000-7000-8000-000000000002';
const TO = '+14155550199';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.close());

/**
 * Sends what an adapter describes, as the vault does: it must arrive exactly as what the SDK sent, and be
 * answered alike.
 */
async function expectSameFromUs(
  name: SandboxName,
  request: OutboundRequest,
  fromSdk: RecordedRequest | undefined,
  status: number,
) {
  const { baseUrl, keys, requests } = sandbox[name];
  const { keyPresentation } = adapterOf(name === 'retell' ? 'RETELL' : 'VAPI');
  const reply = await sendWith(new ApiKeyText(keys.valid), { baseUrl, keyPresentation }, request, {
    timeoutMs: 5000,
    maxBodyBytes: 65_536,
  });
  expect(reply).toMatchObject({ kind: 'ANSWER', status });
  expect(requests.at(-1)).not.toBe(fromSdk);
  expect(requests.at(-1)).toEqual(fromSdk);
}

/** The one list of agents of an account, and the one of phone numbers. */
function listsOf(provider: 'RETELL' | 'VAPI') {
  const { agentLists, numberLists } = adapterOf(provider);
  const [[agents], [numbers]] = [agentLists, numberLists];
  if (!agents || !numbers) throw new Error('The provider lists both');
  return { agents, numbers };
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

describe("Retell's SDK", () => {
  function client(key: keyof KeySet = 'valid'): Retell {
    const { baseUrl, keys } = sandbox.retell;
    return new Retell({ apiKey: keys[key], baseURL: baseUrl, maxRetries: 0, timeout: 5000, logLevel: 'off' });
  }

  function callParams(account: 'agency' | 'client' = 'agency') {
    const { agents, fromNumber } = sandbox.retell.accounts[account];
    return {
      from_number: fromNumber,
      to_number: TO,
      override_agent_id: agents[0]?.id ?? '',
      metadata: { latchkey_call_id: CALL_ID },
      retell_llm_dynamic_variables: { name: 'Ada' },
    };
  }

  test('sends what the adapter sends to verify a key, and understands the answer', async () => {
    expect(await client().identity.retrieve()).toEqual({ org_name: 'Demo agency', api_key_name: null });
    const expected = sandbox.retell.requests.at(-1);
    await expectSameFromUs('retell', adapterOf('RETELL').verify, expected, 200);
  });

  test('sends what the adapter sends to look up an agent, and understands the answer', async () => {
    const { id, name } = sandbox.retell.agents.agency[0] ?? { id: '', name: '' };
    expect(await client().agent.retrieve(id)).toMatchObject({ agent_id: id, agent_name: name, version: 0 });
    const expected = sandbox.retell.requests.at(-1);
    await expectSameFromUs(
      'retell',
      adapterOf('RETELL').agent({ providerAgentId: id, providerAgentKind: 'AGENT' }),
      expected,
      200,
    );
  });

  test('sends what the adapter sends to place a call, and understands the answer', async () => {
    const params = callParams();
    const placed = await client().call.createPhoneCall(params);
    expect(placed).toMatchObject({
      call_status: 'registered',
      direction: 'outbound',
      agent_id: params.override_agent_id,
    });
    const expected = sandbox.retell.requests.at(-1);
    const call = {
      callId: CALL_ID,
      providerAgentId: params.override_agent_id,
      providerAgentKind: 'AGENT' as const,
      toNumber: TO,
      fromNumber: params.from_number,
      variables: params.retell_llm_dynamic_variables,
    };
    await expectSameFromUs('retell', adapterOf('RETELL').placeCall(call), expected, 201);
  });

  test('finds again a call that was placed, by its id and in the list', async () => {
    const { call_id: id } = await client('secondAccount').call.createPhoneCall(callParams('client'));
    expect(await client('secondAccount').call.retrieve(id)).toMatchObject({
      call_id: id,
      metadata: { latchkey_call_id: CALL_ID },
    });
    expect(await client('secondAccount').call.list({})).toMatchObject({
      has_more: false,
      items: [{ call_id: id }],
    });
    expect(await rejection(client().call.retrieve(id))).toBeInstanceOf(Retell.UnprocessableEntityError);
  });

  test('reads how a call goes on and ends, as the adapter does', async () => {
    const { call_id: id } = await client().call.createPhoneCall(callParams());
    const adapter = adapterOf('RETELL');
    expect(adapter.readCall(await client().call.retrieve(id))).toMatchObject({
      providerCallId: id,
      latchkeyCallId: CALL_ID,
      status: 'IN_PROGRESS',
      startedAt: expect.any(Date) as Date,
      cost: null,
    });
    const expected = sandbox.retell.requests.at(-1);
    await expectSameFromUs('retell', adapter.call(id), expected, 200);
    const ended = await client().call.retrieve(id);
    expect(ended).toMatchObject({
      call_status: 'ended',
      duration_ms: 42_500,
      disconnection_reason: 'user_hangup',
      call_cost: { combined_cost: 5.3125 },
    });
    expect(adapter.readCall(ended)).toMatchObject({
      status: 'COMPLETED',
      durationMs: 42_500,
      endReason: 'HUNG_UP_BY_CALLEE',
      cost: { micros: 53_125, currency: 'USD', figure: '5.3125', unit: 'US_CENT' },
    });
  });

  test('stops a call by what the adapter sends, and understands that it has ended', async () => {
    const { call_id: id } = await client().call.createPhoneCall(callParams());
    await client().call.stop(id);
    const expected = sandbox.retell.requests.at(-1);
    expect(await client().call.retrieve(id)).toMatchObject({
      call_status: 'not_connected',
      disconnection_reason: 'manual_stopped',
    });
    expect(await rejection(client().call.stop(id))).toBeInstanceOf(Retell.BadRequestError);
    const { stopCall } = adapterOf('RETELL');
    if (stopCall.by !== 'REQUEST') throw new Error('A call is stopped by a request');
    await expectSameFromUs('retell', stopCall.request(id), expected, 400);
  });

  test('sends what the adapter sends to find a call by its metadata, page by page', async () => {
    const metadata = { latchkey_call_id: OTHER_CALL_ID };
    const placed: string[] = [];
    for (let count = 0; count < 51; count += 1)
      placed.push((await client().call.createPhoneCall({ ...callParams(), metadata })).call_id);
    const adapter = adapterOf('RETELL');
    const span = { callId: OTHER_CALL_ID, since: new Date(0), until: new Date(), cursor: null };
    const filter_criteria = {
      metadata: [{ type: 'string', op: 'eq', key: 'latchkey_call_id', value: OTHER_CALL_ID } as const],
    };
    const first = await client().call.list({ filter_criteria, limit: 50 });
    await expectSameFromUs('retell', adapter.listCalls(span), sandbox.retell.requests.at(-1), 200);
    const cursor = adapter.readCallList(first, span)?.next ?? '';
    const second = await client().call.list({ filter_criteria, limit: 50, pagination_key: cursor });
    const expected = sandbox.retell.requests.at(-1);
    await expectSameFromUs('retell', adapter.listCalls({ ...span, cursor }), expected, 200);
    expect(adapter.readCallList(second, { ...span, cursor })).toMatchObject({ next: null });
    const found = [...first.items, ...second.items].map(({ call_id }) => call_id);
    expect(found.toSorted()).toEqual(placed.toSorted());
  });

  test('sends what the adapter sends to list agents and phone numbers, page by page', async () => {
    const { agents, numbers } = listsOf('RETELL');
    const filter_criteria = { channel: { type: 'string', op: 'eq', value: 'voice' } } as const;
    const listed = await client().agent.list({ limit: 100, filter_criteria });
    await expectSameFromUs('retell', agents.request(null), sandbox.retell.requests.at(-1), 200);
    const items = sandbox.retell.agents.agency.map(({ id, name }) => ({
      providerAgentId: id,
      providerAgentKind: 'AGENT',
      name,
    }));
    expect(agents.read(listed, null)).toEqual({ items, next: null });
    await client().agent.list({ limit: 100, filter_criteria, pagination_key: '2' });
    await expectSameFromUs('retell', agents.request('2'), sandbox.retell.requests.at(-1), 200);
    const first = await client().agent.list({ limit: 2 });
    const { next } = agents.read(first, null) ?? { next: null };
    const second = await client().agent.list({ limit: 2, pagination_key: next ?? '' });
    expect([...first.items, ...second.items]).toEqual(listed.items);
    const { fromNumber } = sandbox.retell.accounts.agency;
    const shown = await client().phoneNumber.list({ limit: 100 });
    await expectSameFromUs('retell', numbers.request(null), sandbox.retell.requests.at(-1), 200);
    expect(numbers.read(shown, null)?.items).toEqual([
      {
        fromNumber,
        phoneNumber: fromNumber,
        label: 'Main line',
        providerAgentIds: [sandbox.retell.agents.agency[0]?.id],
      },
    ]);
  });

  test('sends what the adapter sends to list the calls of a span of time', async () => {
    const { call_id: id } = await client().call.createPhoneCall(callParams());
    const { start_timestamp: start = 0 } = await client().call.retrieve(id);
    const value = [start - 1000, start + 1000];
    const filter = { start_timestamp: { type: 'range', op: 'bt', value } } as const;
    const listed = await client().call.list({ filter_criteria: filter, limit: 50 });
    const [since = 0, until = 0] = value;
    const span = { callId: null, since: new Date(since), until: new Date(until), cursor: null };
    const request = adapterOf('RETELL').listCalls(span);
    await expectSameFromUs('retell', request, sandbox.retell.requests.at(-1), 200);
    expect(listed.items.map(({ call_id }) => call_id)).toContain(id);
  });

  test.each([
    ['revoked', Retell.AuthenticationError, 401, '401 Invalid API Key.'],
    ['restricted', Retell.PermissionDeniedError, 403, undefined],
    ['rateLimited', Retell.RateLimitError, 429, '429 Account rate limited, please throttle your requests.'],
    ['outOfFunds', Retell.APIError, 402, '402 Trial has ended, please add payment method.'],
  ] as const)('understands the refusal of a %s key', async (key, errorClass, status, message) => {
    const error = await rejection(client(key).identity.retrieve());
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject(message === undefined ? { status } : { status, message });
  });

  test('understands that agents and numbers of another account are not there', async () => {
    const { override_agent_id, from_number } = callParams('client');
    for (const promise of [
      client().agent.retrieve(override_agent_id),
      client().call.createPhoneCall({ ...callParams(), override_agent_id }),
      client().call.createPhoneCall({ ...callParams(), from_number }),
    ]) {
      const error = await rejection(promise);
      expect(error).toBeInstanceOf(Retell.NotFoundError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^404 Item \S+ not found from (agent|phone-number)$/) as unknown,
      });
    }
  });

  test('understands that a field is wrong', async () => {
    expect(
      await rejection(client().call.createPhoneCall({ ...callParams(), to_number: '123' })),
    ).toBeInstanceOf(Retell.BadRequestError);
  });
});

describe("Vapi's SDK", () => {
  function client(key: keyof KeySet = 'valid'): VapiClient {
    const { baseUrl, keys } = sandbox.vapi;
    return new VapiClient({ token: keys[key], baseUrl, maxRetries: 0, timeoutInSeconds: 5 });
  }

  function callParams(account: 'agency' | 'client' = 'agency') {
    const { agents, fromNumber } = sandbox.vapi.accounts[account];
    const assistantOverrides = {
      metadata: { latchkey_call_id: CALL_ID },
      variableValues: { name: 'Ada' },
    };
    return {
      assistantId: agents[0]?.id ?? '',
      phoneNumberId: fromNumber,
      customer: { number: TO },
      assistantOverrides,
    };
  }

  test('sends what the adapter sends to verify a key, and understands the answer', async () => {
    expect(await client().assistants.list({ limit: 1 })).toMatchObject([
      { id: sandbox.vapi.agents.agency[0]?.id },
    ]);
    const expected = sandbox.vapi.requests.at(-1);
    await expectSameFromUs('vapi', adapterOf('VAPI').verify, expected, 200);
  });

  test('sends what the adapter sends to look up an agent, and understands the answer', async () => {
    const { id, name } = sandbox.vapi.agents.agency[0] ?? { id: '', name: '' };
    expect(await client().assistants.get({ id })).toMatchObject({
      id,
      name,
      orgId: sandbox.vapi.accounts.agency.orgId,
    });
    const expected = sandbox.vapi.requests.at(-1);
    await expectSameFromUs(
      'vapi',
      adapterOf('VAPI').agent({ providerAgentId: id, providerAgentKind: 'AGENT' }),
      expected,
      200,
    );
  });

  test('sends what the adapter sends to place a call, and understands the answer', async () => {
    const params = callParams();
    const { assistantId } = params;
    expect(await client().calls.create(params)).toMatchObject({
      status: 'queued',
      type: 'outboundPhoneCall',
      assistantId,
    });
    const expected = sandbox.vapi.requests.at(-1);
    const call = {
      callId: CALL_ID,
      providerAgentId: params.assistantId,
      providerAgentKind: 'AGENT' as const,
      toNumber: TO,
      fromNumber: params.phoneNumberId,
      variables: params.assistantOverrides.variableValues,
    };
    await expectSameFromUs('vapi', adapterOf('VAPI').placeCall(call), expected, 201);
  });

  test('finds again a call that was placed, by its id and in the list', async () => {
    const { id } = (await client('secondAccount').calls.create(callParams('client'))) as Vapi.Call;
    const { assistantOverrides } = callParams();
    expect(await client('secondAccount').calls.get({ id })).toMatchObject({ id, assistantOverrides });
    expect(await client('secondAccount').calls.list()).toMatchObject([{ id }]);
    expect(await rejection(client().calls.get({ id }))).toMatchObject({ statusCode: 404 });
  });

  test('reads how a call goes on and ends, as the adapter does', async () => {
    const { id } = (await client().calls.create(callParams())) as Vapi.Call;
    const adapter = adapterOf('VAPI');
    expect(adapter.readCall(await client().calls.get({ id }))).toMatchObject({
      providerCallId: id,
      latchkeyCallId: CALL_ID,
      status: 'IN_PROGRESS',
      startedAt: expect.any(Date) as Date,
      cost: null,
    });
    const expected = sandbox.vapi.requests.at(-1);
    await expectSameFromUs('vapi', adapter.call(id), expected, 200);
    const ended = await client().calls.get({ id });
    expect(ended).toMatchObject({ status: 'ended', endedReason: 'customer-ended-call', cost: 0.0531 });
    expect(adapter.readCall(ended)).toMatchObject({
      status: 'COMPLETED',
      durationMs: 42_500,
      endReason: 'HUNG_UP_BY_CALLEE',
      cost: { micros: 53_100, currency: 'USD', figure: '0.0531', unit: 'US_DOLLAR' },
    });
  });

  test('shows the address by which a call is ended, and understands that it has ended', async () => {
    const { id } = (await client().calls.create(callParams())) as Vapi.Call;
    const { monitor } = await client().calls.get({ id });
    const { stopCall } = adapterOf('VAPI');
    if (stopCall.by !== 'ADDRESS') throw new Error('A call is stopped at an address of its own');
    expect(stopCall.addressIn({ monitor })).toBe(monitor?.controlUrl);
    expect(await postTo(monitor?.controlUrl ?? '', stopCall.body, 5000)).toBeNull();
    expect(await client().calls.get({ id })).toMatchObject({
      status: 'ended',
      endedReason: 'manually-canceled',
    });
    expect(await postTo(monitor?.controlUrl ?? '', stopCall.body, 5000)).toMatchObject({ httpStatus: 404 });
  });

  test('sends what the adapter sends to list the calls of a span of time', async () => {
    const { id } = (await client().calls.create(callParams())) as Vapi.Call;
    const { createdAt } = await client().calls.get({ id });
    const adapter = adapterOf('VAPI');
    const [since, until] = [-1000, 1000].map((ms) => new Date(Date.parse(createdAt) + ms));
    if (!since || !until) throw new Error('There are two times');
    const params = { limit: 50, createdAtGe: since.toISOString(), createdAtLe: until.toISOString() };
    const listed = await client().calls.list(params);
    const expected = sandbox.vapi.requests.at(-1);
    expect(listed.map((call) => call.id)).toContain(id);
    const span = { callId: CALL_ID, since, until, cursor: null };
    await expectSameFromUs('vapi', adapter.listCalls(span), expected, 200);
    expect(adapter.readCallList(listed, span)).toEqual({ items: listed, next: null });
    const later = { ...params, createdAtGe: new Date(Date.now() + 60_000).toISOString() };
    expect(await client().calls.list({ ...later, createdAtLe: '2100-01-01T00:00:00.000Z' })).toEqual([]);
  });

  test('sends what the adapter sends to list assistants and phone numbers, page by page', async () => {
    const { agents, numbers } = listsOf('VAPI');
    const listed = await client().assistants.list({ limit: 100 });
    await expectSameFromUs('vapi', agents.request(null), sandbox.vapi.requests.at(-1), 200);
    const items = sandbox.vapi.agents.agency.map(({ id, name }) => ({
      providerAgentId: id,
      providerAgentKind: 'AGENT',
      name,
    }));
    expect(agents.read(listed, null)).toEqual({ items, next: null });
    const last = listed.at(-1)?.createdAt ?? '';
    expect(await client().assistants.list({ limit: 100, createdAtLe: last })).toEqual(listed.slice(-1));
    await expectSameFromUs('vapi', agents.request(last), sandbox.vapi.requests.at(-1), 200);
    const { fromNumber, phoneNumber } = sandbox.vapi.accounts.agency;
    const shown = await client().phoneNumbers.list({ limit: 100 });
    await expectSameFromUs('vapi', numbers.request(null), sandbox.vapi.requests.at(-1), 200);
    expect(numbers.read(shown, null)?.items).toEqual([
      { fromNumber, phoneNumber, label: 'Main line', providerAgentIds: [sandbox.vapi.agents.agency[0]?.id] },
    ]);
  });

  test.each([
    ['revoked', 401, /Hot tip/],
    ['restricted', 403, /Forbidden/],
    ['rateLimited', 429, /Too Many Requests/],
    ['outOfFunds', 402, /credits/],
  ] as const)('understands the refusal of a %s key', async (key, statusCode, message) => {
    const error = await rejection(client(key).assistants.list({ limit: 1 }));
    expect(error).toBeInstanceOf(VapiError);
    expect(error).toMatchObject({
      statusCode,
      body: { statusCode, message: expect.stringMatching(message) as unknown },
    });
  });

  test('understands that an assistant of another account is not there', async () => {
    const { assistantId, phoneNumberId } = callParams('client');
    expect(await rejection(client().assistants.get({ id: assistantId }))).toMatchObject({ statusCode: 404 });
    const wrongAssistant = await rejection(client().calls.create({ ...callParams(), assistantId }));
    expect(wrongAssistant).toBeInstanceOf(Vapi.BadRequestError);
    expect(wrongAssistant).toMatchObject({
      body: { message: `Couldn't Get Assistant. \`assistantId\` ${assistantId} Does Not Exist.` },
    });
    expect(await rejection(client().calls.create({ ...callParams(), phoneNumberId }))).toBeInstanceOf(
      Vapi.BadRequestError,
    );
  });

  test('understands that a field is missing', async () => {
    const { customer: _customer, ...withoutCustomer } = callParams();
    const { phoneNumberId: _number, ...withoutNumber } = callParams();
    const aboutCustomer = {
      statusCode: 400,
      body: { message: [expect.stringContaining('customer.number') as unknown] },
    };
    const aboutNumber = {
      statusCode: 400,
      body: { message: expect.stringContaining('Need Either') as unknown },
    };
    expect(await rejection(client().calls.create(withoutCustomer))).toMatchObject(aboutCustomer);
    expect(await rejection(client().calls.create(withoutNumber))).toMatchObject(aboutNumber);
  });
});
