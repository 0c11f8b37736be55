// Apollo Server as it comes: SDL resolvers, data loaders, no authorization.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { TYPE_DEFS } from '../queries.mjs';
import { contextOf } from './context.mjs';

const resolvers = {
  Query: {
    clients: async (_parent, { first }, { agency, rows }) => ({
      nodes: await rows.clients(agency, first ?? 50),
    }),
    client: (_parent, { id }, { agency, rows }) => rows.client(agency, id),
  },
  Client: {
    apiKeys: ({ id }, _args, { keys }) => keys.load(id),
    agents: async ({ id }, _args, { agents }) => ({ nodes: await agents.load(id) }),
  },
};

const server = new ApolloServer({ typeDefs: TYPE_DEFS, resolvers });
await startStandaloneServer(server, {
  listen: { port: Number(process.env.PORT), host: '127.0.0.1' },
  context: async ({ req }) => contextOf(req.headers),
});
