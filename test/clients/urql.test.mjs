import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { AGENTS, CLEAR, CLIENTS, FINALIZE, SET, STATEMENT, testClient } from './scenario.mjs';

const warned = mock.method(console, 'warn');

const NO_KEY = () => null;

testClient(({ endpoint, headers }) => {
  const cache = cacheExchange({
    // These are parts of what contains them.
    keys: {
      AgentConnection: NO_KEY,
      AgentEdge: NO_KEY,
      ClientConnection: NO_KEY,
      ClientEdge: NO_KEY,
      PageInfo: NO_KEY,
      SetApiKeysPayload: NO_KEY,
      ClearApiKeysPayload: NO_KEY,
      FinalizeStatementPayload: NO_KEY,
      StatementLine: NO_KEY,
      Money: NO_KEY,
    },
    resolvers: { Query: { agents: relayPagination() } },
  });
  const urql = new Client({ url: endpoint, exchanges: [cache, fetchExchange], fetchOptions: { headers } });
  const answered = async (result) => {
    const { data, error } = await result.toPromise();
    if (error) throw error;
    return data;
  };
  const load = (query, variables) =>
    answered(urql.query(query, variables ?? {}, { requestPolicy: 'network-only' }));
  const read = (query, variables) =>
    answered(urql.query(query, variables ?? {}, { requestPolicy: 'cache-only' }));
  return {
    loadClients: () => load(CLIENTS),
    readClients: () => read(CLIENTS),
    set: (input) => answered(urql.mutation(SET, { input })),
    clear: (input) => answered(urql.mutation(CLEAR, { input })),
    loadStatement: (variables) => load(STATEMENT, variables),
    readStatement: (variables) => read(STATEMENT, variables),
    finalize: (input) => answered(urql.mutation(FINALIZE, { input })),
    loadAgents: async (first, after) => (await load(AGENTS, { first, after })).agents.pageInfo,
    readAgents: async (first) => (await read(AGENTS, { first })).agents,
  };
});

test('has a key for every type that is asked for', () => {
  assert.deepEqual(
    warned.mock.calls.map(({ arguments: [text] }) => text),
    [],
  );
});
