import { AlertRow } from '../../src/alerts/alert.entity';
import { AgentRow } from '../../src/agents/agent.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { AbsentAgentRow } from '../../src/keys/absent-agent.entity';
import { ARCHIVED_CLIENT, HARBOR, MAPLE, MAPLE_RETELL_AGENT, NEVER_GIVEN_OUT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { newId } from '../../src/platform/ids';
import { codes, CREATE_AGENT, SET_CLIENT, type UserErrors } from '../operations';
import { json, Loopback } from '../providers/loopback';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

interface Imported extends UserErrors {
  readonly keySource: string | null;
  readonly isComplete: boolean | null;
  readonly found: readonly {
    providerAgentId: string;
    providerAgentKind: string;
    name: string;
    agent: { id: string } | null;
  }[];
  readonly created: readonly { id: string; name: string; client: { id: string } | null }[];
  readonly missing: readonly { id: string }[];
  readonly error: { code: string } | null;
}

const IMPORT = `mutation ($input: ImportAgentsInput!) { importAgents(input: $input) {
  keySource isComplete found { providerAgentId providerAgentKind name agent { id } } created { id name client { id } } missing { id }
  error { code } userErrors { code field } } }`;

const importAgents = async (input: object, app = running) =>
  (await app.data<{ importAgents: Imported }>(IMPORT, { input: { provider: 'RETELL', ...input } }))
    .importAgents;
const idsOf = (account: 'agency' | 'client') => running.sandbox.retell.agents[account].map(({ id }) => id);
const agents = () => running.app.database.read.findBy(AgentRow, { provider: 'RETELL' });
const known = ({ found }: Imported) =>
  found.flatMap(({ providerAgentId, agent }) => (agent ? [providerAgentId] : []));

test('a dry run lists the account that the calls of the client use, and creates nothing', async () => {
  const before = await agents();
  const ofAgency = await importAgents({ dryRun: true });
  expect(ofAgency).toMatchObject({ keySource: 'AGENCY', isComplete: true, created: [], userErrors: [] });
  expect(ofAgency.found.map(({ providerAgentId }) => providerAgentId)).toEqual(idsOf('agency'));
  // All but the last are agents of somebody, one of them of an archived client.
  expect(known(ofAgency)).toEqual(idsOf('agency').slice(0, 3));
  expect(await importAgents({ clientId: HARBOR, dryRun: true })).toMatchObject({
    keySource: 'CLIENT',
    found: [
      { name: 'Support', agent: { id: expect.any(String) as string } },
      { name: 'Sales', agent: null },
    ],
  });
  expect(await importAgents({ clientId: MAPLE, dryRun: true })).toMatchObject({ keySource: 'AGENCY' });
  expect(await agents()).toEqual(before);
});

test('creates for a client what the agency does not have yet, once, and touches no agent of others', async () => {
  const before = await agents();
  const imported = await importAgents({ clientId: MAPLE });
  expect(imported.created).toMatchObject([{ name: 'Survey', client: { id: MAPLE } }]);
  expect(known(imported)).toEqual(idsOf('agency'));
  const again = await importAgents({ clientId: HARBOR, provider: 'BLAND' });
  expect(again).toMatchObject({ keySource: 'AGENCY' });
  expect(await importAgents({ clientId: MAPLE })).toMatchObject({ created: [], userErrors: [] });
  const after = await agents();
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after).toHaveLength(before.length + 1);
  const [created] = imported.created;
  const events = await running.app.database.read.findBy(AuditEventRow, {
    type: 'AGENT_CREATED',
    clientId: MAPLE,
  });
  expect(events.map(({ details }) => details)).toEqual([expect.stringContaining(created?.id ?? '-')]);
});

test('creates some of them, and nothing where one that is named is not there', async () => {
  const [, sales = ''] = idsOf('client');
  const input = { clientId: HARBOR, providerAgentIds: [sales, 'agent_nobody'] };
  const refused = await importAgents(input);
  expect(codes(refused)).toEqual(['NOT_FOUND input.providerAgentIds.1']);
  expect(refused.created).toEqual([]);
  expect(await importAgents({ ...input, providerAgentIds: [] })).toMatchObject({
    created: [],
    userErrors: [],
  });
  expect(await importAgents({ ...input, providerAgentIds: [sales, sales] })).toMatchObject({
    created: [{ name: 'Sales' }],
  });
});

test('creates one agent of an id that is listed in small letters and in capitals, however it is asked for', async () => {
  const id = '0c0ffee0-1234-4abc-8def-0123456789ab';
  const provider = await Loopback.start(
    json(
      200,
      [id, id.toUpperCase()].map((each) => ({ id: each, name: 'Twin' })),
    ),
  );
  const other = await running.another({ VAPI_BASE_URL: provider.baseUrl });
  const input = { provider: 'VAPI', providerAgentIds: [` ${id.toUpperCase()} `] };
  const { found, created, userErrors } = await importAgents(input, other);
  expect([found.length, created.map(({ name }) => name), userErrors]).toEqual([1, ['Twin'], []]);
  await other.close();
});

test('creates each agent once when several imports run at the same time, on every instance', async () => {
  const other = await running.another();
  const answers = await Promise.all(
    [running, other, running, other].map((app) => importAgents({ clientId: HARBOR }, app)),
  );
  expect(answers.flatMap(({ created }) => created)).toHaveLength(1);
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  await other.close();
});

test('names the agents that use the account and do not exist in it', async () => {
  expect((await importAgents({ dryRun: true })).missing).toEqual([]);
  const { secondAccount: apiKey } = running.sandbox.retell.keys;
  await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });
  const ofMaple = await importAgents({ clientId: MAPLE, dryRun: true });
  expect(ofMaple).toMatchObject({ keySource: 'CLIENT', missing: [{ id: MAPLE_RETELL_AGENT }] });
  expect((await importAgents({ dryRun: true })).missing).toEqual([]);
});

test('opens the alert of agents that are missing, and closes it once the account has them, by a dry run as well', async () => {
  const openAlerts = async () => {
    await running.app.upkeep.alertWorker.work();
    return running.app.database.read.findBy(AlertRow, { kind: 'AGENTS_MISSING_IN_ACCOUNT', isOpen: true });
  };
  const { secondAccount: apiKey } = running.sandbox.retell.keys;
  await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });
  await importAgents({ clientId: MAPLE, dryRun: true });
  const alert = { ownerId: MAPLE, provider: 'RETELL', affectedAgentCount: 1 };
  expect(await openAlerts()).toMatchObject([alert]);
  const { foundAt } = await running.app.database.read.findOneByOrFail(AbsentAgentRow, {
    agentId: MAPLE_RETELL_AGENT,
  });
  await importAgents({ clientId: MAPLE, dryRun: true });
  expect(await running.app.database.read.findBy(AbsentAgentRow, { foundAt })).toHaveLength(1);
  const { providerAgentId } = await running.app.database.read.findOneByOrFail(AgentRow, {
    id: MAPLE_RETELL_AGENT,
  });
  const moved = await Loopback.start(
    json(200, { items: [{ agent_id: providerAgentId, agent_name: 'Moved' }], has_more: false }),
  );
  const app = await running.another({ RETELL_BASE_URL: moved.baseUrl });
  await importAgents({ clientId: MAPLE, provider: 'VAPI' });
  expect(await openAlerts()).toMatchObject([alert]);
  await importAgents({ clientId: MAPLE, dryRun: true }, app);
  expect(await openAlerts()).toEqual([]);
  await app.close();
});

test('keeps nothing of a key that was replaced while its account was listed', async () => {
  const { secondAccount, valid } = running.sandbox.retell.keys;
  const set = (apiKey: string) =>
    running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });
  await set(secondAccount);
  const slow = await Loopback.start(
    (...exchange) => void set(valid).then(() => json(200, { items: [], has_more: false })(...exchange)),
  );
  const app = await running.another({ RETELL_BASE_URL: slow.baseUrl });
  expect(await importAgents({ clientId: MAPLE }, app)).toMatchObject({
    missing: [{ id: MAPLE_RETELL_AGENT }],
  });
  expect(await running.app.database.read.findBy(AbsentAgentRow, { ownerId: MAPLE })).toEqual([]);
  await app.close();
});

test('answers with the error of the provider, and creates nothing', async () => {
  const { revoked: apiKey } = running.sandbox.retell.keys;
  await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });
  expect(await importAgents({ clientId: MAPLE })).toEqual({
    keySource: 'CLIENT',
    isComplete: null,
    found: [],
    created: [],
    missing: [],
    error: { code: 'KEY_INVALID' },
    userErrors: [],
  });
});

test('takes part of a list for no more than it is, and lets no agent without a name in', async () => {
  let page = 0;
  const items = () => [
    { agent_id: `agent_${(page += 1)}`, agent_name: page === 1 ? ' \u200b' : 'x'.repeat(300) },
  ];
  const endless = await Loopback.start((...exchange) =>
    json(200, { items: items(), has_more: true, pagination_key: `page-${page}` })(...exchange),
  );
  const app = await running.another({ RETELL_BASE_URL: endless.baseUrl });
  const imported = await importAgents({ providerAgentIds: ['agent_1', 'agent_2'] }, app);
  expect(imported).toMatchObject({ isComplete: false, missing: [], userErrors: [] });
  expect(imported.found).toHaveLength(40);
  expect(imported.created.map(({ name }) => name)).toEqual(['agent_1', 'x'.repeat(200)]);
  await app.close();
});

test('refuses a client that is archived or not there, and a provider without a key', async () => {
  expect(codes(await importAgents({ clientId: ARCHIVED_CLIENT }))).toEqual([
    'CLIENT_ARCHIVED input.clientId',
  ]);
  expect(codes(await importAgents({ clientId: NEVER_GIVEN_OUT }))).toEqual(['NOT_FOUND input.clientId']);
  const none = await running.data<{ importAgents: Imported }>(
    IMPORT,
    { input: { provider: 'VAPI' } },
    'otherAgencyAdmin',
  );
  expect(codes(none.importAgents)).toEqual(['NO_KEY_CONFIGURED input.provider']);
});

test('lists the phone numbers that an agent can call from, by the account that carries its calls', async () => {
  const list = async (variables: object, as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin') =>
    (
      await running.data<{ phoneNumbers: unknown }>(
        'query ($clientId: ID, $provider: Provider!) { phoneNumbers(clientId: $clientId, provider: $provider) { keySource isComplete numbers { fromNumber phoneNumber label providerAgentIds } error { code } } }',
        variables,
        as,
      )
    ).phoneNumbers;
  for (const provider of ['RETELL', 'VAPI', 'BLAND'] as const) {
    const { accounts } = running.sandbox[provider.toLowerCase() as 'retell' | 'vapi' | 'bland'];
    const {
      fromNumber,
      phoneNumber = fromNumber,
      agents: [first],
    } = accounts.agency;
    expect(await list({ provider })).toEqual({
      keySource: 'AGENCY',
      isComplete: true,
      numbers: [{ fromNumber, phoneNumber, label: 'Main line', providerAgentIds: [first?.id] }],
      error: null,
    });
  }
  const ofHarbor = running.sandbox.retell.accounts.client.fromNumber;
  expect(await list({ clientId: HARBOR, provider: 'RETELL' })).toMatchObject({
    keySource: 'CLIENT',
    numbers: [{ fromNumber: ofHarbor }],
  });
  expect(await list({ clientId: NEVER_GIVEN_OUT, provider: 'RETELL' })).toBeNull();
  expect(await list({ provider: 'VAPI' }, 'otherAgencyAdmin')).toEqual({
    keySource: null,
    isComplete: false,
    numbers: [],
    error: null,
  });
});

describe('pathways and personas of Bland', () => {
  const ofBland = (input: object = {}) => importAgents({ provider: 'BLAND', ...input });

  test('are imported like agents, each with its kind, and once', async () => {
    const { found, created, isComplete } = await ofBland();
    const listed = found.map(({ name, providerAgentKind }) => [name, providerAgentKind]);
    expect(listed).toContainEqual(['Parcel pathway', 'PATHWAY']);
    expect(listed).toContainEqual(['Blair', 'PERSONA']);
    expect(isComplete).toBe(true);
    const kinds = await running.app.database.read.rows<{ name: string; providerAgentKind: string }>(
      'SELECT name, providerAgentKind FROM agents WHERE name IN (?, ?) ORDER BY name',
      ['Parcel pathway', 'Blair'],
    );
    expect(kinds).toEqual([
      { name: 'Blair', providerAgentKind: 'PERSONA' },
      { name: 'Parcel pathway', providerAgentKind: 'PATHWAY' },
    ]);
    expect(created.map(({ name }) => name)).toEqual(expect.arrayContaining(['Blair', 'Parcel pathway']));
    expect((await ofBland()).created).toEqual([]);
  });

  test('that are entered as another kind are found, and no second entry is made for them', async () => {
    const pathway = (await ofBland()).found.find(({ name }) => name === 'Parcel pathway');
    const providerAgentId = pathway?.providerAgentId ?? '';
    const entries = () => running.app.database.read.findBy(AgentRow, { providerAgentId });
    const id = (await entries())[0]?.id ?? '';
    await running.app.database.write((tx) => tx.update(AgentRow, { id }, { providerAgentKind: 'AGENT' }));
    const { found, created } = await ofBland({ clientId: HARBOR });
    expect(created).toEqual([]);
    expect(found.find((agent) => agent.providerAgentId === providerAgentId)).toMatchObject({
      providerAgentKind: 'PATHWAY',
      agent: { id },
    });
    expect(await entries()).toHaveLength(1);
  });

  test('that are ours and not in the account are named', async () => {
    const input = { name: 'Gone', provider: 'BLAND', providerAgentKind: 'PATHWAY', providerAgentId: newId() };
    await running.data(CREATE_AGENT, { input });
    const { missing } = await ofBland({ dryRun: true });
    const [gone] = await running.app.database.read.findBy(AgentRow, { name: 'Gone' });
    expect(missing.map(({ id }) => id)).toContain(gone?.id);
  });

  test('that a restricted key may not list are left out, and the list is not taken for whole', async () => {
    const agent = { id: newId(), name: 'The only agent' };
    const standIn = await Loopback.start((request, response) =>
      (request.url?.startsWith('/v2/agents') ? json(200, { data: [agent], errors: null }) : json(403, SCOPE))(
        request,
        response,
      ),
    );
    const other = await running.another({ BLAND_BASE_URL: standIn.baseUrl });
    expect(await importAgents({ provider: 'BLAND' }, other)).toMatchObject({
      isComplete: false,
      created: [{ name: 'The only agent' }],
      missing: [],
      error: null,
    });
    await other.close();
  });
});

const SCOPE = { data: null, errors: [{ error: 'INSUFFICIENT_SCOPE', message: 'This key lacks a scope.' }] };
