import type { ComponentChildren } from 'preact';
import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { providerName } from '../sign-in/settings';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/calls';
import { ClientFilter } from '../ui/client-field';
import { DateFilter, Filter, Filters, startOf, useFilters } from '../ui/filter';
import { Page } from '../ui/page';
import { ClientLink, Stack, Time } from '../ui/parts';
import { ProviderFilter, providerIn } from '../ui/provider-fields';
import { List, type Columns } from '../ui/table';
import { CallState, costOf, lengthOf, mayViewCosts } from './call-state';
import { CallSummary } from './call-summary';

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

const AGENT_NAMES = graphql(`
  query AgentNames($clientId: ID, $chosen: ID!, $isChosen: Boolean!) {
    agents(clientId: $clientId, first: 100) {
      nodes {
        id
        name
      }
    }
    agent(id: $chosen) @include(if: $isChosen) {
      id
      name
    }
  }
`);

const PATH = '/calls';

const FILTERS = [
  ...(['client', 'agent', 'provider', 'status', 'since', 'until'] as const),
  ...(['kind', 'direction', 'origin', 'key'] as const),
];

const { status: STATUSES, kinds: KINDS, directions: DIRECTIONS, origins: ORIGINS } = text.calls;
const SOURCES = { CLIENT: text.source.CLIENT, AGENCY: text.source.AGENCY };

/** A choice that an address names; null for what is none. */
const chosenOf = <Choice extends string>(choices: Readonly<Record<Choice, string>>, name: string) =>
  Object.hasOwn(choices, name) ? (name as Choice) : null;

export function CallsPage() {
  const viewer = useViewer();
  const isAgencys = viewer.role !== 'PORTAL_USER';
  const { values, isOn, by } = useFilters(PATH, FILTERS);
  const { client, agent, provider, since, until } = values;
  const status = chosenOf(STATUSES, values.status);
  const rarer = {
    kind: chosenOf(KINDS, values.kind),
    direction: chosenOf(DIRECTIONS, values.direction),
    origin: chosenOf(ORIGINS, values.origin),
    keySource: viewer.canManageApiKeys ? chosenOf(SOURCES, values.key) : null,
  };
  return (
    <Page title={text.calls.title}>
      {viewer.canViewAnalytics && <CallSummary />}
      <Filters path={PATH} isOn={isOn}>
        {isAgencys && <ClientFilter {...by('client', { agent: '' })} />}
        {viewer.canViewAgents && (client !== '' || agent !== '' || !isAgencys) && (
          <AgentFilter clientId={client || null} {...by('agent')} />
        )}
        <ProviderFilter {...by('provider')} />
        <Filter label={text.common.status} options={Object.entries(STATUSES)} {...by('status')} />
        <DateFilter label={text.common.from} {...by('since')} />
        <DateFilter label={text.common.before} {...by('until')} />
        <MoreFilters isOpen={Object.values(rarer).some((chosen) => chosen !== null)}>
          <Filter label={text.calls.kind} options={Object.entries(KINDS)} {...by('kind')} />
          <Filter label={text.calls.direction} options={Object.entries(DIRECTIONS)} {...by('direction')} />
          <Filter label={text.calls.origin} options={Object.entries(ORIGINS)} {...by('origin')} />
          {viewer.canManageApiKeys && (
            <Filter label={text.calls.key} options={Object.entries(SOURCES)} {...by('key')} />
          )}
        </MoreFilters>
      </Filters>
      <CallList
        filter={{
          ...rarer,
          status: status && [status],
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

/** What is seldom asked for: closed until somebody opens it, or comes by an address that names one of them. */
function MoreFilters({ isOpen, children }: { isOpen: boolean; children: ComponentChildren }) {
  return (
    <details class="more-filters" open={isOpen}>
      <summary>{text.calls.more}</summary>
      <div class="filters">{children}</div>
    </details>
  );
}

interface AgentFilterProps {
  readonly clientId: string | null;
  readonly value: string;
  readonly onChange: (id: string) => void;
}

/** Among the agents of one client, and the one that an address names. */
function AgentFilter({ clientId, ...field }: AgentFilterProps) {
  const chosen = field.value;
  const { data } = useQuery(AGENT_NAMES, { clientId, chosen, isChosen: chosen !== '' });
  const { agents: listed, agent } = data.value ?? {};
  const others = (listed?.nodes ?? []).filter(({ id }) => id !== agent?.id);
  const agents = [...(agent ? [agent] : []), ...others];
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
      variables={{ filter, withKeys, withDetails, withCost: mayViewCosts(viewer) }}
      caption={text.calls.title}
      columns={columnsFor(viewer, filter)}
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
  mayViewCosts(viewer)
    ? {
        title: text.calls.lastedAndCost,
        cell: (call) => <Stack fine={costOf(call)}>{lengthOf(call.durationMs)}</Stack>,
      }
    : { title: text.calls.lasted, cell: ({ durationMs }) => lengthOf(durationMs) },
];
