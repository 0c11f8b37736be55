import { graphql, type ResultOf } from '../api/graphql';
import { KeyState } from '../keys/state';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/hand-ins';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { ClientLink, Stack, Time } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';
import { useLocation } from '../ui/router';
import { Tabs } from '../ui/tabs';
import { AcceptHandIn, RefuseHandIn } from './hand-in-dialogs';
import { CreateLink, LinkList } from './links';
import { Outcome } from './outcome';

const HAND_INS = graphql(`
  query HandIns($status: KeyHandInStatus, $first: Int, $after: String) {
    list: keyHandIns(status: $status, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        provider
        status
        createdAt
        expiresAt
        decidedAt
        reason
        maskedKey
        keyStatus
        handedInByName
        decidedByName
        client {
          id
          name
        }
      }
    }
  }
`);

export type HandIn = NonNullable<ResultOf<typeof HAND_INS>['list']>['nodes'][number];

const TABS = [
  { path: '/hand-ins', label: text.handIns.tabs.pending },
  { path: '/hand-ins/all', label: text.handIns.tabs.all },
  { path: '/links', label: text.handIns.tabs.links },
];

/** What clients handed in, and the links by which they can; a tab each. */
export function HandInsPage() {
  const { path } = useLocation();
  const viewer = useViewer();
  const isLinks = path === '/links';
  return (
    <Page
      title={text.handIns.title}
      part={TABS.find((tab) => tab.path === path)?.label ?? ''}
      lead={isLinks ? text.links.lead : text.handIns.lead}
      actions={
        viewer.canManagePeople && (
          <Opens kind="primary" label={text.links.create}>
            {(close) => <CreateLink onClose={close} />}
          </Opens>
        )
      }
    >
      <Tabs label={text.handIns.title} current={path} tabs={TABS} />
      {isLinks ? <LinkList /> : <HandInList status={path === '/hand-ins' ? 'PENDING' : null} />}
    </Page>
  );
}

function HandInList({ status }: { status: 'PENDING' | null }) {
  return (
    <List
      of={HAND_INS}
      variables={{ status }}
      caption={text.handIns.title}
      columns={COLUMNS}
      empty={[status ? text.handIns.emptyPending : text.handIns.empty, text.handIns.emptyHint]}
    />
  );
}

const COLUMNS: Columns<HandIn> = [
  { title: text.common.client, cell: ({ client }) => <ClientLink client={client} /> },
  {
    title: text.handIns.key,
    cell: ({ provider, maskedKey, keyStatus }) => (
      <Stack fine={keyStatus && <KeyState status={keyStatus} />}>
        {providerName(provider)} <code>{maskedKey}</code>
      </Stack>
    ),
  },
  {
    title: text.handIns.from,
    cell: ({ handedInByName, createdAt }) => <Stack fine={<Time at={createdAt} />}>{handedInByName}</Stack>,
  },
  {
    title: text.common.status,
    cell: (handIn) => <Outcome handIn={handIn} decidedBy={handIn.decidedByName} />,
  },
  actions((handIn) => handIn.status === 'PENDING' && <Decide handIn={handIn} />),
];

function Decide({ handIn }: { handIn: HandIn }) {
  const about = `${providerName(handIn.provider)}, ${handIn.client?.name ?? ''}`;
  return (
    <span class="actions">
      <Opens label={text.handIns.accept} name={`${text.handIns.accept}: ${about}`}>
        {(close) => <AcceptHandIn handIn={handIn} onClose={close} />}
      </Opens>
      <Opens kind="danger" label={text.handIns.refuse} name={`${text.handIns.refuse}: ${about}`}>
        {(close) => <RefuseHandIn handIn={handIn} onClose={close} />}
      </Opens>
    </span>
  );
}
