import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'An alert of which an admin knows.' })
export class AcknowledgeAlertInput {
  @Field(() => ID, { description: 'The alert; NOT_FOUND when the agency has no such alert.' })
  alertId!: string;
}
