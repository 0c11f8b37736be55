import { graphql, type ResultOf } from '../api/graphql';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/billing';
import { ClientLink } from '../ui/parts';
import { List, type Columns } from '../ui/table';
import { periodOf } from './months';
import { StatementFiles } from './statement-files';

const FINAL = graphql(`
  query FinalStatements($clientId: ID, $first: Int, $after: String) {
    list: statements(clientId: $clientId, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        number
        from
        to
        client {
          id
          name
        }
        total {
          amount
          currency
        }
        otherTotals {
          amount
          currency
        }
      }
    }
  }
`);

type Final = NonNullable<ResultOf<typeof FINAL>['list']>['nodes'][number];

/** A statement of a whole month is shown on this page; of another period there are the files. */
function Name({ number, from, to, client }: Final) {
  const month = from.slice(0, 7);
  const title = text.statements.title(number);
  if (periodOf(month)?.from !== from || periodOf(month)?.to !== to) return <>{title}</>;
  return <a href={`/billing?${new URLSearchParams({ clientId: client.id, month }).toString()}`}>{title}</a>;
}

const columnsFor = (isOfAgency: boolean): Columns<Final> => [
  { title: text.statements.statement, cell: (statement) => <Name {...statement} /> },
  isOfAgency && { title: text.statements.client, cell: ({ client }) => <ClientLink client={client} /> },
  { title: text.statements.days, cell: ({ from, to }) => text.statements.period(from, to) },
  {
    title: text.statements.total,
    cell: ({ total, otherTotals }) =>
      [total, ...otherTotals].map(({ amount, currency }) => `${amount} ${currency}`).join(', '),
  },
  {
    title: text.statements.files,
    cell: ({ number, from, to, client }) => (
      <div class="actions">
        <StatementFiles asked={{ clientId: client.id, from, to }} number={number} />
      </div>
    ),
  },
];

/** The final statements of a client, or of all clients that the viewer has, the newest first. */
export function FinalStatements({ clientId }: { readonly clientId: string }) {
  const isOfAgency = useViewer().client === null;
  return (
    <>
      <h2>{text.statements.final}</h2>
      <List
        of={FINAL}
        variables={{ clientId: clientId || null }}
        caption={text.statements.final}
        columns={columnsFor(isOfAgency)}
        empty={[text.statements.noneFinal, text.statements.noneFinalHint]}
      />
    </>
  );
}
