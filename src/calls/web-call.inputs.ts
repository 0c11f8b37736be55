import { Field, ID, InputType } from 'type-graphql';
import { CallVariableInput } from './call.inputs';

@InputType({ description: 'A call that somebody joins in a browser.' })
export class StartWebCallInput {
  @Field(() => ID, { description: 'The agent that is called; NOT_FOUND when the agency has no such agent.' })
  agentId!: string;

  @Field(() => String, {
    description:
      'A text of at most 255 characters that stands for this call; white space around it does not count. A repetition under the same key answers with the first call and starts no other. What it takes to join the call is given out once: a repetition has ACCESS_GIVEN_ONCE in its place.',
  })
  idempotencyKey!: string;

  @Field(() => [CallVariableInput], {
    nullable: true,
    description: 'What the agent is told for this call, as for `startCall`.',
  })
  variables?: readonly CallVariableInput[] | null;
}
