import { graphql, type ResultOf } from '../api/graphql';
import { useList } from '../api/list';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Empty, Time } from '../ui/parts';
import { ListTable, type Column } from '../ui/table';
import { HandInKey } from './hand-in-key';
import { HandInState } from './hand-ins';

// Nothing of the key itself: not even its mask is for a portal user.
const OWN_HAND_INS = graphql(`
  query OwnHandIns($first: Int, $after: String) {
    keyHandIns(first: $first, after: $after) {
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
      }
    }
  }
`);

type OwnHandIn = NonNullable<ResultOf<typeof OWN_HAND_INS>['keyHandIns']>['nodes'][number];

const COLUMNS: readonly Column<OwnHandIn>[] = [
  { title: text.common.provider, cell: ({ provider }) => providerName(provider) },
  { title: text.integrations.handedIn, cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    title: text.common.status,
    cell: ({ status, decidedAt, expiresAt, reason }) => (
      <span class="stack">
        <HandInState status={status} />
        <span class="fine">
          {status === 'PENDING' ? (
            <>
              {text.handIns.until} <Time at={expiresAt} />
            </>
          ) : (
            decidedAt !== null && <Time at={decidedAt} />
          )}
        </span>
        {reason !== null && <span>{reason}</span>}
      </span>
    ),
  },
];

export function IntegrationsPage() {
  const viewer = useViewer();
  const list = useList(OWN_HAND_INS, {}, ({ keyHandIns }) => keyHandIns);
  const handIn = viewer.canHandInApiKeys && (
    <Opens kind="primary" label={text.integrations.handIn}>
      {(close) => <HandInKey onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.integrations.title} lead={text.integrations.lead(viewer.agency.name)} actions={handIn}>
      <ListTable
        caption={text.integrations.title}
        list={list}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        empty={<Empty title={text.integrations.empty} hint={text.integrations.emptyHint} />}
      />
    </Page>
  );
}
