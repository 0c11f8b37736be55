import { MAPLE } from '../demo-ids';
import { gatewayToken, send } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { codes, START_CALL, VERIFY_AGENCY, type UserErrors } from '../operations';

const CREATE = `mutation ($input: CreateAgentInput!) {
  createAgent(input: $input) { agent { id providerAgentId providerAgentKind } userErrors { code field message } }
}`;
const UPDATE = `mutation ($input: UpdateAgentInput!) {
  updateAgent(input: $input) { agent { id providerAgentId providerAgentKind } userErrors { code field message } }
}`;

interface Changed extends UserErrors {
  readonly agent: { readonly id: string; readonly providerAgentKind: string } | null;
}

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
});
afterAll(() => running.close());

const create = async (input: object) =>
  (
    await running.data<{ createAgent: Changed }>(CREATE, {
      input: { name: 'New', provider: 'BLAND', clientId: MAPLE, ...input },
    })
  ).createAgent;
const update = async (input: object) =>
  (await running.data<{ updateAgent: Changed }>(UPDATE, { input })).updateAgent;
const idIn = ({ agent }: Changed) => agent?.id ?? '';
const call = async (agentId: string) => {
  const input = { agentId, toNumber: '+14155550123' };
  type Started = { startTestCall: { call: { status: string; error: { code: string } | null } | null } };
  return (await running.data<Started>(START_CALL, { input })).startTestCall.call;
};
const bland = () => running.sandbox.bland;

test.each([
  ['PATHWAY', 'pathway', 'pathway_id'],
  ['PERSONA', 'persona', 'persona_id'],
] as const)(
  'a %s is called by its own id, looked up at its own place, and heard of again',
  async (kind, name, property) => {
    const { agency, client } = bland().accounts;
    const providerAgentId = agency[name]?.id ?? '';
    const created = await create({ providerAgentId, providerAgentKind: kind });
    expect(created).toMatchObject({ agent: { providerAgentId, providerAgentKind: kind }, userErrors: [] });
    expect(await call(idIn(created))).toMatchObject({ status: 'QUEUED', error: null });
    const [{ body } = { body: null }] = bland().requests.slice(-1);
    expect(body).toMatchObject({ [property]: providerAgentId });
    expect(Object.keys(body as object).filter((each) => /^(agent|pathway|persona)_id$/.test(each))).toEqual([
      property,
    ]);
    // The other account has another one.
    await update({ agentId: idIn(created), providerAgentId: client[name]?.id });
    expect(await call(idIn(created))).toMatchObject({ status: 'FAILED', error: { code: 'AGENT_NOT_FOUND' } });
  },
);

test.each([
  ['PATHWAY', 'pathway', 'pathway_id', '/v1/pathway'],
  ['PERSONA', 'persona', 'persona_id', '/v1/personas'],
] as const)(
  'a %s is read and called through the gateway by its own kind alone',
  async (kind, name, property, path) => {
    const providerAgentId = bland().accounts.agency[name]?.id ?? '';
    expect(codes(await create({ providerAgentId, providerAgentKind: kind }))).toEqual([]);
    const { token } = await gatewayToken(running);
    const ask = async (method: string, target: string, body?: object) => {
      const sent = { method, body: body && JSON.stringify(body) };
      const { status, reason } = await send(running.url, `/gateway/bland${target}`, token, sent);
      return [status, reason];
    };
    const place = (members: object) => ask('POST', '/v1/calls', { phone_number: '+14155550123', ...members });
    expect(await ask('GET', `${path}/${providerAgentId}`)).toEqual([200, undefined]);
    expect(await place({ [property]: providerAgentId })).toEqual([200, undefined]);
    const [{ body } = { body: null }] = bland().requests.slice(-1);
    expect(body).toMatchObject({
      [property]: providerAgentId,
      metadata: { latchkey_call_id: expect.any(String) as string },
    });
    const { length } = bland().requests;
    expect(await place({ agent_id: providerAgentId })).toEqual([400, 'AGENT_NOT_FOUND']);
    expect(await place({ agent_id: providerAgentId, [property]: providerAgentId })).toEqual([
      400,
      'INVALID_BODY',
    ]);
    expect(await ask('GET', `/v2/agents/${providerAgentId}`)).toEqual([404, 'AGENT_NOT_FOUND']);
    expect(await ask('GET', `${path}/5f9c1f8e-2b7d-4b60-9d1c-000000000001`)).toEqual([
      404,
      'AGENT_NOT_FOUND',
    ]);
    expect(bland().requests).toHaveLength(length);
  },
);

test('an agent is an agent unless something else is said, and is changed into another kind', async () => {
  const [agent] = bland().accounts.agency.agents.slice(-1);
  const created = await create({ providerAgentId: agent?.id });
  expect(created).toMatchObject({ agent: { providerAgentKind: 'AGENT' }, userErrors: [] });
  const changed = await update({ agentId: idIn(created), providerAgentKind: 'PERSONA' });
  expect(changed).toMatchObject({ agent: { providerAgentKind: 'PERSONA' }, userErrors: [] });
  expect(await update({ agentId: idIn(created), providerAgentKind: null })).toEqual(changed);
  expect(await call(idIn(created))).toMatchObject({ error: { code: 'AGENT_NOT_FOUND' } });
  await update({ agentId: idIn(created), providerAgentKind: 'AGENT' });
  expect(await call(idIn(created))).toMatchObject({ status: 'QUEUED' });
});

test('a provider has its own kinds alone, and each id once, whatever its kind', async () => {
  const retell = { provider: 'RETELL', providerAgentId: 'agent_new', providerAgentKind: 'PERSONA' };
  const refused = await create(retell);
  expect(codes(refused)).toEqual(['INVALID_FORMAT input.providerAgentKind']);
  expect(refused.userErrors[0]?.message).toBe('Retell has no agents of this kind.');
  const providerAgentId = '00000000-0000-4000-9000-00000000beef';
  const created = await create({ providerAgentId, providerAgentKind: 'PATHWAY' });
  expect(codes(await create({ providerAgentId, providerAgentKind: 'PERSONA' }))).toEqual([
    'DUPLICATE input.providerAgentId',
  ]);
  const { verifyAgencyApiKeys } = await running.data<{
    verifyAgencyApiKeys: { results: { agentsMissingInAccount: { id: string }[] }[] };
  }>(VERIFY_AGENCY, { input: { providers: ['BLAND'] } });
  const [missing] = verifyAgencyApiKeys.results;
  expect(missing?.agentsMissingInAccount).toContainEqual({ id: idIn(created) });
});
