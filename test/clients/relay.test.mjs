import assert from 'node:assert/strict';
import { test } from 'node:test';
import relay from 'relay-runtime';
import { MAPLE } from './demo.mjs';
import agentsPageQuery from './relay/__generated__/agentsPageQuery.graphql.js';
import agentsFragment from './relay/__generated__/agents_query.graphql.js';
import agentsQuery from './relay/__generated__/agentsQuery.graphql.js';
import clearMutation from './relay/__generated__/keysClearMutation.graphql.js';
import clientQuery from './relay/__generated__/keysOfClientQuery.graphql.js';
import clientFragment from './relay/__generated__/keys_client.graphql.js';
import keysQuery from './relay/__generated__/keysQuery.graphql.js';
import setMutation from './relay/__generated__/keysSetMutation.graphql.js';
import viewerQuery from './relay/__generated__/keysOfViewerQuery.graphql.js';
import viewerFragment from './relay/__generated__/keys_viewer.graphql.js';
import finalizeMutation from './relay/__generated__/statementsFinalizeMutation.graphql.js';
import statementByIdQuery from './relay/__generated__/statementsByIdQuery.graphql.js';
import statementFragment from './relay/__generated__/statements_statement.graphql.js';
import statementQuery from './relay/__generated__/statementsQuery.graphql.js';
import { STATED_PERIOD, testClient } from './scenario.mjs';

const {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getRequest,
  getSingularSelector,
  Network,
  RecordSource,
  Store,
} = relay;

const running = testClient(({ endpoint, headers }) => {
  const send = async ({ text }, variables) => {
    const body = JSON.stringify({ query: text, variables });
    const all = { 'content-type': 'application/json', ...headers };
    return (await fetch(endpoint, { method: 'POST', headers: all, body })).json();
  };
  const environment = new Environment({
    network: Network.create(send),
    store: new Store(new RecordSource()),
  });
  const operation = (query, variables) => createOperationDescriptor(getRequest(query), variables);
  const load = (query, variables = {}) => {
    // Nothing that was loaded is given up while it may be read.
    environment.retain(operation(query, variables));
    return fetchQuery(environment, query, variables, { fetchPolicy: 'network-only' }).toPromise();
  };
  const read = (query, variables = {}) => environment.lookup(operation(query, variables).fragment).data;
  const readFragment = (fragment, reference) =>
    environment.lookup(getSingularSelector(fragment, reference)).data;
  const change = (mutation, input) =>
    new Promise((onCompleted, onError) =>
      commitMutation(environment, { mutation, variables: { input }, onCompleted, onError }),
    );
  const readAgents = (first) => readFragment(agentsFragment, read(agentsQuery, { first })).agents;
  return {
    load,
    read,
    readFragment,
    loadClients: () => load(keysQuery),
    readClients: () => read(keysQuery),
    set: (input) => change(setMutation, input),
    clear: (input) => change(clearMutation, input),
    loadStatement: (variables) => load(statementQuery, variables),
    readStatement: (variables) => read(statementQuery, variables),
    finalize: (input) => change(finalizeMutation, input),
    loadAgents: async (first, after) => {
      await (after === null ? load(agentsQuery, { first }) : load(agentsPageQuery, { first, after }));
      return readAgents(first).pageInfo;
    },
    readAgents,
  };
});

test('asks for a client again by its id alone', async () => {
  const { load, read, readFragment } = running.client();
  await load(clientQuery, { id: MAPLE });
  const { node } = read(clientQuery, { id: MAPLE });
  const { client } = await running
    .demo()
    .ask('query ($id: ID!) { client(id: $id) { id name apiKeys { id version } } }', { id: MAPLE });
  assert.deepEqual(JSON.parse(JSON.stringify(readFragment(clientFragment, node))), client);
});

test('asks for a statement again by its id alone', async () => {
  const { load, read, readFragment } = running.client();
  const query =
    'query ($clientId: ID!, $from: Date!, $to: Date!) { statement(clientId: $clientId, from: $from, to: $to) { id number total { amount currency } } }';
  const draft = { ...STATED_PERIOD, clientId: MAPLE };
  for (const period of [STATED_PERIOD, draft]) {
    const { statement } = await running.demo().ask(query, period);
    await load(statementByIdQuery, { id: statement.id });
    const { node } = read(statementByIdQuery, { id: statement.id });
    assert.deepEqual(JSON.parse(JSON.stringify(readFragment(statementFragment, node))), statement);
  }
});

test('keeps the viewer apart from the person who asks', async () => {
  const { load, read, readFragment } = running.client();
  await load(viewerQuery);
  const shown = readFragment(viewerFragment, read(viewerQuery).viewer);
  const { viewer } = await running.demo().ask('{ viewer { id name role } }');
  assert.deepEqual(JSON.parse(JSON.stringify(shown)), viewer);
});
