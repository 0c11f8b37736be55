import { graphql, type ResultOf } from '../api/graphql';
import { useList } from '../api/list';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Empty, Time } from '../ui/parts';
import { ListTable, type Column } from '../ui/table';
import { ChangePortalUser, ChangeRole, InvitePerson, RemovePerson } from './people-dialogs';

const PEOPLE = graphql(`
  query People($clientId: ID, $first: Int, $after: String) {
    people(clientId: $clientId, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        email
        role
        permissions
        createdAt
        joinedAt
      }
    }
  }
`);

export type Person = NonNullable<ResultOf<typeof PEOPLE>['people']>['nodes'][number];

export function PeoplePage() {
  const invite = (
    <Opens kind="primary" label={text.people.invite}>
      {(close) => <InvitePerson onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.people.title} lead={text.people.lead} actions={invite}>
      <PeopleList clientId={null} />
    </Page>
  );
}

export function PeopleList({ clientId }: { clientId: string | null }) {
  const list = useList(PEOPLE, { clientId }, ({ people }) => people);
  return (
    <ListTable
      caption={clientId === null ? text.people.title : text.client.tabs.people}
      list={list}
      keyOf={({ id }) => id}
      columns={COLUMNS}
      empty={<Empty title={text.people.emptyPortal} hint={text.people.emptyPortalHint} />}
    />
  );
}

const COLUMNS: readonly Column<Person>[] = [
  {
    title: text.common.name,
    cell: ({ name, email }) => (
      <span class="stack">
        <span>{name}</span>
        {email !== null && <span class="fine">{email}</span>}
      </span>
    ),
  },
  {
    title: text.people.may,
    cell: ({ role, permissions }) =>
      role === 'PORTAL_USER'
        ? permissions.map((each) => text.permissions[each]).join(', ') || text.people.nothing
        : text.role[role],
  },
  {
    title: text.common.status,
    cell: ({ joinedAt, createdAt }) =>
      joinedAt === null ? (
        <span class="stack">
          <Badge tone="info">{text.people.invited}</Badge>
          <span class="fine">
            <Time at={createdAt} />
          </span>
        </span>
      ) : (
        <span class="stack">
          <Badge tone="ok">{text.people.joined}</Badge>
          <span class="fine">
            <Time at={joinedAt} />
          </span>
        </span>
      ),
  },
  { title: text.common.actions, isTitleHidden: true, cell: (person) => <Actions person={person} /> },
];

function Actions({ person }: { person: Person }) {
  const { canManagePeople } = useViewer();
  if (!canManagePeople) return null;
  return (
    <span class="actions">
      <Opens label={text.people.change} name={`${text.people.change}: ${person.name}`}>
        {(close) =>
          person.role === 'PORTAL_USER' ? (
            <ChangePortalUser person={person} onClose={close} />
          ) : (
            <ChangeRole person={person} onClose={close} />
          )
        }
      </Opens>
      <Opens kind="danger" label={text.people.remove} name={`${text.people.remove}: ${person.name}`}>
        {(close) => <RemovePerson person={person} onClose={close} />}
      </Opens>
    </span>
  );
}
