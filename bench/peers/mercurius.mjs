// Fastify with mercurius and its just-in-time compiler, no authorization.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { TYPE_DEFS } from '../queries.mjs';
import { contextOf } from './context.mjs';

const resolvers = {
  Query: {
    clients: async (_parent, { first }, { agency, rows }) => ({
      nodes: await rows.clients(agency, first ?? 50),
    }),
    client: (_parent, { id }, { agency, rows }) => rows.client(agency, id),
  },
};
const loaders = {
  Client: {
    apiKeys: (queries, { agency, rows }) =>
      rows.keys(
        agency,
        queries.map(({ obj }) => obj.id),
      ),
    agents: async (queries, { agency, rows }) =>
      (
        await rows.agents(
          agency,
          queries.map(({ obj }) => obj.id),
        )
      ).map((nodes) => ({ nodes })),
  },
};

const server = Fastify();
await server.register(mercurius, {
  schema: TYPE_DEFS,
  resolvers,
  loaders,
  jit: 1,
  context: (request) => contextOf(request.headers),
});
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
