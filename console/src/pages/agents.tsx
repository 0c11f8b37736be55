import { graphql, type ResultOf } from '../api/graphql';
import { NextKey } from '../keys/why';
import { providerName } from '../sign-in/settings';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/agents';
import { ClientFilter } from '../ui/client-field';
import { Filters, useFilters } from '../ui/filter';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, ClientLink } from '../ui/parts';
import { ProviderFilter, providerIn } from '../ui/provider-fields';
import { List, type Columns } from '../ui/table';
import { CreateAgent } from './agent-dialogs';

const AGENTS = graphql(`
  query Agents($clientId: ID, $provider: Provider, $first: Int, $after: String, $withKeys: Boolean!) {
    list: agents(clientId: $clientId, provider: $provider, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        provider
        client {
          id
          name
          archivedAt
        }
        keyResolution @include(if: $withKeys) {
          source
          status
        }
      }
    }
  }
`);

type Agent = NonNullable<ResultOf<typeof AGENTS>['list']>['nodes'][number];
type Provider = Agent['provider'];

export function AgentsPage() {
  const viewer = useViewer();
  const { values, isOn, by } = useFilters('/agents', ['client', 'provider']);
  const create = viewer.canManageApiKeys && (
    <>
      <a class="button" href="/agents/import">
        {text.agents.import}
      </a>
      <Opens kind="primary" label={text.agents.create}>
        {(close) => <CreateAgent clientId={null} onClose={close} />}
      </Opens>
    </>
  );
  return (
    <Page title={text.agents.title} lead={viewer.canManageApiKeys && text.agents.lead} actions={create}>
      <Filters path="/agents" isOn={isOn}>
        {viewer.role !== 'PORTAL_USER' && <ClientFilter {...by('client')} />}
        <ProviderFilter {...by('provider')} />
      </Filters>
      <AgentList clientId={values.client || null} provider={providerIn(values.provider)} isFiltered={isOn} />
    </Page>
  );
}

interface AgentListProps {
  readonly clientId: string | null;
  readonly provider: Provider | null;
  readonly isFiltered?: boolean;
}

export function AgentList({ clientId, provider, isFiltered = false }: AgentListProps) {
  const viewer = useViewer();
  const withKeys = viewer.canManageApiKeys;
  return (
    <List
      of={AGENTS}
      variables={{ clientId, provider, withKeys }}
      caption={text.agents.title}
      columns={columnsFor(viewer, clientId)}
      empty={
        isFiltered
          ? [text.agents.noMatch]
          : [text.agents.empty, withKeys ? text.agents.emptyHint : text.agents.emptyForOthers]
      }
    />
  );
}

/** The agents of one client. */
export function ClientAgents({ id, isActive }: { id: string; isActive: boolean }) {
  const viewer = useViewer();
  return (
    <>
      {viewer.canManageApiKeys && isActive && (
        <div class="actions">
          <Opens kind="primary" label={text.agents.create}>
            {(close) => <CreateAgent clientId={id} onClose={close} />}
          </Opens>
        </div>
      )}
      <AgentList clientId={id} provider={null} />
    </>
  );
}

const columnsFor = ({ canManageApiKeys, role }: Viewer, clientId: string | null): Columns<Agent> => [
  { title: text.common.agent, cell: ({ id, name }) => <a href={`/agents/${id}`}>{name}</a> },
  { title: text.common.provider, cell: ({ provider }) => providerName(provider) },
  clientId === null &&
    role !== 'PORTAL_USER' && {
      title: text.common.client,
      cell: ({ client }) => <ClientLink client={client} />,
    },
  canManageApiKeys && {
    title: text.agents.nextKey,
    cell: ({ client, keyResolution }) =>
      client?.archivedAt ? (
        // Its agents place no calls, whatever key would count.
        <Badge tone="plain">{text.common.archived}</Badge>
      ) : (
        keyResolution && <NextKey resolution={keyResolution} />
      ),
  },
];
