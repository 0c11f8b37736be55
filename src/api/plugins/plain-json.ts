import type { ApolloServerPlugin } from '@apollo/server';
import type { ErrorCode } from '../../graphql/errors';
import type { ApiContext } from '../context';

const REFUSED_BEFORE_IT_RAN: ReadonlySet<unknown> = new Set<ErrorCode>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'OPERATION_RESOLUTION_FAILURE',
]);

/**
 * Follows the specification of GraphQL over HTTP. A client that accepts nothing but `application/json` must
 * not read an answer with another status than 200, since it may come from an intermediary. All other clients
 * get the status 400 for a document that cannot run.
 */
export const okForPlainJson: ApolloServerPlugin<ApiContext> = {
  requestDidStart: async ({ request }) => ({
    async willSendResponse({ response: { http, body } }) {
      if (
        http.status !== 400 ||
        body.kind !== 'single' ||
        !acceptsPlainJsonOnly(request.http?.headers.get('accept'))
      )
        return;
      if (body.singleResult.errors?.every(({ extensions }) => REFUSED_BEFORE_IT_RAN.has(extensions?.code)))
        http.status = 200;
    },
  }),
};

function acceptsPlainJsonOnly(accept: string | undefined): boolean {
  return (
    accept?.split(',').every((range) => range.split(';')[0]?.trim().toLowerCase() === 'application/json') ??
    false
  );
}
