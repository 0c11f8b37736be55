import { useLocation } from 'preact-iso';
import { graphql, type ResultOf } from '../api/graphql';
import { useList } from '../api/list';
import { KeyState } from '../keys/state';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Empty, Time, type Tone } from '../ui/parts';
import { ListTable, type Column } from '../ui/table';
import { Tabs } from '../ui/tabs';
import { AcceptHandIn, RefuseHandIn } from './hand-in-dialogs';
import { CreateLink, LinkList } from './links';

const HAND_INS = graphql(`
  query HandIns($status: KeyHandInStatus, $first: Int, $after: String) {
    keyHandIns(status: $status, first: $first, after: $after) {
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
        handedInByKind
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

export type HandIn = NonNullable<ResultOf<typeof HAND_INS>['keyHandIns']>['nodes'][number];

const TONES: Readonly<Record<HandIn['status'], Tone>> = {
  PENDING: 'info',
  ACCEPTED: 'ok',
  REFUSED: 'bad',
  REPLACED: 'plain',
  EXPIRED: 'warn',
};

export function HandInState({ status }: { status: HandIn['status'] }) {
  return <Badge tone={TONES[status]}>{text.handIns.status[status]}</Badge>;
}

/** What clients handed in, and the links by which they can; a tab each. */
export function HandInsPage() {
  const { path } = useLocation();
  const viewer = useViewer();
  const { tabs } = text.handIns;
  const isLinks = path === '/links';
  return (
    <Page
      title={text.handIns.title}
      lead={isLinks ? text.links.lead : text.handIns.lead}
      actions={
        viewer.canManagePeople && (
          <Opens kind="primary" label={text.links.create}>
            {(close) => <CreateLink onClose={close} />}
          </Opens>
        )
      }
    >
      <Tabs
        label={text.handIns.title}
        current={path}
        tabs={[
          { path: '/hand-ins', label: tabs.pending },
          { path: '/hand-ins/all', label: tabs.all },
          { path: '/links', label: tabs.links },
        ]}
      />
      {isLinks ? <LinkList /> : <HandInList status={path === '/hand-ins' ? 'PENDING' : null} />}
    </Page>
  );
}

function HandInList({ status }: { status: 'PENDING' | null }) {
  const list = useList(HAND_INS, { status }, ({ keyHandIns }) => keyHandIns);
  return (
    <ListTable
      caption={text.handIns.title}
      list={list}
      keyOf={({ id }) => id}
      columns={COLUMNS}
      empty={
        <Empty
          title={status ? text.handIns.emptyPending : text.handIns.empty}
          hint={text.handIns.emptyHint}
        />
      }
    />
  );
}

const COLUMNS: readonly Column<HandIn>[] = [
  {
    title: text.common.client,
    cell: ({ client }) => (client ? <a href={`/clients/${client.id}`}>{client.name}</a> : text.common.none),
  },
  {
    title: text.handIns.key,
    cell: ({ provider, maskedKey, keyStatus }) => (
      <span class="stack">
        <span>
          {providerName(provider)} <code>{maskedKey}</code>
        </span>
        {keyStatus && <KeyState status={keyStatus} />}
      </span>
    ),
  },
  {
    title: text.handIns.from,
    cell: ({ handedInByName, createdAt }) => (
      <span class="stack">
        <span>{handedInByName}</span>
        <span class="fine">
          <Time at={createdAt} />
        </span>
      </span>
    ),
  },
  { title: text.common.status, cell: (handIn) => <Outcome handIn={handIn} /> },
  {
    title: text.common.actions,
    isTitleHidden: true,
    cell: (handIn) => handIn.status === 'PENDING' && <Decide handIn={handIn} />,
  },
];

function Outcome({ handIn: { status, reason, decidedByName, decidedAt, expiresAt } }: { handIn: HandIn }) {
  return (
    <span class="stack">
      <HandInState status={status} />
      <span class="fine">
        {status === 'PENDING' ? (
          <>
            {text.handIns.until} <Time at={expiresAt} />
          </>
        ) : (
          <>
            {decidedByName} {decidedAt !== null && <Time at={decidedAt} />}
          </>
        )}
      </span>
      {reason !== null && <span class="fine">{reason}</span>}
    </span>
  );
}

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
