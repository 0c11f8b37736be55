import { CallRow } from '../../src/calls/call.entity';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENTS_AGENT,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  OTHER_AGENCYS_AGENT,
} from '../demo-ids';
import type { Persona } from '../../src/demo/seed';
import { post, startTestApp, type TestApp } from '../harness';
import {
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  codes,
  SET_CLIENT,
  START_CALL,
  START_LIVE_CALL,
  type UserErrors,
} from '../operations';

interface Started extends UserErrors {
  readonly call: Readonly<Record<string, unknown>> & { readonly id: string };
}

const TO = '+14155550123';
let running: TestApp;
const startApp = async () => void (running = await startTestApp());
const stopApp = () => running.close();

let keys = 0;
const inputOf = <M extends object>(more: M = {} as M) => ({
  agentId: HARBOR_RETELL_AGENT,
  toNumber: TO,
  idempotencyKey: `key ${(keys += 1)}`,
  ...more,
});
const start = async (more: object = {}, as: Persona = 'agencyAdmin') =>
  (await running.data<{ startCall: Started }>(START_LIVE_CALL, { input: inputOf(more) }, as)).startCall;
const refusal = async (more: object, as?: Persona) => {
  const started = await start(more, as);
  expect(started.call).toBeNull();
  return codes(started);
};
const sentTo = (name: 'retell' | 'vapi' | 'bland') =>
  running.sandbox[name].requests.filter(({ method }) => method === 'POST').map(({ body }) => body);

const value = (length: number) => [{ name: 'a', value: 'x'.repeat(length) }];
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value: '' }));

// Nothing is stored of what is refused: one app serves all of these tests.
describe('a call of which something is wrong', () => {
  beforeAll(startApp);
  afterAll(stopApp);

  test.each([
    [{ toNumber: '555' }, ['INVALID_FORMAT input.toNumber']],
    [{ idempotencyKey: ' ' }, ['REQUIRED input.idempotencyKey']],
    [{ idempotencyKey: 'x'.repeat(256) }, ['TOO_LONG input.idempotencyKey']],
    [{ variables: value(10_001) }, ['TOO_LONG input.variables']],
    [{ variables: many(51) }, ['TOO_LONG input.variables']],
    [{ variables: [{ name: '1a', value: '' }] }, ['INVALID_FORMAT input.variables.0.name']],
    [
      {
        variables: [
          { name: '__proto__', value: '' },
          { name: 'a b', value: '' },
        ],
      },
      ['INVALID_FORMAT input.variables.1.name'],
    ],
    [{ variables: [...value(1), ...value(1)] }, ['DUPLICATE input.variables.1.name']],
    [{ agentId: OTHER_AGENCYS_AGENT }, ['NOT_FOUND input.agentId']],
    [{ agentId: ARCHIVED_CLIENTS_AGENT }, ['CLIENT_ARCHIVED input.agentId']],
  ])('is refused, and no provider is asked: %j', async (change, expected) => {
    expect(await refusal(change)).toEqual(expected);
    for (const name of ['retell', 'vapi', 'bland'] as const) expect(sentTo(name)).toEqual([]);
  });
});

test('an idempotency key that is too long is refused with the length that it may have', async () => {
  await startApp();
  const query = 'mutation ($input: StartCallInput!) { startCall(input: $input) { userErrors { message } } }';
  expect(await running.data(query, { input: inputOf({ idempotencyKey: 'x'.repeat(256) }) })).toEqual({
    startCall: { userErrors: [{ message: 'At most 255 characters.' }] },
  });
  await stopApp();
});

describe('a call', () => {
  beforeEach(startApp);
  afterEach(stopApp);

  test.each(['agencyAdmin', 'agencyMember'] as const)('is placed for the %s, as a live one', async (as) => {
    expect((await start({}, as)).call).toMatchObject({
      status: 'QUEUED',
      kind: 'LIVE',
      direction: 'OUTBOUND',
      origin: 'API',
      providerCallId: expect.any(String) as string,
    });
  });

  test.each(['AGENCY_ADMIN', 'AGENCY_MEMBER'])(
    'is placed for a service token of the role %s',
    async (role) => {
      const CREATE = `mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { token } }`;
      const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(CREATE, {
        input: { name: 'Dialler', role, expiresInDays: 1 },
      });
      const variables = { input: inputOf() };
      const { data } = await post(running.url, createServiceToken.token, {
        query: START_LIVE_CALL,
        variables,
      });
      expect(data).toMatchObject({ startCall: { call: { status: 'QUEUED' }, userErrors: [] } });
    },
  );

  test('is placed for no portal user, whatever its permissions, and for no stranger', async () => {
    const ask = async (as: Persona | null) =>
      (await running.ask(as, START_LIVE_CALL, { input: inputOf() })).errors[0]?.extensions.code;
    expect(await ask('portalUser')).toBe('FORBIDDEN');
    expect(await ask(null)).toBe('UNAUTHENTICATED');
    expect(sentTo('retell')).toEqual([]);
  });

  test.each([
    ['retell', HARBOR_RETELL_AGENT, 'retell_llm_dynamic_variables'],
    ['bland', HARBOR_BLAND_AGENT, 'request_data'],
  ] as const)('hands its variables to %s', async (name, agentId, property) => {
    await start({ agentId, variables: [{ name: 'first_name', value: 'Ada' }] });
    expect(sentTo(name)).toEqual([expect.objectContaining({ [property]: { first_name: 'Ada' } })]);
  });

  test('hands its variables to vapi', async () => {
    await start({ agentId: HARBOR_VAPI_AGENT, variables: [{ name: 'first_name', value: 'Ada' }] });
    expect(sentTo('vapi')).toMatchObject([{ assistantOverrides: { variableValues: { first_name: 'Ada' } } }]);
  });

  test('keeps nothing of its variables', async () => {
    const { call } = await start({ variables: [{ name: 'secret_name', value: 'a value of a patient' }] });
    const row = await running.app.database.read.findOneByOrFail(CallRow, { id: call.id });
    expect(JSON.stringify(row)).not.toMatch(/secret_name|patient/);
    expect(running.logs.join()).not.toMatch(/secret_name|patient/);
  });

  test('is placed once under one idempotency key, and the repetition answers with it', async () => {
    const input = inputOf({
      variables: [
        { name: 'a', value: '1' },
        { name: 'b', value: '2' },
      ],
    });
    const first = await start(input);
    const turned = { ...input, variables: [...input.variables].reverse() };
    expect(await start(turned, 'agencyMember')).toEqual(first);
    expect(sentTo('retell')).toHaveLength(1);
  });

  test.each([
    ['another number', { toNumber: '+14155550199' }],
    ['another agent', { agentId: HARBOR_VAPI_AGENT }],
    ['other variables', { variables: [{ name: 'a', value: '2' }] }],
    ['no variables', { variables: null }],
  ])('with %s under a used idempotency key is refused', async (_, change) => {
    const input = inputOf({ variables: [{ name: 'a', value: '1' }] });
    await start(input);
    expect(await refusal({ ...input, ...change })).toEqual(['IDEMPOTENCY_CONFLICT input.idempotencyKey']);
    expect(sentTo('retell')).toHaveLength(1);
  });

  test('is not taken for a test call of the same idempotency key', async () => {
    const input = inputOf();
    await running.data(START_CALL, { input });
    expect(await refusal(input)).toEqual(['IDEMPOTENCY_CONFLICT input.idempotencyKey']);
  });

  test('may have variables up to the limits, whatever they are called', async () => {
    const variables = [...many(49), { name: '__proto__', value: 'x'.repeat(10_000) }];
    expect((await start({ variables })).call).toMatchObject({ status: 'QUEUED' });
    const [body] = sentTo('retell');
    expect(JSON.stringify(body)).toContain('"__proto__":"xxx');
  });

  test('of a member says nothing of the keys when there is none that it can use', async () => {
    const harbors = { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: 'key_0123456789abcdef' }] };
    await running.data(SET_CLIENT, { input: harbors });
    await running.app.database.write((tx) =>
      tx.run("UPDATE api_keys SET isSet = 0 WHERE ownerId = ? AND provider = 'RETELL'", [HARBOR]),
    );
    const unreadable = await start({}, 'agencyMember');
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    const missing = await start({}, 'agencyMember');
    expect(codes(missing)).toEqual(['NO_KEY_CONFIGURED input.agentId']);
    expect(missing).toEqual(unreadable);
  });
});

describe('the receipt of a call', () => {
  beforeEach(startApp);
  afterEach(stopApp);

  const RECEIPT = `query ($id: ID!) { call(id: $id) {
    receipt { resolvedAt source version explanation steps { source isSet taken reason } } } }`;
  const receiptOf = async (id: string) =>
    (await running.data<{ call: { receipt: unknown } }>(RECEIPT, { id })).call.receipt;

  test('says whose key was used, in which version and why, with every step of the chain', async () => {
    const { call } = await start();
    expect(await receiptOf(call.id)).toEqual({
      resolvedAt: expect.any(String) as string,
      source: 'CLIENT',
      version: 1,
      explanation: "The call used the client's Retell key. It had not been verified.",
      steps: [
        { source: 'CLIENT', isSet: true, taken: true, reason: 'The client has a Retell key of its own.' },
        {
          source: 'AGENCY',
          isSet: true,
          taken: false,
          reason: "Not asked: the client's key comes first. The agency has a Retell key.",
        },
      ],
    });
  });

  test('stays as it was when the keys change', async () => {
    const { call } = await start();
    const before = await receiptOf(call.id);
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
    expect(await receiptOf(call.id)).toEqual(before);
  });

  test('says what was known of the key, which was used all the same', async () => {
    const input = {
      clientId: HARBOR,
      keys: [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.revoked }],
    };
    await running.data(SET_CLIENT, { input });
    const unverified = await start();
    await running.app.upkeep.keyChecker.checkDue();
    const invalid = await start();
    expect([await receiptOf(unverified.call.id), await receiptOf(invalid.call.id)]).toMatchObject([
      { version: 2, explanation: "The call used the client's Retell key. It had not been verified." },
      {
        version: 2,
        explanation:
          "The call used the client's Retell key. Its last known status was INVALID; it was used all the same, since another key would have billed the wrong party.",
      },
    ]);
  });

  test('of an agent of no client says so', async () => {
    const { call } = await start({ agentId: AGENCYS_OWN_AGENT });
    expect(await receiptOf(call.id)).toMatchObject({
      source: 'AGENCY',
      steps: [{ isSet: false, reason: 'The agent is assigned to no client.' }, { taken: true }],
    });
  });

  test('is for agency admins alone', async () => {
    const { call } = await start();
    for (const as of ['agencyMember', 'portalUser'] as const) {
      const { data, errors } = await running.ask(as, RECEIPT, { id: call.id });
      expect(data).toEqual({ call: { receipt: null } });
      expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});
