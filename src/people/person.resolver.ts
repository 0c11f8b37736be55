import { Arg, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { GrantedAccess as GrantedAccessOf } from './granted-access';
import type { PersonRow } from './person.entity';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { PersonResult, PersonService } from './person.service';
import { GrantedAccess } from './granted-access.types';
import {
  ChangeAgencyPersonInput,
  ChangePortalUserInput,
  InviteAgencyPersonInput,
  InvitePortalUserInput,
  RemovePersonInput,
} from './person.inputs';
import { Person, PersonConnection, PersonPayload } from './person.types';
import {
  SetAgencyPortalPermissionsInput,
  SetAgencyPortalPermissionsPayload,
  SetClientPortalPermissionsInput,
  SetClientPortalPermissionsPayload,
} from './portal-permissions.types';

@Resolver(() => Person)
export class PersonResolver {
  constructor(private readonly people: PersonService) {}

  @FieldResolver(() => Boolean, { description: 'Whether this is the person who asks.' })
  isViewer(@Root() person: PersonRow, @CurrentViewer() viewer: Viewer): boolean {
    return person.id === viewer.id;
  }

  @Query(() => PersonConnection, {
    nullable: true,
    name: 'people',
    description:
      'The people of the agency, or with `clientId` the portal users of that client, in the order in which they were invited.',
  })
  list(
    @CurrentViewer() viewer: Viewer,
    @AskedPage() page: PageArguments,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only portal users of this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null,
  ): Promise<Page<PersonRow>> {
    return this.people.list(viewer, pageArgs('Person', page), clientId ?? null);
  }

  @Query(() => [GrantedAccess], {
    nullable: true,
    description: `By what a person has let others in: the service tokens, open one-time links and open invitations that \`removePerson\`
revokes unless they are kept, the people who have joined by the person's invitations, and webhooks. Null when the agency has no such person.`,
  })
  grantedAccess(
    @CurrentViewer() viewer: Viewer,
    @Arg('personId', () => ID, { description: 'The person of the agency who let others in.' })
    personId: string,
  ): Promise<GrantedAccessOf[] | null> {
    return this.people.grantedAccess(viewer, personId);
  }

  @AuditedMutation(() => PersonPayload, {
    audit: ['PERSON_INVITED'],
    rateClass: 'MUTATION',
    description:
      'Invites someone to the agency, by an e-mail address that the issuer must have verified. Latchkey sends no mail: tell the person yourself.',
  })
  inviteAgencyPerson(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => InviteAgencyPersonInput) input: InviteAgencyPersonInput,
  ): Promise<PersonResult> {
    return this.people.inviteToAgency(viewer, input);
  }

  @AuditedMutation(() => PersonPayload, {
    audit: ['PERSON_INVITED'],
    rateClass: 'MUTATION',
    description: 'Invites someone to the portal of one client, in the same way. Latchkey sends no mail.',
  })
  invitePortalUser(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => InvitePortalUserInput) input: InvitePortalUserInput,
  ): Promise<PersonResult> {
    return this.people.inviteToPortal(viewer, input);
  }

  @AuditedMutation(() => PersonPayload, {
    audit: [
      'PERSON_CHANGED',
      'SERVICE_TOKEN_REVOKED',
      'GATEWAY_TOKEN_REVOKED',
      'KEY_LINK_REVOKED',
      'PERSON_REMOVED',
    ],
    rateClass: 'MUTATION',
    description: `Gives someone of the agency another role. It holds from the very next request on. The last admin who has ever signed in stays
one. When a person is made a member, the service and gateway tokens, the one-time links and the invitations that the person made are
revoked, unless the input keeps them.`,
  })
  changeAgencyPerson(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ChangeAgencyPersonInput) { personId, role, ...kept }: ChangeAgencyPersonInput,
  ): Promise<PersonResult> {
    return this.people.changeRole(viewer, personId, role, kept);
  }

  @AuditedMutation(() => PersonPayload, {
    audit: ['PERSON_CHANGED'],
    rateClass: 'MUTATION',
    description: 'Gives a portal user other permissions. They hold from the very next request on.',
  })
  changePortalUser(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ChangePortalUserInput) { personId, permissions }: ChangePortalUserInput,
  ): Promise<PersonResult> {
    return this.people.changePermissions(viewer, personId, permissions);
  }

  @AuditedMutation(() => PersonPayload, {
    audit: ['PERSON_REMOVED', 'SERVICE_TOKEN_REVOKED', 'GATEWAY_TOKEN_REVOKED', 'KEY_LINK_REVOKED'],
    rateClass: 'MUTATION',
    description: `Removes a person at once, whether the invitation was accepted or not. The last admin who has ever signed in cannot be
removed. The service and gateway tokens, one-time links and invitations that the person made are revoked as well, unless the input keeps them.`,
  })
  removePerson(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RemovePersonInput) { personId, ...kept }: RemovePersonInput,
  ): Promise<PersonResult> {
    return this.people.remove(viewer, personId, kept);
  }

  @AuditedMutation(() => SetAgencyPortalPermissionsPayload, {
    audit: ['PORTAL_DEFAULTS_CHANGED'],
    rateClass: 'MUTATION',
    description:
      'Sets the permissions that are copied to clients that are created from now on. No existing client changes.',
  })
  setAgencyPortalPermissions(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetAgencyPortalPermissionsInput) { permissions }: SetAgencyPortalPermissionsInput,
  ): Promise<SetAgencyPortalPermissionsPayload> {
    return this.people.setAgencyDefaults(viewer, permissions);
  }

  @AuditedMutation(() => SetClientPortalPermissionsPayload, {
    audit: ['PORTAL_DEFAULTS_CHANGED'],
    rateClass: 'MUTATION',
    description:
      'Sets the permissions of the portal users of a client who are invited from now on. No existing portal user changes.',
  })
  setClientPortalPermissions(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetClientPortalPermissionsInput)
    { clientId, permissions }: SetClientPortalPermissionsInput,
  ): Promise<SetClientPortalPermissionsPayload> {
    return this.people.setClientDefaults(viewer, clientId, permissions);
  }
}
