import { mutation } from '../api/mutation';
import * as text from '../text/people';
import { ChangeDialog, type ErrorOf } from '../ui/change';
import { SelectField, TextField, textOf } from '../ui/form';
import { PermissionFields, permissionsOf, type Permission } from '../ui/permissions';
import { GrantedFields, keptOf, useGranted, withdrawn, WITHDRAWN } from './granted-access';
import type { Person } from './people';

const INVITE_PERSON = mutation('inviteAgencyPerson');
const INVITE_PORTAL_USER = mutation('invitePortalUser');
const CHANGE_PERSON = mutation('changeAgencyPerson', WITHDRAWN);
const CHANGE_PORTAL_USER = mutation('changePortalUser');
const REMOVE = mutation('removePerson', WITHDRAWN);

type Role = 'AGENCY_ADMIN' | 'AGENCY_MEMBER';

const ROLES: readonly Role[] = ['AGENCY_MEMBER', 'AGENCY_ADMIN'];
export const roleOptions = ROLES.map((role) => [role, text.role[role]] as const);

export function InvitePerson({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.people.invite}
      submit={text.people.invite}
      mutation={INVITE_PERSON}
      inputOf={(values) => ({ ...nameAndEmailOf(values), role: textOf(values, 'role') as Role })}
      said={(_done, { email }) => text.people.wasInvited(email)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <NameAndEmail errorOf={errorOf} />
          <SelectField label={text.people.role} name="role" options={roleOptions} />
        </>
      )}
    </ChangeDialog>
  );
}

interface InvitePortalUserProps {
  readonly clientId: string;
  readonly permissions: readonly Permission[];
  readonly onClose: () => void;
}

export function InvitePortalUser({ clientId, permissions, onClose }: InvitePortalUserProps) {
  return (
    <ChangeDialog
      title={text.people.invitePortal}
      submit={text.people.invitePortal}
      mutation={INVITE_PORTAL_USER}
      inputOf={(values) => ({
        ...nameAndEmailOf(values),
        clientId,
        permissions: permissionsOf(values),
      })}
      said={(_done, { email }) => text.people.wasInvited(email)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <NameAndEmail errorOf={errorOf} />
          <PermissionFields chosen={permissions} error={errorOf('permissions')} />
        </>
      )}
    </ChangeDialog>
  );
}

const nameAndEmailOf = (values: FormData) => ({
  name: textOf(values, 'name'),
  email: textOf(values, 'email'),
});

function NameAndEmail({ errorOf }: { errorOf: ErrorOf }) {
  return (
    <>
      <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />
      <TextField
        label={text.people.email}
        name="email"
        type="email"
        hint={text.people.emailHint}
        error={errorOf('email')}
      />
    </>
  );
}

interface PersonDialogProps {
  readonly person: Person;
  readonly onClose: () => void;
}

export function ChangePerson(props: PersonDialogProps) {
  return props.person.role === 'PORTAL_USER' ? <ChangePortalUser {...props} /> : <ChangeRole {...props} />;
}

function ChangeRole({ person, onClose }: PersonDialogProps) {
  const { id: personId, name, role, isViewer } = person;
  const granted = useGranted(personId);
  return (
    <ChangeDialog
      title={text.people.changeTitle(name)}
      isOff={granted.data.value === null}
      mutation={CHANGE_PERSON}
      inputOf={(values) => ({ personId, role: textOf(values, 'role') as Role, ...keptOf(values) })}
      said={({ grantedAccess }) => withdrawn(text.people.changed(name), grantedAccess)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <SelectField
            label={text.people.role}
            name="role"
            options={roleOptions}
            value={role}
            error={errorOf('role')}
          />
          {role === 'AGENCY_ADMIN' && (
            <GrantedFields granted={granted} hint={text.granted.ifMember} isOwn={isViewer} />
          )}
        </>
      )}
    </ChangeDialog>
  );
}

function ChangePortalUser({ person: { id: personId, name, permissions }, onClose }: PersonDialogProps) {
  return (
    <ChangeDialog
      title={text.people.changeTitle(name)}
      mutation={CHANGE_PORTAL_USER}
      inputOf={(values) => ({ personId, permissions: permissionsOf(values) })}
      said={() => text.people.changed(name)}
      onClose={onClose}
    >
      {(errorOf) => <PermissionFields chosen={permissions} error={errorOf('permissions')} />}
    </ChangeDialog>
  );
}

export function RemovePerson({ person, onClose }: PersonDialogProps) {
  const { id: personId, name, role, isViewer } = person;
  const granted = useGranted(personId);
  return (
    <ChangeDialog
      title={text.people.removeTitle(name)}
      submit={text.people.remove}
      kind="danger"
      isOff={granted.data.value === null}
      mutation={REMOVE}
      inputOf={(values) => ({ personId, ...keptOf(values) })}
      said={({ grantedAccess }) => withdrawn(text.people.removed(name), grantedAccess)}
      onClose={onClose}
    >
      {() => (
        <>
          <p>{isViewer ? text.people.removeOwnHint : text.people.removeHint}</p>
          {role !== 'PORTAL_USER' && (
            <GrantedFields granted={granted} hint={text.granted.ifRemoved} isOwn={isViewer} />
          )}
        </>
      )}
    </ChangeDialog>
  );
}
