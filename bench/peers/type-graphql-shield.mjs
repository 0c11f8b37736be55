// Apollo with type-graphql and graphql-shield as their documentation wires them: a rule a type, cached for
// the request ('contextual').
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { applyMiddleware } from 'graphql-middleware';
import { rule, shield } from 'graphql-shield';
import {
  Arg,
  buildSchema,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
  Root,
} from 'type-graphql';
import { contextOf } from './context.mjs';

const Provider = { RETELL: 'RETELL', VAPI: 'VAPI', BLAND: 'BLAND' };
registerEnumType(Provider, { name: 'Provider' });

// Decorators as the calls that they are: this file needs no compiler.
const method = (target, key, ...decorators) =>
  decorators
    .reverse()
    .forEach((decorate) =>
      decorate(target.prototype, key, Object.getOwnPropertyDescriptor(target.prototype, key)),
    );
const parameters = (target, key, ...decorators) =>
  decorators.forEach((decorate, index) => decorate(target.prototype, key, index));
const type = (name, fields) => {
  const target = { [name]: class {} }[name];
  for (const [field, [fieldType, options = {}]] of Object.entries(fields))
    Field(fieldType, options)(target.prototype, field);
  ObjectType(name)(target);
  return target;
};

const ApiKey = type('ApiKey', {
  provider: [() => Provider],
  isSet: [() => Boolean],
  maskedKey: [() => String, { nullable: true }],
  status: [() => String],
  version: [() => Int],
});
const Agent = type('Agent', {
  id: [() => ID],
  name: [() => String],
  provider: [() => Provider],
  providerAgentId: [() => String],
});
const AgentConnection = type('AgentConnection', { nodes: [() => [Agent]] });
const Client = type('Client', { id: [() => ID], name: [() => String] });
const ClientConnection = type('ClientConnection', { nodes: [() => [Client]] });

class ClientResolver {
  async clients(first, { agency, rows }) {
    return { nodes: await rows.clients(agency, first ?? 50) };
  }
  client(id, { agency, rows }) {
    return rows.client(agency, id);
  }
  apiKeys({ id }, { keys }) {
    return keys.load(id);
  }
  async agents({ id }, { agents }) {
    return { nodes: await agents.load(id) };
  }
}
parameters(
  ClientResolver,
  'clients',
  Arg('first', () => Int, { nullable: true }),
  Ctx(),
);
parameters(
  ClientResolver,
  'client',
  Arg('id', () => ID),
  Ctx(),
);
parameters(ClientResolver, 'apiKeys', Root(), Ctx());
parameters(ClientResolver, 'agents', Root(), Ctx());
method(
  ClientResolver,
  'clients',
  Query(() => ClientConnection),
);
method(
  ClientResolver,
  'client',
  Query(() => Client, { nullable: true }),
);
method(
  ClientResolver,
  'apiKeys',
  FieldResolver(() => [ApiKey], { nullable: true }),
);
method(
  ClientResolver,
  'agents',
  FieldResolver(() => AgentConnection),
);
Resolver(() => Client)(ClientResolver);

const isSignedIn = rule({ cache: 'contextual' })(
  async (_parent, _args, { viewer }) => viewer.role !== undefined,
);
const isAdmin = rule({ cache: 'contextual' })(
  async (_parent, _args, { viewer }) => viewer.role === 'AGENCY_ADMIN',
);
const permissions = shield(
  { Query: { '*': isSignedIn }, Client: { apiKeys: isAdmin }, ApiKey: isAdmin },
  { allowExternalErrors: true },
);

const schema = applyMiddleware(
  await buildSchema({ resolvers: [ClientResolver], validate: false }),
  permissions,
);
const server = new ApolloServer({ schema });
await startStandaloneServer(server, {
  listen: { port: Number(process.env.PORT), host: '127.0.0.1' },
  context: async ({ req }) => contextOf(req.headers),
});
