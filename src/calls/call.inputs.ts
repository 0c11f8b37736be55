import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A call to be placed.' })
export class StartTestCallInput {
  @Field(() => ID, { description: 'The agent that calls; NOT_FOUND when the agency has no such agent.' })
  agentId!: string;

  @Field(() => String, {
    description:
      'The phone number to call, in E.164 form, e.g. +14155550100. A real phone rings, and the call costs money.',
  })
  toNumber!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'A text of at most 255 characters that stands for this call; white space around it does not count. A repetition under the same key answers with the first call and places no other.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What an agent is told for one call.' })
export class CallVariableInput {
  @Field(() => String, {
    description:
      'The name by which the agent knows it: letters, digits and `_`, at most 64, and no digit first. No two have the same.',
  })
  name!: string;

  @Field(() => String, {
    description: 'What the agent is told. All values of a call have at most 10,000 characters together.',
  })
  value!: string;
}

@InputType({ description: 'A call of everyday business to be placed.' })
export class StartCallInput {
  @Field(() => ID, { description: 'The agent that calls; NOT_FOUND when the agency has no such agent.' })
  agentId!: string;

  @Field(() => String, {
    description:
      'The phone number to call, in E.164 form, e.g. +14155550100. A real phone rings, and the call costs money.',
  })
  toNumber!: string;

  @Field(() => String, {
    description:
      'A text of at most 255 characters that stands for this call; white space around it does not count. A repetition under the same key answers with the first call and places no other.',
  })
  idempotencyKey!: string;

  @Field(() => [CallVariableInput], {
    nullable: true,
    description:
      'What the agent is told for this call, at most 50 variables, which each provider calls in another way, e.g. dynamic variables or request data. They are handed to the provider and not kept.',
  })
  variables?: readonly CallVariableInput[] | null;
}

@InputType({ description: 'A call to be ended.' })
export class EndCallInput {
  @Field(() => ID, { description: 'The call; NOT_FOUND when the agency has no such call.' })
  callId!: string;
}
