import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { AGENTS, CLEAR, CLIENTS, SET, testClient } from './scenario.mjs';

testClient(({ endpoint, headers }) => {
  const cache = new InMemoryCache({
    typePolicies: { Query: { fields: { agents: relayStylePagination(['clientId', 'provider']) } } },
  });
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
