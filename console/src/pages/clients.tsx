import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { WhoseKey } from '../keys/state';
import { providerName, settings } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/clients';
import { Page } from '../ui/page';
import { Badge, Button } from '../ui/parts';
import { route, useLocation } from '../ui/router';
import { SearchField } from '../ui/search';
import { List, type Column, type Columns } from '../ui/table';
import { CreateClient } from './create-client';

const CLIENTS = graphql(`
  query Clients($search: String, $first: Int, $after: String, $withKeys: Boolean!) {
    list: clients(search: $search, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        archivedAt
        apiKeys @include(if: $withKeys) {
          provider
          isSet
          status
        }
      }
    }
  }
`);

const AGENCY_KEYS = graphql(`
  query AgencyKeys($withKeys: Boolean!) {
    agency {
      id
      apiKeys @include(if: $withKeys) {
        provider
        isSet
        status
      }
    }
  }
`);

type Client = ResultOf<typeof CLIENTS>['list']['nodes'][number];
type Keys = ResultOf<typeof AGENCY_KEYS>['agency']['apiKeys'];

export function ClientsPage() {
  const { query } = useLocation();
  const { canManageApiKeys: withKeys } = useViewer();
  const search = query.search ?? '';
  const agency = useQuery(AGENCY_KEYS, { withKeys });
  const [isCreating, setCreating] = useState(false);
  const create = withKeys && (
    <Button kind="primary" onClick={() => setCreating(true)}>
      {text.clients.create}
    </Button>
  );
  return (
    <Page title={text.clients.title} lead={withKeys ? text.clients.lead : undefined} actions={create}>
      <SearchField
        label={text.common.searchClients}
        hint={text.clients.searchHint}
        value={search}
        onSearch={(words) =>
          route(words === '' ? '/clients' : `/clients?search=${encodeURIComponent(words)}`, true)
        }
      />
      <List
        of={CLIENTS}
        variables={{ search: search || null, withKeys }}
        caption={text.clients.title}
        columns={columnsFor(withKeys, agency.data.value?.agency.apiKeys)}
        empty={
          search === ''
            ? [text.clients.empty, withKeys ? text.clients.emptyHint : text.clients.emptyForMembers]
            : [text.clients.noMatch(search), text.clients.noMatchHint]
        }
      >
        {search === '' ? (
          create
        ) : (
          <a class="button" href="/clients">
            {text.clients.showAll}
          </a>
        )}
      </List>
      {isCreating && <CreateClient onClose={() => setCreating(false)} />}
    </Page>
  );
}

function columnsFor(withKeys: boolean, agencyKeys: Keys): Columns<Client> {
  const name: Column<Client> = {
    title: text.common.client,
    cell: (client) => <ClientName client={client} />,
  };
  if (!withKeys) return [name];
  const keys = settings.providers.map(({ id }) => ({
    title: providerName(id),
    cell: ({ apiKeys }: Client) => {
      const own = apiKeys?.find(({ provider }) => provider === id);
      return own && <WhoseKey own={own} agencys={agencyKeys?.find(({ provider }) => provider === id)} />;
    },
  }));
  return [name, ...keys];
}

function ClientName({ client: { id, name, archivedAt } }: { client: Client }) {
  return (
    <>
      <a href={`/clients/${id}`}>{name}</a>{' '}
      {archivedAt !== null && <Badge tone="plain">{text.common.archived}</Badge>}
    </>
  );
}
