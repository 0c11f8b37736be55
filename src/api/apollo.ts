import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { compiledQueries } from './compiled/compiled-queries';
import type { ApiContext } from './context';
import { formatError } from './errors';
import { countOperations, type OperationCounter } from './plugins/count-operations';
import { maskedErrors } from './plugins/masked-errors';
import { okForPlainJson } from './plugins/plain-json';
import { measuredOperations } from './plugins/measured-operations';
import { refuseNullVariables } from './plugins/null-variables';
import { refuseMutations } from './plugins/refused-mutations';
import { takeUpInvitations } from './plugins/invitations';
import { limitQueryTime } from './plugins/time-limit';
import { ignoreEmptyName } from './plugins/unnamed-operation';
import { explainVariables } from './plugins/variable-errors';
import { DocumentLimitsRule, MAX_ERRORS, MAX_TOKENS, tellLimitOnce } from './rules/document-limits';
import { KnownOperationTypesRule } from './rules/known-operations';
import { SchemaHintsRule } from './rules/schema-hints';
import { SecretsFromVariablesRule } from './rules/secrets-from-variables';
import { SizeLimitRule } from './rules/size-limit';
import { VariablePlacesRule } from './rules/variable-places';

/**
 * A browser sends these headers to another origin only after a preflight request, so that no image and no
 * form can send a GET with one.
 */
const PREFLIGHT_HEADERS = ['authorization', 'apollo-require-preflight', 'x-apollo-operation-name'];

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly log: FastifyBaseLogger;
  readonly introspection: boolean;
  /** How often a query runs before it is compiled; it runs compiled from this run on. */
  readonly compiledFromRun: number;
  readonly limits: OperationCounter;
  /** Whether operations are noted for the metrics. */
  readonly isMeasured: boolean;
}

export function createApollo({
  schema,
  log,
  introspection,
  compiledFromRun,
  limits,
  isMeasured,
}: ApolloOptions): ApolloServer<ApiContext> {
  return new ApolloServer<ApiContext>({
    schema,
    introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: { requestHeaders: PREFLIGHT_HEADERS },
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    validationRules: [
      KnownOperationTypesRule,
      DocumentLimitsRule,
      SecretsFromVariablesRule,
      SizeLimitRule,
      VariablePlacesRule,
      // What introspection does not tell, errors do not tell either.
      ...(introspection ? [SchemaHintsRule] : []),
    ],
    validationOptions: { maxErrors: MAX_ERRORS },
    executionOptions: { maxCoercionErrors: MAX_ERRORS },
    formatError: formatError(introspection),
    // Apollo's own messages may quote what it was sent.
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => log.warn('Apollo warns'),
      error: () => log.error('Apollo reports an error'),
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ignoreEmptyName,
      tellLimitOnce,
      explainVariables,
      maskedErrors(log),
      // It notes an operation before its limit can refuse it.
      ...(isMeasured ? [measuredOperations] : []),
      countOperations(limits),
      refuseNullVariables,
      limitQueryTime,
      okForPlainJson,
      refuseMutations,
      takeUpInvitations(log),
      compiledQueries(schema, compiledFromRun, log),
    ],
  });
}
