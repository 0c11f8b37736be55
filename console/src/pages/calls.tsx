import type { ComponentChildren } from 'preact';
import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/calls';
import { ClientFilter } from '../ui/client-field';
import { DayFilters, Filter, Filters, ownZone, spanOf, useFilters } from '../ui/filter';
import { Page } from '../ui/page';
import { ProviderFilter, providerIn } from '../ui/provider-fields';
import { CallList } from './call-list';
import { CallSummary } from './call-summary';

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
  const { client, agent, provider } = values;
  // What is counted can be narrowed to a client alone: beside another list it would say something else.
  const isCounted = FILTERS.every((name) => name === 'client' || values[name] === '');
  const { span, problem } = spanOf(values);
  const status = chosenOf(STATUSES, values.status);
  const rarer = {
    kind: chosenOf(KINDS, values.kind),
    direction: chosenOf(DIRECTIONS, values.direction),
    origin: chosenOf(ORIGINS, values.origin),
    keySource: viewer.canManageApiKeys ? chosenOf(SOURCES, values.key) : null,
  };
  return (
    <Page title={text.calls.title}>
      {viewer.canViewAnalytics && isCounted && <CallSummary clientId={client || null} />}
      <Filters path={PATH} isOn={isOn}>
        {isAgencys && <ClientFilter {...by('client', { agent: '' })} />}
        {viewer.canViewAgents && (client !== '' || agent !== '' || !isAgencys) && (
          <AgentFilter clientId={client || null} {...by('agent')} />
        )}
        <ProviderFilter {...by('provider')} />
        <Filter label={text.common.status} options={Object.entries(STATUSES)} {...by('status')} />
        <DayFilters
          fields={[
            { label: text.common.from, ...by('since') },
            { label: text.common.before, ...by('until') },
          ]}
          hint={text.common.ownDays(ownZone)}
          problem={problem}
        />
        <MoreFilters isOpen={Object.values(rarer).some((chosen) => chosen !== null)}>
          <Filter label={text.calls.kind} options={Object.entries(KINDS)} {...by('kind')} />
          <Filter label={text.calls.direction} options={Object.entries(DIRECTIONS)} {...by('direction')} />
          <Filter label={text.calls.origin} options={Object.entries(ORIGINS)} {...by('origin')} />
          {viewer.canManageApiKeys && (
            <Filter label={text.calls.key} options={Object.entries(SOURCES)} {...by('key')} />
          )}
        </MoreFilters>
      </Filters>
      {problem === null && (
        <CallList
          filter={{
            ...rarer,
            ...span,
            status: status && [status],
            provider: providerIn(provider),
            agentId: agent || null,
            clientId: client || null,
          }}
          isFiltered={isOn}
        />
      )}
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
