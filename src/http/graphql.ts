import { HeaderMap, type ApolloServer } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Origin } from '../access/viewer';
import { bearerDigest } from '../access/bearer';
import { createApollo } from '../api/apollo';
import type { Answering, ApiContext } from '../api/context';
import { TimeLimit } from '../api/time-limit';
import { Loaders } from '../access/loaders';
import type { Credentials, Join, SignInOutcome } from '../people/sign-in';
import { isOpenedInBrowser, sendForPrograms } from './pages/elsewhere';
import { callerOf, type RateLimits } from './rate-limits';
import type { Route } from './server';
import { searchOf, type TrustedDocuments } from './trusted-documents';

export interface GraphqlOptions {
  readonly schema: GraphQLSchema;
  readonly answering: Answering;
  /** Sends what is asked of the database in one go at once. */
  readonly together: <T>(ask: () => T) => T;
  /** Finds out who is asking. It throws `IssuerUnreachable` when it cannot tell. */
  readonly identify: (credentials: Credentials, origin: Origin) => Promise<SignInOutcome>;
  readonly rateLimits: RateLimits;
  readonly queryTimeoutMs: number;
  /** The documents that run. Where it is null, every document runs that fits the schema and the limits. */
  readonly trustedDocuments: TrustedDocuments | null;
  readonly introspection: boolean;
  /** Whether operations are noted for the metrics. */
  readonly isMeasured: boolean;
  /** The run of a query at which it is compiled. */
  readonly compiledFromRun: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    timeLimit: TimeLimit;
    join: Join | null;
    /** The query string that runs, where it is not that of the address. */
    search: string | null;
  }
}

/** Serves GraphQL at `/graphql`, and for a POST at `/` too. */
export function graphql(options: GraphqlOptions): Route {
  return async (server) => {
    const { schema, introspection, compiledFromRun, rateLimits, queryTimeoutMs, isMeasured } = options;
    const limits = rateLimits;
    const apollo = createApollo({
      schema,
      log: server.log,
      introspection,
      compiledFromRun,
      limits,
      isMeasured,
    });
    await apollo.start();
    server.decorateRequest('timeLimit');
    server.decorateRequest('join', null);
    server.decorateRequest('search', null);
    const preHandler = async (request: FastifyRequest, reply: FastifyReply) => admit(options, request, reply);
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      request.timeLimit = new TimeLimit(queryTimeoutMs);
      return request.timeLimit.hold(answer(apollo, request, reply, () => contextOf(options, request)));
    };
    server.route({ method: ['GET', 'POST'], url: '/graphql', preHandler, handler });
    server.route({ method: 'POST', url: '/', preHandler, handler });
  };
}

/** Finds out who is asking, and refuses what does not reach Apollo. */
async function admit(
  { identify, rateLimits, trustedDocuments }: GraphqlOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  if (isOpenedInBrowser(request) && !holdsDocument(request)) return sendForPrograms(reply);
  const { authorization, 'latchkey-agency': agencyId } = request.headers;
  const credentials = {
    authorization,
    agencyId: typeof agencyId === 'string' ? agencyId : undefined,
    mayJoin: request.method === 'POST',
  };
  const count = () => {
    const { viewer, sourceAddress } = request;
    return rateLimits.count('REQUEST', callerOf(viewer, sourceAddress), 1, viewer?.agencyId ?? null);
  };
  try {
    const outcome = await identify(credentials, {
      requestId: request.id,
      sourceAddress: request.sourceAddress,
      tokenDigest: () => bearerDigest(authorization),
    });
    request.viewer = outcome.viewer;
    request.identity = outcome.identity;
    request.signInRefusal = outcome.refusal;
    request.join = outcome.join;
  } catch (error) {
    // Asking an issuer that does not answer takes more than any other request.
    await count();
    throw error;
  }
  await count();
  trustedDocuments?.admit(request);
  return undefined;
}

function holdsDocument({ query }: FastifyRequest): boolean {
  return Object.hasOwn(query as object, 'query');
}

/**
 * Hands a request to Apollo and sends its answer. Of the address only the query string is read: its host can
 * be anything that a client writes.
 */
async function answer(
  apollo: ApolloServer<ApiContext>,
  { method, url, search, headers, body: asked }: FastifyRequest,
  reply: FastifyReply,
  contextOfRequest: () => ApiContext,
): Promise<string> {
  const {
    status,
    headers: answered,
    body,
  } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method,
      headers: headersFor(headers),
      body: asked,
      search: search ?? searchOf(url),
    },
    context: () => Promise.resolve(contextOfRequest()),
  });
  if (body.kind !== 'complete') throw new Error('graphql-js answers in parts only from version 17 on');
  for (const [name, value] of answered) reply.header(name, value);
  reply.code(status ?? 200);
  return body.string;
}

function headersFor(headers: FastifyRequest['headers']): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers))
    if (value) map.set(name, Array.isArray(value) ? value.join(', ') : value);
  return map;
}

// The properties are named one by one, because a spread makes an object that V8 builds and reads more slowly.
function contextOf({ answering, together }: GraphqlOptions, request: FastifyRequest): ApiContext {
  return {
    resolvers: answering.resolvers,
    containsKnownKey: answering.containsKnownKey,
    viewer: request.viewer,
    identity: request.identity,
    requestId: request.id,
    loaders: new Loaders(together),
    caller: callerOf(request.viewer, request.sourceAddress),
    timeLimit: request.timeLimit,
    measured: request.measured,
    join: request.join,
  };
}
