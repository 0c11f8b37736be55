import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { AGENTS, CLEAR, CLIENTS, SET, testClient } from './scenario.mjs';

const typePolicies = {
  Query: { fields: { agents: relayStylePagination(['clientId', 'provider']) } },
  KeyResolution: { merge: true },
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
    loadAgents: async (first, after) => (await load(AGENTS, { first, after })).data.agents.pageInfo,
    readAgents: (first) => cache.readQuery({ query: gql(AGENTS), variables: { first } }).agents,
  };
});
