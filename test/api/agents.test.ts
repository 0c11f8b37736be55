import { AgentRow } from '../../src/agents/agent.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { newId } from '../../src/platform/ids';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENT,
  CEDAR,
  HARBOR,
  HARBOR_RETELL_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
  OTHER_AGENCYS_AGENT,
} from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, CREATE_AGENT, SET_CLIENT, type UserErrors } from '../operations';

let running: TestApp;
const start = async () => void (running = await startTestApp());
const stop = () => running.close();

interface Created extends UserErrors {
  readonly agent: { readonly id: string; readonly fromNumber: string | null } | null;
}

const CREATE = CREATE_AGENT.replace('{ code field }', '{ code field message }');
const ASSIGN =
  'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { agent { id client { id } } previousClient { id agents { nodes { id } } } userErrors { code field } } }';

async function create(input: object, persona: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin') {
  const whole = { name: 'New', provider: 'RETELL', providerAgentId: 'agent_new', ...input };
  return (await running.data<{ createAgent: Created }>(CREATE, { input: whole }, persona)).createAgent;
}

const assign = async (agentId: string, clientId: string | null) =>
  (await running.data<{ assignAgent: UserErrors }>(ASSIGN, { input: { agentId, clientId } })).assignAgent;
const rowOf = (id: string) => running.app.database.read.findOneByOrFail(AgentRow, { id });

/** A second entry for the same agent of a provider, as older releases let it be made. */
async function twinOf(id: string, clientId: string | null): Promise<string> {
  const twin = { ...(await rowOf(id)), id: newId(), clientId };
  await running.app.database.write((tx) => tx.insert(AgentRow, twin));
  return twin.id;
}

describe('the same agent of a provider', () => {
  beforeEach(start);
  afterEach(stop);

  test.each([HARBOR, MAPLE, null])(
    'can be entered only once in an agency, also for the client %s',
    async (clientId) => {
      const { providerAgentId } = await rowOf(HARBOR_RETELL_AGENT);
      expect(codes(await create({ providerAgentId, clientId }))).toEqual(['DUPLICATE input.providerAgentId']);
    },
  );

  test('is entered once when several requests create it at the same time, on every instance', async () => {
    const other = await running.another();
    const input = { name: 'New', provider: 'RETELL', providerAgentId: 'agent_new' };
    const answers = await Promise.all(
      [running, other, running, other].map((instance) =>
        instance.data<{ createAgent: Created }>(CREATE, { input }),
      ),
    );
    await other.close();
    const found = answers.map(({ createAgent }) => codes(createAgent).join());
    expect(found.sort()).toEqual(['', ...Array<string>(3).fill('DUPLICATE input.providerAgentId')]);
  });

  test('differs from one in another case, at another provider or in another agency', async () => {
    const id = '00000000-0000-4000-8000-0000000000ab';
    expect(codes(await create({ providerAgentId: 'agent_x' }))).toEqual([]);
    expect(codes(await create({ providerAgentId: 'agent_X' }))).toEqual([]);
    expect(codes(await create({ providerAgentId: 'agent_x' }, 'otherAgencyAdmin'))).toEqual([]);
    expect(codes(await create({ provider: 'BLAND', providerAgentId: id }))).toEqual([]);
    expect(codes(await create({ provider: 'VAPI', providerAgentId: id }))).toEqual([]);
    // A UUID is the same in capitals.
    expect(codes(await create({ provider: 'VAPI', providerAgentId: id.toUpperCase() }))).toEqual([
      'DUPLICATE input.providerAgentId',
    ]);
  });

  test('is assigned to no client while an older entry for it belongs to another', async () => {
    const twin = await twinOf(AGENCYS_OWN_AGENT, MAPLE);
    expect(codes(await assign(AGENCYS_OWN_AGENT, CEDAR))).toEqual(['DUPLICATE input.clientId']);
    expect((await rowOf(AGENCYS_OWN_AGENT)).clientId).toBeNull();
    // Together with the other one it may be.
    expect(codes(await assign(AGENCYS_OWN_AGENT, MAPLE))).toEqual([]);
    expect(codes(await assign(twin, null))).toEqual(['DUPLICATE input.clientId']);
  });

  test('is assigned as before when it is entered once, whatever other agencies have entered', async () => {
    // Of the same account at the provider.
    expect((await rowOf(MAPLE_RETELL_AGENT)).providerAgentId).toBe(
      (await rowOf(OTHER_AGENCYS_AGENT)).providerAgentId,
    );
    expect(codes(await assign(MAPLE_RETELL_AGENT, CEDAR))).toEqual([]);
    expect(codes(await assign(MAPLE_RETELL_AGENT, null))).toEqual([]);
  });
});

describe('an agent that is assigned', () => {
  beforeEach(start);
  afterEach(stop);

  test('comes with the client that it has left and the agents that are left there, and with none where it stays', async () => {
    const previous = async (clientId: string | null) =>
      ((await assign(MAPLE_RETELL_AGENT, clientId)) as unknown as { previousClient: object | null })
        .previousClient;
    const left = (await running.app.database.read.findBy(AgentRow, { clientId: MAPLE })).length - 1;
    expect(await previous(CEDAR)).toMatchObject({
      id: MAPLE,
      agents: { nodes: expect.not.arrayContaining([{ id: MAPLE_RETELL_AGENT }]) as object[] },
    });
    expect(left).toBeGreaterThan(0);
    expect(await previous(CEDAR)).toBeNull();
    expect(await previous(null)).toMatchObject({ id: CEDAR });
    expect(await previous(MAPLE)).toBeNull();
    expect(await previous(ARCHIVED_CLIENT)).toBeNull();
  });
});

describe('the agents of a list of clients', () => {
  beforeAll(start);
  afterAll(stop);

  test('are the same for each client as on its own page, also where another client has hundreds', async () => {
    const row = await rowOf(MAPLE_RETELL_AGENT);
    await running.app.database.write(async (tx) => {
      for (let count = 0; count < 300; count += 1)
        await tx.insert(AgentRow, { ...row, id: newId(), providerAgentId: `agent_${count}` });
    });
    const agents = 'agents(first: 1) { nodes { id } pageInfo { hasNextPage endCursor } totalCount }';
    // Of two clients, four agents are read at first: three of the one, and one of the hundreds.
    const { clients } = await running.data<{ clients: { nodes: { id: string; agents: object }[] } }>(
      `{ clients(first: 2) { nodes { id ${agents} } } }`,
    );
    for (const { id, ...shown } of clients.nodes) {
      const { client } = await running.data<{ client: object }>(
        `query ($id: ID!) { client(id: $id) { id ${agents} } }`,
        { id },
      );
      expect({ id, ...shown }).toEqual(client);
    }
    expect(clients.nodes.find(({ id }) => id === MAPLE)?.agents).toMatchObject({
      nodes: [{ id: MAPLE_RETELL_AGENT }],
      totalCount: 302,
    });
  });

  test('are hardly more than the page shows, also where a client has hundreds', async () => {
    const query = '{ clients(first: 2) { nodes { agents(first: 1) { nodes { id } } } } }';
    const read = jest.spyOn(running.app.database.read, 'rows');
    await running.data(query);
    const ofAgents = read.mock.results.filter((_, index) =>
      read.mock.calls[index]?.[0].includes(' agents a'),
    );
    const rows = (await Promise.all(ofAgents.map(({ value }) => value as Promise<object[]>))).flat();
    read.mockRestore();
    // Two of each client tell whether there are more, and are read once more where one of them has many.
    expect(rows.length).toBeLessThanOrEqual(8);
  });
});

describe('an agent that is changed', () => {
  beforeEach(start);
  afterEach(stop);

  const UPDATE = `mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) {
    agent { providerAgentId fromNumber name client { id } keyResolution { source } } userErrors { code field } } }`;
  const update = async (input: object, agentId = HARBOR_RETELL_AGENT) =>
    (
      await running.data<{ updateAgent: UserErrors & { agent: object | null } }>(UPDATE, {
        input: { agentId, ...input },
      })
    ).updateAgent;
  const events = async () =>
    (await running.app.database.read.findBy(AuditEventRow, { type: 'AGENT_UPDATED' })).map(
      ({ clientId, details }) => [clientId, JSON.parse(details)] as const,
    );

  test('keeps its client and whose key it uses, and whatever is not given, with one event a change', async () => {
    const { name, fromNumber, providerAgentId } = await rowOf(HARBOR_RETELL_AGENT);
    const rest = { name, client: { id: HARBOR }, keyResolution: { source: 'CLIENT' } };
    expect((await update({ providerAgentId: ' agent_moved ' })).agent).toEqual({
      providerAgentId: 'agent_moved',
      fromNumber,
      ...rest,
    });
    const changed = { providerAgentId: 'agent_moved', fromNumber: '+14155550177', ...rest };
    expect((await update({ fromNumber: '+14155550177' })).agent).toEqual(changed);
    expect((await update({})).agent).toEqual(changed);
    expect((await update({ providerAgentId: null, fromNumber: null })).agent).toEqual({
      ...changed,
      fromNumber: null,
    });
    // Each tells the id that the agent had until then.
    expect(await events()).toEqual(
      [providerAgentId, 'agent_moved', 'agent_moved'].map((formerProviderAgentId) => [
        HARBOR,
        { agentId: HARBOR_RETELL_AGENT, clientId: HARBOR, formerProviderAgentId },
      ]),
    );
  });

  test('is refused with everything that is wrong, and stays as it was', async () => {
    const before = await rowOf(HARBOR_RETELL_AGENT);
    const taken = (await rowOf(MAPLE_RETELL_AGENT)).providerAgentId;
    const key = 'key_of_harbor_0123';
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: key }] },
    });
    expect(codes(await update({ providerAgentId: 'front-desk', fromNumber: 'home' }))).toEqual([
      'INVALID_FORMAT input.providerAgentId',
      'INVALID_FORMAT input.fromNumber',
    ]);
    expect(codes(await update({ providerAgentId: '' }))).toEqual(['REQUIRED input.providerAgentId']);
    expect(codes(await update({ providerAgentId: taken }))).toEqual(['DUPLICATE input.providerAgentId']);
    expect(codes(await update({ providerAgentId: key }))).toEqual(['INVALID_FORMAT input.providerAgentId']);
    for (const id of [OTHER_AGENCYS_AGENT, newId(), ''])
      expect(codes(await update({ fromNumber: null }, id))).toEqual(['NOT_FOUND input.agentId']);
    expect(await rowOf(HARBOR_RETELL_AGENT)).toEqual(before);
    expect(await events()).toEqual([]);
  });

  test('may get another number where an older entry for it is there a second time', async () => {
    await twinOf(HARBOR_RETELL_AGENT, HARBOR);
    expect(codes(await update({ fromNumber: '+14155550177' }))).toEqual([]);
  });
});

const UUID = '12345678-1234-4123-8123-123456789abc';

// Nothing is stored of what is refused: one app serves all of these tests.
describe('a text that is no id of a provider', () => {
  beforeAll(start);
  afterAll(stop);

  test.each([
    ['RETELL', '+14155550100', /phone number.*begin with `agent_`/],
    ['RETELL', 'https://dashboard.retellai.com/agents/agent_1', /URL/],
    ['RETELL', 'ada@example.com', /e-mail/],
    ['RETELL', 'key_0123456789abcdef', /API key or a token/],
    ['RETELL', 'RETELL_API_KEY=key_0123456789', /API key or a token/],
    ['RETELL', 'front-desk', /not an id of Retell: these begin with `agent_`/],
    ['RETELL', 'agentx_1', /begin with `agent_`/],
    ['VAPI', '+1 (415) 555-0100', /ASCII/],
    ['VAPI', '(415)555-0100', /phone number.*UUID/],
    ['VAPI', 'www.vapi.ai', /URL/],
    ['VAPI', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', /signed token/],
    ['VAPI', 'lk_0123456789abcdef', /API key or a token/],
    ['VAPI', 'demo', /not an id of Vapi: these are UUIDs/],
    ['VAPI', `${UUID}a`, /UUID/],
    ['BLAND', 'org_0123456789abcdef', /API key or a token/],
    ['BLAND', 'sub-sk-0123456789abcdef', /API key or a token/],
    ['BLAND', `${UUID.slice(0, 9)}\u200B${UUID.slice(9)}`, /ASCII/],
  ])('of %s is not %s, and the answer says why without repeating it', async (provider, id, why) => {
    const answer = await create({ provider, providerAgentId: id });
    expect(codes(answer)).toEqual(['INVALID_FORMAT input.providerAgentId']);
    expect(answer.userErrors[0]?.message).toMatch(why);
    expect(JSON.stringify(answer)).not.toContain(id);
  });
});

describe('an id of a provider', () => {
  beforeEach(start);
  afterEach(stop);

  test.each([
    ['RETELL', '\u2060agent_pasted\uFEFF\n', 'agent_pasted'],
    ['VAPI', `\u200B ${UUID.toUpperCase()} `, UUID],
    ['BLAND', `\u00A0${UUID}\u200E`, UUID],
  ])('of %s is stored without what is pasted around it', async (provider, id, stored) => {
    const { agent } = await create({ provider, providerAgentId: id });
    expect((await rowOf(agent?.id ?? '')).providerAgentId).toBe(stored);
  });

  test('is refused when it is a key of the agency or of one of its clients, although it looks like an id', async () => {
    const key = '9f1c2b34-0000-4000-8000-00000000beef';
    await running.data(SET_CLIENT, {
      input: { clientId: MAPLE, keys: [{ provider: 'VAPI', apiKey: key }] },
    });
    const asAgent = await create({ provider: 'VAPI', providerAgentId: key });
    const asNumber = await create({ provider: 'VAPI', providerAgentId: UUID, fromNumber: key });
    expect([codes(asAgent), codes(asNumber)]).toEqual([
      ['INVALID_FORMAT input.providerAgentId'],
      ['INVALID_FORMAT input.fromNumber'],
    ]);
    expect(JSON.stringify([asAgent, asNumber])).not.toContain(key);
    expect(codes(await create({ provider: 'BLAND', providerAgentId: key }))).toEqual([
      'INVALID_FORMAT input.providerAgentId',
    ]);
    // In another agency nobody may find out.
    expect(codes(await create({ provider: 'VAPI', providerAgentId: key }, 'otherAgencyAdmin'))).toEqual([]);
  });

  test('is what calls from Vapi need, where a phone number is refused', async () => {
    const answer = await create({ provider: 'VAPI', providerAgentId: UUID, fromNumber: '+14155550100' });
    expect(codes(answer)).toEqual(['INVALID_FORMAT input.fromNumber']);
    expect(answer.userErrors[0]?.message).toMatch(/phone number.*Vapi.*UUID/);
  });
});
