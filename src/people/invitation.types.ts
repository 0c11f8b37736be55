import { Field, ID, ObjectType } from 'type-graphql';
import { ViewerRoleEnum } from '../access/viewer-enums';
import type { ViewerRole } from '../access/viewer';
import { DateTime, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

@ObjectType({ simpleResolvers: true, description: 'An agency to which whoever asks belongs.' })
export class Membership {
  @Field(() => ID, { description: 'The id of the agency, by which the header `latchkey-agency` names it.' })
  agencyId!: string;

  @Field(() => String, { description: 'The name of the agency, 1-200 characters.' })
  agencyName!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'An invitation that waits for a decision of the person who is invited.',
})
export class Invitation {
  @Field(() => ID, { description: 'The id by which the invitation is accepted or declined.' })
  invitationId!: string;

  @Field(() => ID, {
    description: 'The agency that invites, by which the header `latchkey-agency` names it afterwards.',
  })
  agencyId!: string;

  @Field(() => String, { description: 'The name of the agency that invites.' })
  agencyName!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The admin who invites. Null when that person is not known, or is no longer with the agency.',
  })
  invitedByName!: string | null;

  @Field(() => ViewerRoleEnum, { description: 'What the person will be to the agency.' })
  role!: ViewerRole;

  @Field(() => String, {
    nullable: true,
    description: 'The client to whose portal the invitation leads. Null for people of the agency.',
  })
  clientName!: string | null;

  @Field(() => DateTime, { description: 'When the invitation was made.' })
  createdAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'What became of an invitation.' })
export class InvitationPayload {
  @Field(() => Invitation, {
    nullable: true,
    description: 'The invitation as it was. Null when it does not exist for this person.',
  })
  invitation!: Invitation | null;

  @Field(() => [UserErrorType], { description: 'What the person can put right.' })
  userErrors!: readonly UserError[];
}
