import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { providerName } from '../sign-in/settings';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/calls';
import { ClientLink, Stack, Time } from '../ui/parts';
import { List, type Columns } from '../ui/table';
import { awaitsCost, CallState, costOf, isGoingOn, lengthOf } from './call-state';

const CALLS = graphql(`
  query Calls(
    $filter: CallFilter
    $first: Int
    $after: String
    $withKeys: Boolean!
    $withDetails: Boolean!
    $withCost: Boolean!
  ) {
    list: calls(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        kind
        direction
        status
        provider
        createdAt
        startedAt
        durationMs
        costStatus
        providerCost @include(if: $withCost) {
          amount
          currency
        }
        toNumber @include(if: $withDetails)
        error @include(if: $withDetails) {
          message
        }
        keySource @include(if: $withKeys)
        agent {
          id
          name
        }
        client {
          id
          name
        }
      }
    }
  }
`);

type Call = NonNullable<ResultOf<typeof CALLS>['list']>['nodes'][number];

interface CallListProps {
  readonly filter: NonNullable<VariablesOf<typeof CALLS>['filter']>;
  readonly isFiltered?: boolean;
}

export function CallList({ filter, isFiltered }: CallListProps) {
  const viewer = useViewer();
  const { canManageApiKeys: withKeys, canViewCallDetails: withDetails } = viewer;
  return (
    <List
      of={CALLS}
      variables={{ filter, withKeys, withDetails, withCost: viewer.canManageBilling }}
      caption={text.calls.title}
      columns={columnsFor(viewer, filter)}
      goesOn={({ status }) => isGoingOn(status)}
      comesLate={(call) => awaitsCost(viewer, call)}
      empty={isFiltered === true ? [text.calls.noMatch] : [text.calls.empty, text.calls.emptyHint]}
    />
  );
}

const columnsFor = (viewer: Viewer, { agentId, clientId }: CallListProps['filter']): Columns<Call> => [
  {
    title: text.common.when,
    // A call that began at its provider may be heard of much later.
    cell: ({ id, createdAt, startedAt }) => (
      <a href={`/calls/${id}`}>
        <Time at={startedAt ?? createdAt} />
      </a>
    ),
  },
  !agentId && {
    title: text.common.agent,
    cell: ({ agent, provider }) => (
      <>
        {viewer.canViewAgents ? <a href={`/agents/${agent.id}`}>{agent.name}</a> : agent.name}{' '}
        <span class="fine">{providerName(provider)}</span>
      </>
    ),
  },
  !clientId &&
    viewer.role !== 'PORTAL_USER' && {
      title: text.common.client,
      cell: ({ client }) => <ClientLink client={client} />,
    },
  viewer.canViewCallDetails && { title: text.calls.to, cell: ({ toNumber }) => toNumber },
  viewer.canManageApiKeys && {
    title: text.calls.key,
    cell: ({ keySource }) => text.source[keySource ?? 'none'],
  },
  {
    title: text.common.status,
    cell: ({ status, kind, direction, error }) => (
      <>
        <CallState status={status} />{' '}
        <span class="fine">
          {kind === 'TEST' && text.calls.kinds.TEST} {direction === 'INBOUND' && text.calls.inbound}
        </span>
        {error && <p class="fine">{error.message}</p>}
      </>
    ),
  },
  viewer.canManageBilling
    ? {
        title: text.calls.lastedAndCost,
        cell: (call) => <Stack fine={costOf(call)}>{lengthOf(call.durationMs)}</Stack>,
      }
    : { title: text.calls.lasted, cell: ({ durationMs }) => lengthOf(durationMs) },
];
