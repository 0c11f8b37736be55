import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { chooseAgency, useQuery } from '../api/query';
import * as text from '../text/common';
import { ChangeButton, ChangeDialog } from '../ui/change';
import { Opens } from '../ui/opens';
import { Loaded, Page } from '../ui/page';
import { Button, Empty, Stack, Time } from '../ui/parts';
import { forgetSearches, route } from '../ui/router';
import { Toasts } from '../ui/toasts';
import { signOut } from './tokens';
import { useViewer } from './viewer';

const BELONGING = graphql(`
  query Belonging {
    memberships {
      agencyId
      agencyName
    }
    invitations {
      invitationId
      agencyId
      agencyName
      invitedByName
      role
      clientName
      createdAt
    }
  }
`);

const ACCEPT = mutation('acceptInvitation');
const DECLINE = mutation('declineInvitation');

type Invitation = NonNullable<ResultOf<typeof BELONGING>['invitations']>[number];

/** Where a person belongs, and who invites the person. */
export const useBelonging = () => useQuery(BELONGING, {});

/** The agencies to choose from, and the invitations to accept, each by a decision of its own. */
function Choices({ current }: { current: string | null }) {
  const answered = useBelonging();
  const open = (id: string) => {
    route('/');
    forgetSearches();
    chooseAgency(id);
  };
  return (
    <Loaded of={answered} rows={2}>
      {({ memberships, invitations }) =>
        memberships?.length || invitations?.length ? (
          <ul class="choices">
            {(memberships ?? []).map(({ agencyId, agencyName }) => (
              <li key={agencyId} class="card">
                <strong>{agencyName}</strong>
                {agencyId === current ? (
                  <span class="fine">{text.belonging.current}</span>
                ) : (
                  <Button label={text.belonging.openNamed(agencyName)} onClick={() => open(agencyId)}>
                    {text.belonging.open}
                  </Button>
                )}
              </li>
            ))}
            {(invitations ?? []).map((invitation) => (
              <Invited key={invitation.invitationId} invitation={invitation} onAccepted={open} />
            ))}
          </ul>
        ) : (
          <Empty title={text.belonging.none} hint={text.belonging.noneHint} />
        )
      }
    </Loaded>
  );
}

interface InvitedProps {
  readonly invitation: Invitation;
  readonly onAccepted: (agencyId: string) => void;
}

function Invited({ invitation, onAccepted }: InvitedProps) {
  const { invitationId, agencyId, agencyName, invitedByName, role, clientName, createdAt } = invitation;
  return (
    <li class="card">
      <Stack fine={<Time at={createdAt} />}>
        {text.belonging.invites(invitedByName, agencyName, text.role[role], clientName)}
      </Stack>
      <span class="actions">
        <Opens label={text.belonging.decline} name={text.belonging.declineNamed(agencyName)}>
          {(close) => (
            <ChangeDialog
              title={text.belonging.declineTitle(agencyName)}
              submit={text.belonging.decline}
              kind="danger"
              mutation={DECLINE}
              inputOf={() => ({ invitationId })}
              said={() => text.belonging.declined(agencyName)}
              onClose={close}
            >
              {() => <p>{text.belonging.declineHint}</p>}
            </ChangeDialog>
          )}
        </Opens>
        <ChangeButton
          kind="primary"
          label={text.belonging.accept}
          name={text.belonging.acceptNamed(agencyName)}
          mutation={ACCEPT}
          input={{ invitationId }}
          said={text.belonging.accepted(agencyName)}
          onDone={() => onAccepted(agencyId)}
        />
      </span>
    </li>
  );
}

/** For people whom the agency that is meant does not know, and for those who have several and have chosen none. */
export function ChooseAgency() {
  const { memberships } = useBelonging().data.value ?? {};
  return (
    <main class="sign-in">
      <h1>{memberships?.length ? text.belonging.choose : text.belonging.welcome}</h1>
      <Choices current={null} />
      <Button kind="quiet" onClick={() => void signOut()}>
        {text.signIn.out}
      </Button>
      <Toasts />
    </main>
  );
}

export function AgenciesPage() {
  const viewer = useViewer();
  return (
    <Page title={text.belonging.title}>
      <Choices current={viewer.agency.id} />
    </Page>
  );
}

/** Leads there, for whoever has several agencies or an invitation. */
export function ToAgencies() {
  const { memberships, invitations } = useBelonging().data.value ?? {};
  const invited = invitations?.length ?? 0;
  if (invited === 0 && (memberships?.length ?? 0) < 2) return null;
  return (
    <a class="button quiet" href="/agencies">
      {invited > 0 ? text.belonging.waiting(invited) : text.belonging.switch}
    </a>
  );
}
