import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { providerName } from '../sign-in/settings';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/calls';
import { ClientFilter } from '../ui/client-field';
import { DateFilter, Filter, Filters, startOf, useFilters } from '../ui/filter';
import { Page } from '../ui/page';
import { Badge, ClientLink, Time, type Tone } from '../ui/parts';
import { ProviderFilter, providerIn } from '../ui/provider-fields';
import { List, type Columns } from '../ui/table';
import { CallSummary } from './call-summary';

const CALLS = graphql(`
  query Calls($filter: CallFilter, $first: Int, $after: String, $withKeys: Boolean!, $withDetails: Boolean!) {
    list: calls(filter: $filter, first: $first, after: $after) {
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

const AGENT_NAMES = graphql(`
  query AgentNames($clientId: ID) {
    agents(clientId: $clientId, first: 100) {
      nodes {
        id
        name
      }
    }
  }
`);

const PATH = '/calls';

const STATUSES = Object.entries(text.calls.status);

export function CallsPage() {
  const viewer = useViewer();
  const isAgencys = viewer.role !== 'PORTAL_USER';
  const { values, isOn, by } = useFilters(PATH, ['client', 'agent', 'provider', 'status', 'since', 'until']);
  const { client, agent, provider, status, since, until } = values;
  return (
    <Page title={text.calls.title}>
      {viewer.canViewAnalytics && <CallSummary />}
      <Filters path={PATH} isOn={isOn}>
        {isAgencys && <ClientFilter {...by('client', { agent: '' })} />}
        {viewer.canViewAgents && (client !== '' || !isAgencys) && (
          <AgentFilter clientId={client || null} {...by('agent')} />
        )}
        <ProviderFilter {...by('provider')} />
        <Filter label={text.common.status} options={STATUSES} {...by('status')} />
        <DateFilter label={text.common.from} {...by('since')} />
        <DateFilter label={text.common.before} {...by('until')} />
      </Filters>
      <CallList
        filter={{
          status: status in text.calls.status ? [status as Call['status']] : null,
          provider: providerIn(provider),
          agentId: agent || null,
          clientId: client || null,
          since: startOf(since),
          until: startOf(until),
        }}
        isFiltered={isOn}
      />
    </Page>
  );
}

interface AgentFilterProps {
  readonly clientId: string | null;
  readonly value: string;
  readonly onChange: (id: string) => void;
}

/** Among the agents of one client. */
function AgentFilter({ clientId, ...field }: AgentFilterProps) {
  const { data } = useQuery(AGENT_NAMES, { clientId });
  const agents = data.value?.agents?.nodes ?? [];
  return <Filter label={text.common.agent} options={agents.map(({ id, name }) => [id, name])} {...field} />;
}

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
      variables={{ filter, withKeys, withDetails }}
      caption={text.calls.title}
      columns={columnsFor(viewer, filter)}
      empty={isFiltered === true ? [text.calls.noMatch] : [text.calls.empty, text.calls.emptyHint]}
    />
  );
}

const columnsFor = (viewer: Viewer, { agentId, clientId }: CallListProps['filter']): Columns<Call> => [
  { title: text.common.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
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
    cell: ({ status, kind, error }) => (
      <>
        <CallState status={status} /> {kind === 'TEST' && <span class="fine">{text.calls.test}</span>}
        {error && <p class="fine">{error.message}</p>}
      </>
    ),
  },
];
