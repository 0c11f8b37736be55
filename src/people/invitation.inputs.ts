import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'Which invitation to accept.' })
export class AcceptInvitationInput {
  @Field(() => ID, { description: 'An id of `invitations`.' })
  invitationId!: string;
}

@InputType({ description: 'Which invitation to decline.' })
export class DeclineInvitationInput extends AcceptInvitationInput {}
