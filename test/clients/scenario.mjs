import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HARBOR, MAPLE, startDemo } from './demo.mjs';

const KEY_FIELDS = 'id provider isSet maskedKey status version';

export const CLIENTS = `query Clients {
  clients(first: 10) { edges { node { id name apiKeys { ${KEY_FIELDS} } } } }
}`;
export const SET = `mutation Set($input: SetClientApiKeysInput!) {
  setClientApiKeys(input: $input) { apiKeys { ${KEY_FIELDS} } userErrors { code } }
}`;
export const CLEAR = `mutation Clear($input: ClearClientApiKeysInput!) {
  clearClientApiKeys(input: $input) { client { id apiKeys { ${KEY_FIELDS} } } userErrors { code } }
}`;
export const AGENTS = `query Agents($first: Int!, $after: String) {
  agents(first: $first, after: $after) {
    edges { cursor node { id name client { id name } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const STATED = `id number status finalFrom lines { keySource calls amount { amount currency } }
  total { amount currency }`;
export const STATEMENT = `query Statement($clientId: ID!, $from: Date!, $to: Date!) {
  statement(clientId: $clientId, from: $from, to: $to) { ${STATED} }
}`;
export const FINALIZE = `mutation Finalize($input: FinalizeStatementInput!) {
  finalizeStatement(input: $input) { statement { ${STATED} } userErrors { code } }
}`;

const dayBefore = (days) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
const lastFinalDay = dayBefore(5);
/** A period behind the month that the demo has made final, of which all can be made final. */
export const STATED_PERIOD = { clientId: HARBOR, from: `${lastFinalDay.slice(0, 8)}01`, to: lastFinalDay };

/** What a frontend gets to see, without what a client adds for itself. */
function plain(value) {
  return JSON.parse(JSON.stringify(value, (name, inner) => (name.startsWith('__') ? undefined : inner)));
}

const nodesOf = ({ edges }) => plain(edges.map(({ node }) => node));
const keyOf = (clients, id) =>
  clients.find((client) => client.id === id).apiKeys.find(({ provider }) => provider === 'RETELL');

/**
 * The same for every client: after each change its cache shows what the server says, although nothing is
 * asked for again. `connect` answers with functions that load into the cache, read from the cache alone, and
 * send mutations.
 */
export function testClient(connect) {
  let demo;
  let client;
  before(async () => {
    demo = await startDemo();
    client = await connect(demo);
  });
  after(() => demo.end());

  const cached = async () => nodesOf((await client.readClients()).clients);
  const served = async () => nodesOf((await demo.ask(CLIENTS)).clients);

  test('shows a key that is set for the first time, and leaves the keys of other clients alone', async () => {
    await client.loadClients();
    const before = await cached();
    assert.deepEqual(before, await served());
    assert.equal(keyOf(before, MAPLE).isSet, false);
    await client.set({ clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: demo.retellKey }] });
    const shown = await cached();
    assert.equal(keyOf(shown, MAPLE).version, 1);
    assert.deepEqual(keyOf(shown, HARBOR), keyOf(before, HARBOR));
    assert.deepEqual(shown, await served());
  });

  test('shows a key that is replaced, and one that is cleared', async () => {
    await client.loadClients();
    await client.set({ clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: demo.retellKey }] });
    assert.equal(keyOf(await cached(), HARBOR).version, 2);
    await client.clear({ clientId: HARBOR, providers: ['RETELL'] });
    const shown = await cached();
    assert.deepEqual([keyOf(shown, HARBOR).isSet, keyOf(shown, HARBOR).maskedKey], [false, null]);
    assert.deepEqual(shown, await served());
  });

  test('shows the pages of a list as one list', async () => {
    const all = nodesOf((await demo.ask(AGENTS, { first: 100 })).agents);
    const first = await client.loadAgents(3, null);
    assert.deepEqual(nodesOf(await client.readAgents(3)), all.slice(0, 3));
    assert.equal(first.hasNextPage, true);
    await client.loadAgents(3, first.endCursor);
    assert.deepEqual(nodesOf(await client.readAgents(3)), all.slice(0, 6));
  });

  test('shows the final statement in the place of its draft as soon as it is made final', async () => {
    await client.loadStatement(STATED_PERIOD);
    const draft = (await client.readStatement(STATED_PERIOD)).statement;
    assert.deepEqual([draft.status, draft.number], ['DRAFT', null]);
    await client.finalize(STATED_PERIOD);
    const shown = (await client.readStatement(STATED_PERIOD)).statement;
    assert.deepEqual([shown.id, shown.status, shown.finalFrom], [draft.id, 'FINAL', null]);
    assert.deepEqual(plain(shown), (await demo.ask(STATEMENT, STATED_PERIOD)).statement);
    assert.ok(shown.lines.length > 0);
  });

  return { demo: () => demo, client: () => client };
}
