import { graphql } from '../api/graphql';
import { fragments } from '../keys/operations';
import { text } from '../text';
import { errorOf, Form, SelectField, TextField, textOf, useChange } from '../ui/form';
import { Dialog } from '../ui/parts';
import { PermissionFields, permissionsOf, type Permission } from '../ui/permissions';
import { tell } from '../ui/toasts';
import type { Person } from './people';

const INVITE_PERSON = graphql(
  `
    mutation InvitePerson($input: InviteAgencyPersonInput!) {
      inviteAgencyPerson(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const INVITE_PORTAL_USER = graphql(
  `
    mutation InvitePortalUser($input: InvitePortalUserInput!) {
      invitePortalUser(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const CHANGE_PERSON = graphql(
  `
    mutation ChangePerson($input: ChangeAgencyPersonInput!) {
      changeAgencyPerson(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const CHANGE_PORTAL_USER = graphql(
  `
    mutation ChangePortalUser($input: ChangePortalUserInput!) {
      changePortalUser(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const REMOVE_PERSON = graphql(
  `
    mutation RemovePerson($input: RemovePersonInput!) {
      removePerson(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

type Role = 'AGENCY_ADMIN' | 'AGENCY_MEMBER';

const ROLES: readonly Role[] = ['AGENCY_MEMBER', 'AGENCY_ADMIN'];
export const roleOptions = ROLES.map((role) => [role, text.role[role]] as const);

export function InvitePerson({ onClose }: { onClose: () => void }) {
  const change = useChange();
  const invite = async (values: FormData) => {
    const [name, email, role] = ['name', 'email', 'role'].map((field) => textOf(values, field));
    const input = { name: name ?? '', email: email ?? '', role: role as Role };
    if (!(await change.run(INVITE_PERSON, { input }, (data) => data.inviteAgencyPerson))) return;
    tell(text.people.wasInvited(input.email));
    onClose();
  };
  return (
    <Dialog title={text.people.invite} onClose={onClose}>
      <Form change={change} submit={text.people.invite} onSubmit={(values) => void invite(values)}>
        <NameAndEmail errors={change.errors} />
        <SelectField label={text.people.role} name="role" options={roleOptions} />
      </Form>
    </Dialog>
  );
}

interface InvitePortalUserProps {
  readonly clientId: string;
  readonly permissions: readonly Permission[];
  readonly onClose: () => void;
}

export function InvitePortalUser({ clientId, permissions, onClose }: InvitePortalUserProps) {
  const change = useChange();
  const invite = async (values: FormData) => {
    const input = {
      clientId,
      name: textOf(values, 'name'),
      email: textOf(values, 'email'),
      permissions: permissionsOf(values),
    };
    if (!(await change.run(INVITE_PORTAL_USER, { input }, (data) => data.invitePortalUser))) return;
    tell(text.people.wasInvited(input.email));
    onClose();
  };
  return (
    <Dialog title={text.people.invitePortal} onClose={onClose}>
      <Form change={change} submit={text.people.invitePortal} onSubmit={(values) => void invite(values)}>
        <NameAndEmail errors={change.errors} />
        <PermissionFields chosen={permissions} error={errorOf(change.errors, 'permissions')} />
      </Form>
    </Dialog>
  );
}

function NameAndEmail({ errors }: { errors: Parameters<typeof errorOf>[0] }) {
  return (
    <>
      <TextField label={text.common.name} name="name" hasFocus error={errorOf(errors, 'name')} />
      <TextField
        label={text.people.email}
        name="email"
        type="email"
        hint={text.people.emailHint}
        error={errorOf(errors, 'email')}
      />
    </>
  );
}

interface PersonDialogProps {
  readonly person: Person;
  readonly onClose: () => void;
}

export function ChangeRole({ person: { id: personId, name, role }, onClose }: PersonDialogProps) {
  const change = useChange();
  const save = async (values: FormData) => {
    const input = { personId, role: textOf(values, 'role') as Role };
    if (!(await change.run(CHANGE_PERSON, { input }, (data) => data.changeAgencyPerson))) return;
    tell(text.people.changed(name));
    onClose();
  };
  return (
    <Dialog title={text.people.changeTitle(name)} onClose={onClose}>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void save(values)}>
        <SelectField
          label={text.people.role}
          name="role"
          options={roleOptions}
          value={role}
          error={errorOf(change.errors, 'role') ?? errorOf(change.errors, 'personId')}
        />
      </Form>
    </Dialog>
  );
}

export function ChangePortalUser({
  person: { id: personId, name, permissions },
  onClose,
}: PersonDialogProps) {
  const change = useChange();
  const save = async (values: FormData) => {
    const input = { personId, permissions: permissionsOf(values) };
    if (!(await change.run(CHANGE_PORTAL_USER, { input }, (data) => data.changePortalUser))) return;
    tell(text.people.changed(name));
    onClose();
  };
  return (
    <Dialog title={text.people.changeTitle(name)} onClose={onClose}>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void save(values)}>
        <PermissionFields chosen={permissions} error={errorOf(change.errors, 'permissions')} />
      </Form>
    </Dialog>
  );
}

export function RemovePerson({ person: { id: personId, name }, onClose }: PersonDialogProps) {
  const change = useChange();
  const remove = async () => {
    if (!(await change.run(REMOVE_PERSON, { input: { personId } }, (data) => data.removePerson))) return;
    tell(text.people.removed(name));
    onClose();
  };
  return (
    <Dialog title={text.people.removeTitle(name)} onClose={onClose}>
      <Form change={change} kind="danger" submit={text.people.remove} onSubmit={() => void remove()}>
        <p>{text.people.removeHint}</p>
        <p class="error" role="alert">
          {errorOf(change.errors, 'personId')}
        </p>
      </Form>
    </Dialog>
  );
}
