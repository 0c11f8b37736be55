import type { ComponentChildren } from 'preact';
import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/client';
import { Later } from '../ui/later';
import { Opens } from '../ui/opens';
import { Loaded, NotFound, Page } from '../ui/page';
import { Note } from '../ui/parts';
import { Rename } from '../ui/rename';
import { backTo, useLocation } from '../ui/router';
import { Tabs, type Tab } from '../ui/tabs';
import { ArchiveClient, RENAME_CLIENT, RestoreClient } from './client-dialogs';

const CLIENT = graphql(`
  query Client($id: ID!) {
    client(id: $id) {
      id
      name
      archivedAt
    }
  }
`);

export type ShownClient = NonNullable<ResultOf<typeof CLIENT>['client']>;

interface ClientTab extends Tab {
  readonly content: (client: ShownClient) => ComponentChildren;
}

function tabsFor(id: string, viewer: Viewer): readonly ClientTab[] {
  const { tabs } = text.client;
  const all: readonly (readonly [boolean, ClientTab])[] = [
    [
      viewer.canManageApiKeys,
      {
        path: `/clients/${id}`,
        label: tabs.keys,
        content: (client) => (
          <Later key="keys" name="keys" load={() => import('../areas/keys')}>
            {({ ClientKeys }) => <ClientKeys client={client} />}
          </Later>
        ),
      },
    ],
    [
      viewer.canViewAgents,
      {
        path: `/clients/${id}/agents`,
        label: tabs.agents,
        content: ({ archivedAt }) => (
          <Later key="agents" name="agents" load={() => import('./agents')}>
            {({ ClientAgents }) => <ClientAgents id={id} isActive={archivedAt === null} />}
          </Later>
        ),
      },
    ],
    [
      viewer.canViewCalls,
      {
        path: `/clients/${id}/calls`,
        label: tabs.calls,
        content: () => (
          <Later key="calls" name="calls" load={() => import('./call-list')}>
            {({ CallList }) => <CallList filter={{ clientId: id }} />}
          </Later>
        ),
      },
    ],
    [
      viewer.canManageApiKeys,
      {
        path: `/clients/${id}/events`,
        label: tabs.events,
        content: (client) => (
          <Later key="events" name="events" load={() => import('./provider-events')}>
            {({ ProviderEvents }) => <ProviderEvents client={client} />}
          </Later>
        ),
      },
    ],
    [
      viewer.canManagePeople,
      {
        path: `/clients/${id}/people`,
        label: tabs.people,
        content: (client) => (
          <Later key="people" name="people" load={() => import('../areas/people')}>
            {({ PortalUsers }) => <PortalUsers client={client} />}
          </Later>
        ),
      },
    ],
  ];
  return all.filter(([may]) => may).map(([, tab]) => tab);
}

/** A client with its tabs; the tab is a part of the address. */
export function ClientPage({ id }: { id: string }) {
  const { path } = useLocation();
  const viewer = useViewer();
  const answered = useQuery(CLIENT, { id });
  const tabs = tabsFor(id, viewer);
  // The address of the client alone opens the first tab; that of a tab which is none, nothing.
  const tab = tabs.find((each) => each.path === path) ?? (path === `/clients/${id}` ? tabs[0] : undefined);
  return (
    <Loaded of={answered}>
      {({ client }) =>
        client && tab ? (
          <Page
            title={client.name}
            part={tab.label}
            above={
              <a class="back" href={backTo('/clients')}>
                {text.client.back}
              </a>
            }
            actions={viewer.canManageApiKeys && <Actions client={client} />}
          >
            {client.archivedAt !== null && <Note tone="warn">{text.common.isArchived}</Note>}
            <Tabs tabs={tabs} current={tab.path} label={client.name} />
            {tab.content(client)}
          </Page>
        ) : (
          <NotFound />
        )
      }
    </Loaded>
  );
}

function Actions({ client }: { client: ShownClient }) {
  return (
    <>
      <Opens label={text.common.rename}>
        {(close) => (
          <Rename
            mutation={RENAME_CLIENT}
            inputOf={(name) => ({ clientId: client.id, name })}
            name={client.name}
            onClose={close}
          />
        )}
      </Opens>
      {client.archivedAt === null ? (
        <Opens label={text.client.archive}>
          {(close) => <ArchiveClient client={client} onClose={close} />}
        </Opens>
      ) : (
        <RestoreClient client={client} />
      )}
    </>
  );
}
