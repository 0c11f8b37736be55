import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { AGENTS, CLEAR, CLIENTS, FINALIZE, SET, STATEMENT, testClient } from './scenario.mjs';

const warned = [mock.method(console, 'warn'), mock.method(console, 'error')];

const replaced = { merge: false };
const typePolicies = {
  Query: { fields: { agents: relayStylePagination(['clientId', 'provider']) } },
  KeyResolution: { merge: true },
  Statement: {
    fields: {
      lines: replaced,
      otherTotals: replaced,
      providerCosts: replaced,
      lateProviderCosts: replaced,
    },
  },
};

test('keeps both parts of a key resolution that two queries have asked for', () => {
  const cache = new InMemoryCache({ typePolicies });
  const part = (fields) => gql(`{ agent(id: "1") { id keyResolution { ${fields} } } }`);
  const write = (fields, keyResolution) =>
    cache.writeQuery({
      query: part(fields),
      data: {
        agent: {
          __typename: 'Agent',
          id: '1',
          keyResolution: { __typename: 'KeyResolution', ...keyResolution },
        },
      },
    });
  write('source', { source: 'CLIENT' });
  write('explanation', { explanation: 'The client has a key.' });
  const { keyResolution } = cache.readQuery({ query: part('source explanation') }).agent;
  assert.equal(keyResolution.source, 'CLIENT');
});

test('takes the lines of a statement that was computed anew in place of those before, without a warning', () => {
  const cache = new InMemoryCache({ typePolicies });
  const query = gql('{ statement(clientId: "1") { id lines { calls } } }');
  const write = (...calls) => {
    const lines = calls.map((each) => ({ __typename: 'StatementLine', calls: each }));
    cache.writeQuery({ query, data: { statement: { __typename: 'Statement', id: '1', lines } } });
  };
  write(1, 2);
  write(3);
  assert.deepEqual(
    cache.readQuery({ query }).statement.lines.map(({ calls }) => calls),
    [3],
  );
});

testClient(({ endpoint, headers }) => {
  const cache = new InMemoryCache({ typePolicies });
  const apollo = new ApolloClient({ cache, link: new HttpLink({ uri: endpoint, headers }) });
  const load = (query, variables) =>
    apollo.query({ query: gql(query), variables, fetchPolicy: 'network-only' });
  const change = (mutation, input) => apollo.mutate({ mutation: gql(mutation), variables: { input } });
  return {
    loadClients: () => load(CLIENTS),
    readClients: () => cache.readQuery({ query: gql(CLIENTS) }),
    set: (input) => change(SET, input),
    clear: (input) => change(CLEAR, input),
    loadStatement: (variables) => load(STATEMENT, variables),
    readStatement: (variables) => cache.readQuery({ query: gql(STATEMENT), variables }),
    finalize: (input) => change(FINALIZE, input),
    loadAgents: async (first, after) => (await load(AGENTS, { first, after })).data.agents.pageInfo,
    readAgents: (first) => cache.readQuery({ query: gql(AGENTS), variables: { first } }).agents,
  };
});

test('is warned of nothing that a cache could lose', () => {
  assert.deepEqual(
    warned.flatMap(({ mock: { calls } }) => calls.map(({ arguments: [text] }) => text)),
    [],
  );
});
