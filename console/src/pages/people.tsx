import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/people';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Button, Stack, Time } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';
import { ChangePerson, InvitePerson, RemovePerson } from './people-dialogs';

const PEOPLE = graphql(`
  query People($clientId: ID, $first: Int, $after: String) {
    list: people(clientId: $clientId, first: $first, after: $after) {
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
        isViewer
      }
    }
  }
`);

export type Person = NonNullable<ResultOf<typeof PEOPLE>['list']>['nodes'][number];

export function PeoplePage() {
  const invite = (
    <Opens kind="primary" label={text.people.invite}>
      {(close) => <InvitePerson onClose={close} />}
    </Opens>
  );
  const lead = (
    <>
      {text.people.lead} <a href="/clients">{text.nav.clients}</a>
    </>
  );
  return (
    <Page title={text.people.title} lead={lead} actions={invite}>
      <PeopleList clientId={null} />
    </Page>
  );
}

export function PeopleList({ clientId }: { clientId: string | null }) {
  const { canManagePeople } = useViewer();
  // Here and not in a row, since the row goes with the person, and what was revoked is still to be read.
  const [removed, setRemoved] = useState<Person | null>(null);
  return (
    <>
      <List
        of={PEOPLE}
        variables={{ clientId }}
        caption={clientId === null ? text.people.title : text.people.portalUsers}
        columns={[
          ...COLUMNS,
          canManagePeople && actions<Person>((person) => <Actions person={person} onRemove={setRemoved} />),
        ]}
        empty={[text.people.emptyPortal, text.people.emptyPortalHint]}
      />
      {removed && <RemovePerson person={removed} onClose={() => setRemoved(null)} />}
    </>
  );
}

const COLUMNS: Columns<Person> = [
  { title: text.common.name, cell: ({ name, email }) => <Stack fine={email}>{name}</Stack> },
  {
    title: text.people.may,
    cell: ({ role, permissions }) =>
      role === 'PORTAL_USER'
        ? permissions.map((each) => text.permissions[each]).join(', ') || text.people.nothing
        : text.role[role],
  },
  {
    title: text.common.status,
    cell: ({ joinedAt, createdAt }) => (
      <Stack fine={<Time at={joinedAt ?? createdAt} />}>
        <Badge tone={joinedAt === null ? 'info' : 'ok'}>
          {joinedAt === null ? text.people.invited : text.people.joined}
        </Badge>
      </Stack>
    ),
  },
];

function Actions({ person, onRemove }: { person: Person; onRemove: (person: Person) => void }) {
  return (
    <span class="actions">
      <Opens label={text.people.change} name={`${text.people.change}: ${person.name}`}>
        {(close) => <ChangePerson person={person} onClose={close} />}
      </Opens>
      <Button kind="danger" label={`${text.people.remove}: ${person.name}`} onClick={() => onRemove(person)}>
        {text.people.remove}
      </Button>
    </span>
  );
}
