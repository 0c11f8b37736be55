import { graphql, type ResultOf } from '../api/graphql';
import { providerName } from '../sign-in/settings';
import { useViewer, type Viewer } from '../sign-in/viewer';
import { text } from '../text';
import { Page } from '../ui/page';
import { Badge, ClientLink, Time, type Tone } from '../ui/parts';
import { List, type Columns } from '../ui/table';
import { CallSummary } from './call-summary';

const CALLS = graphql(`
  query Calls(
    $clientId: ID
    $agentId: ID
    $first: Int
    $after: String
    $withKeys: Boolean!
    $withDetails: Boolean!
  ) {
    list: calls(clientId: $clientId, agentId: $agentId, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        kind
        status
        provider
        createdAt
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

const TONES: Readonly<Record<Call['status'], Tone>> = {
  QUEUED: 'info',
  RINGING: 'info',
  IN_PROGRESS: 'info',
  COMPLETED: 'ok',
  FAILED: 'bad',
  NO_ANSWER: 'warn',
  BUSY: 'warn',
  CANCELED: 'plain',
  UNKNOWN: 'warn',
};

export function CallState({ status }: { status: Call['status'] }) {
  return <Badge tone={TONES[status]}>{text.calls.status[status]}</Badge>;
}

export function CallsPage() {
  const viewer = useViewer();
  return (
    <Page title={text.calls.title}>
      {viewer.canViewAnalytics && <CallSummary />}
      <CallList agentId={null} clientId={null} />
    </Page>
  );
}

export function CallList({ agentId, clientId }: { agentId: string | null; clientId: string | null }) {
  const viewer = useViewer();
  const { canManageApiKeys: withKeys, canViewCallDetails: withDetails } = viewer;
  return (
    <List
      of={CALLS}
      variables={{ agentId, clientId, withKeys, withDetails }}
      caption={text.calls.title}
      columns={columnsFor(viewer, { agentId, clientId })}
      empty={[text.calls.empty, text.calls.emptyHint]}
    />
  );
}

const columnsFor = (
  viewer: Viewer,
  of: { agentId: string | null; clientId: string | null },
): Columns<Call> => [
  { title: text.calls.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
  of.agentId === null && {
    title: text.agents.agent,
    cell: ({ agent, provider }) => (
      <>
        {viewer.canViewAgents ? <a href={`/agents/${agent.id}`}>{agent.name}</a> : agent.name}{' '}
        <span class="fine">{providerName(provider)}</span>
      </>
    ),
  },
  of.clientId === null &&
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
    cell: ({ status, kind, error }) => (
      <>
        <CallState status={status} /> {kind === 'TEST' && <span class="fine">{text.calls.test}</span>}
        {error && <p class="fine">{error.message}</p>}
      </>
    ),
  },
];
