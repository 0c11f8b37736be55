import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { KeySourceEnum } from '../keys/api-key.types';
import type { KeySource } from '../keys/chain';
import { KeyResolutionStep } from '../keys/resolution/key-resolution.types';
import type { CallEndReason, CallStatus } from '../providers/call-facts';
import {
  CallDirectionEnum,
  CallEndReasonEnum,
  CallKindEnum,
  CallOriginEnum,
  CallStatusEnum,
  CostStatusEnum,
} from './call-enums';
import type { CallRow } from './call.entity';

@ObjectType({ implements: Node, simpleResolvers: true, description: 'A phone call of an agent.' })
export class Call {
  @Field(() => ID, { description: 'The id of the call in Latchkey.' })
  id!: string;

  @Field(() => ProviderEnum, { description: 'The provider that carries the call.' })
  provider!: Provider;

  @Field(() => String, {
    nullable: true,
    description: "The provider's own id of the call; null when the provider gave none.",
  })
  providerCallId!: string | null;

  @Field(() => CallKindEnum, { description: 'What the call was placed for.' })
  kind!: CallRow['kind'];

  @Field(() => CallOriginEnum, { description: 'How the call came to Latchkey.' })
  origin!: CallRow['origin'];

  @Field(() => CallDirectionEnum, { description: 'Whether the agent calls or is called.' })
  direction!: CallRow['direction'];

  @Field(() => CallStatusEnum, { description: 'How far the call has come.' })
  status!: CallRow['status'];

  @Field(() => String, { nullable: true, description: 'The phone number that was called, in E.164 form.' })
  toNumber!: string | null;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key the call used, and so who pays its provider.',
  })
  keySource!: KeySource | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version of the key with which the call was started.',
  })
  keyVersion!: number | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the call began, as its provider says. It is null until that is known.',
  })
  startedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the call ended, as its provider says. It is null until that is known.',
  })
  endedAt!: Date | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long the call was connected, in milliseconds. It is null until the call has ended and the provider has told it, and 0 for a call that was never connected.',
  })
  durationMs!: number | null;

  @Field(() => CallEndReasonEnum, {
    nullable: true,
    description: 'Why the call ended. It is null until it has ended, and where the provider gave no reason.',
  })
  endReason!: CallEndReason | null;

  @Field(() => CostStatusEnum, { description: 'Whether it is known what the provider takes for the call.' })
  costStatus!: CallRow['costStatus'];

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether a call that began at the provider came from another account than the chain gave for its agent. Then its provider bills the other account.',
  })
  isOtherAccount!: boolean;

  @Field(() => DateTime, {
    description:
      'When the call was asked for. For one that began at its provider it is when it began, where the provider tells that, and otherwise when it was first heard of.',
  })
  createdAt!: Date;

  @Field(() => DateTime, {
    description: 'When anything of the call last changed: see `calls(updatedSince:)`.',
  })
  updatedAt!: Date;
}

export const CallConnection = connectionType('Call', Call);

@ObjectType('CallReceipt', {
  simpleResolvers: true,
  description:
    'What decided who pays for a call, as it was when the call was started. It is written once and never changed.',
})
export class CallReceiptType {
  @Field(() => DateTime, { description: 'When the chain was walked for the call.' })
  resolvedAt!: Date;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key the call used. It is null when there was none.',
  })
  source!: KeySource | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The version of that key. It is null when there was none.',
  })
  version!: number | null;

  @Field(() => [KeyResolutionStep], {
    description: 'The steps of the chain in their order, with the one that was taken.',
  })
  steps!: readonly KeyResolutionStep[];

  @Field(() => String, {
    description: 'Which key the call used, and why, for people to read. It never contains a key.',
  })
  explanation!: string;
}

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

@ObjectType({ simpleResolvers: true, description: 'What came of `startCall`.' })
export class StartCallPayload {
  @Field(() => Call, {
    nullable: true,
    description:
      'The call. It has the status FAILED and an `error` when the provider refused it, and it is null when the provider was not even asked.',
  })
  call!: Call | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@InputType({ description: 'A call to be ended.' })
export class EndCallInput {
  @Field(() => ID, { description: 'The call; NOT_FOUND when the agency has no such call.' })
  callId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `endCall`.' })
export class EndCallPayload {
  @Field(() => Call, {
    nullable: true,
    description:
      'The call as it is known after its provider was asked; null when the provider was not even asked. A provider may take a moment to end it.',
  })
  call!: Call | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `startTestCall`.' })
export class StartTestCallPayload {
  @Field(() => Call, {
    nullable: true,
    description:
      'The call. It has the status FAILED and an `error` when the provider refused it, and it is null when the provider was not even asked.',
  })
  call!: Call | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'The number of calls of one provider with one outcome.' })
export class CallCount {
  @Field(() => CallStatusEnum, { description: 'The outcome of these calls.' })
  status!: CallStatus;

  @Field(() => ProviderEnum, { description: 'The provider of these calls.' })
  provider!: Provider;

  @Field(() => Int, { description: 'The number of these calls, at least 1.' })
  count!: number;
}

@ObjectType('CallSummary', { simpleResolvers: true, description: 'The number of calls in a span of time.' })
export class CallSummaryType {
  @Field(() => DateTime, {
    description: 'The beginning of the span: calls of this time and later are counted.',
  })
  since!: Date;

  @Field(() => DateTime, { description: 'The end of the span: calls before this time are counted.' })
  until!: Date;

  @Field(() => Int, { description: 'The number of calls in the span.' })
  total!: number;

  @Field(() => [CallCount], {
    description: 'The number of calls for each outcome and provider of which there was at least one.',
  })
  counts!: readonly CallCount[];
}
