import type { ComponentChildren } from 'preact';
import { useRoute } from 'preact-iso';
import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { useViewer, type Viewer } from '../sign-in/viewer';
import { text } from '../text';
import { Loaded, NotFound, Page } from '../ui/page';
import { Button, Note } from '../ui/parts';
import { Tabs, type Tab } from '../ui/tabs';
import { ArchiveClient, RenameClient, RestoreClient } from './client-dialogs';
import { ClientKeys } from './client-keys';

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
      { path: `/clients/${id}`, label: tabs.keys, content: (client) => <ClientKeys client={client} /> },
    ],
  ];
  return all.filter(([may]) => may).map(([, tab]) => tab);
}

/** A client with its tabs; the tab is a part of the address. */
export function ClientPage() {
  const { params, path } = useRoute();
  const id = params.id ?? '';
  const viewer = useViewer();
  const answered = useQuery(CLIENT, { id });
  const tabs = tabsFor(id, viewer);
  const tab = tabs.find((each) => each.path === path) ?? tabs[0];
  return (
    <Loaded of={answered}>
      {({ client }) =>
        client && tab ? (
          <Page
            title={client.name}
            above={
              <a class="back" href="/clients">
                {text.client.back}
              </a>
            }
            actions={viewer.canManageApiKeys && <Actions client={client} />}
          >
            {client.archivedAt !== null && <Note tone="warn">{text.client.isArchived}</Note>}
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

type Action = 'RENAME' | 'ARCHIVE' | null;

function Actions({ client }: { client: ShownClient }) {
  const [action, setAction] = useState<Action>(null);
  const close = () => setAction(null);
  return (
    <>
      <Button onClick={() => setAction('RENAME')}>{text.client.rename}</Button>
      {client.archivedAt === null ? (
        <Button onClick={() => setAction('ARCHIVE')}>{text.client.archive}</Button>
      ) : (
        <RestoreClient client={client} />
      )}
      {action === 'RENAME' && <RenameClient client={client} onClose={close} />}
      {action === 'ARCHIVE' && <ArchiveClient client={client} onClose={close} />}
    </>
  );
}
