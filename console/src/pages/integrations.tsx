import { graphql, type ResultOf } from '../api/graphql';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/portal';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Time } from '../ui/parts';
import { List, type Columns } from '../ui/table';
import { HandInKey } from './hand-in-key';
import { Outcome } from './outcome';

// Nothing of the key itself: not even its mask is for a portal user.
const OWN_HAND_INS = graphql(`
  query OwnHandIns($first: Int, $after: String) {
    list: keyHandIns(first: $first, after: $after) {
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

type OwnHandIn = NonNullable<ResultOf<typeof OWN_HAND_INS>['list']>['nodes'][number];

const COLUMNS: Columns<OwnHandIn> = [
  { title: text.common.provider, cell: ({ provider }) => providerName(provider) },
  { title: text.integrations.handedIn, cell: ({ createdAt }) => <Time at={createdAt} /> },
  { title: text.common.status, cell: (handIn) => <Outcome handIn={handIn} decidedBy={null} /> },
];

export function IntegrationsPage() {
  const viewer = useViewer();
  const handIn = viewer.canHandInApiKeys && (
    <Opens kind="primary" label={text.integrations.handIn}>
      {(close) => <HandInKey onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.integrations.title} lead={text.integrations.lead(viewer.agency.name)} actions={handIn}>
      <List
        of={OWN_HAND_INS}
        variables={{}}
        caption={text.integrations.title}
        columns={COLUMNS}
        empty={[text.integrations.empty, text.integrations.emptyHint]}
      />
    </Page>
  );
}
