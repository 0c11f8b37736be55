import { Query, Resolver } from 'type-graphql';
import { CurrentIdentity } from '../access/context';
import type { Identity } from '../access/identity';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import type { InvitationResult, InvitationService, ShownInvitation } from './invitation.service';
import { AcceptInvitationInput, DeclineInvitationInput } from './invitation.inputs';
import { Invitation, InvitationPayload, Membership } from './invitation.types';

@Resolver(() => Invitation)
export class InvitationResolver {
  constructor(private readonly invitations: InvitationService) {}

  @Query(() => [Invitation], {
    nullable: true,
    name: 'invitations',
    description: `Invitations for the e-mail address of whoever asks, which the issuer must have verified; the newest 50, without those
of agencies to which the person belongs. Answered to everybody who has signed in at the issuer, also where no agency knows them.`,
  })
  list(@CurrentIdentity() identity: Identity): Promise<ShownInvitation[]> {
    return this.invitations.list(identity);
  }

  @Query(() => [Membership], {
    nullable: true,
    name: 'memberships',
    description: `The agencies to which whoever asks belongs, in the order of joining, at most 50. With several, the header
\`latchkey-agency\` says which one is meant; without it the first one counts. Answered to everybody who has signed in at the issuer, also
where the header names an agency to which they do not belong.`,
  })
  memberships(@CurrentIdentity() identity: Identity): Promise<Membership[]> {
    return this.invitations.memberships(identity);
  }

  @AuditedMutation(() => InvitationPayload, {
    audit: ['PERSON_JOINED'],
    rateClass: 'MUTATION',
    description: `Accepts an invitation. From the next request on the person belongs to the agency, and names it with the header
\`latchkey-agency\` when they belong to several. Doing so again answers the same.`,
  })
  acceptInvitation(
    @CurrentIdentity() identity: Identity,
    @InputArgument(() => AcceptInvitationInput) { invitationId }: AcceptInvitationInput,
  ): Promise<InvitationResult> {
    return this.invitations.accept(identity, invitationId);
  }

  @AuditedMutation(() => InvitationPayload, {
    audit: ['INVITATION_DECLINED'],
    rateClass: 'MUTATION',
    description: 'Declines an invitation, which is removed. The agency sees it in its audit trail.',
  })
  declineInvitation(
    @CurrentIdentity() identity: Identity,
    @InputArgument(() => DeclineInvitationInput) { invitationId }: DeclineInvitationInput,
  ): Promise<InvitationResult> {
    return this.invitations.decline(identity, invitationId);
  }
}
