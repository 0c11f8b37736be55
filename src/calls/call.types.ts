import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { KeySourceEnum } from '../keys/api-key.types';
import type { KeySource } from '../keys/chain';
import { CALL_DIRECTIONS, CALL_KINDS, CALL_STATUSES, type CallRow, type CallStatus } from './call.entity';

export const CallKindEnum = enumOf('CallKind', CALL_KINDS, 'What a call was placed for.');
export const CallDirectionEnum = enumOf(
  'CallDirection',
  CALL_DIRECTIONS,
  'Who called whom, seen from the agent.',
);
export const CallStatusEnum = enumOf('CallStatus', CALL_STATUSES, 'How far a call has come.', {
  FAILED: 'Refused by the provider: it was not placed. `error` says why.',
  UNKNOWN:
    'The provider was asked and gave no definitive answer (yet): the call may have been placed. It is never placed again by itself.',
});

@ObjectType({ implements: Node, simpleResolvers: true })
export class Call {
  @Field(() => ID)
  id!: string;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => String, { nullable: true })
  providerCallId!: string | null;

  @Field(() => CallKindEnum)
  kind!: CallRow['kind'];

  @Field(() => CallDirectionEnum)
  direction!: CallRow['direction'];

  @Field(() => CallStatusEnum)
  status!: CallRow['status'];

  @Field(() => String, { nullable: true, description: 'E.164.' })
  toNumber!: string | null;

  @Field(() => KeySourceEnum, { nullable: true, description: 'Whose key paid for it.' })
  keySource!: KeySource | null;

  @Field(() => Int, { nullable: true, description: 'The version of that key with which it was started.' })
  keyVersion!: number | null;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime, {
    description: 'When anything of the call last changed: see `calls(updatedSince:)`.',
  })
  updatedAt!: Date;
}

export const CallConnection = connectionType('Call', Call);

@InputType()
export class StartTestCallInput {
  @Field(() => ID)
  agentId!: string;

  @Field(() => String, {
    description: 'E.164, e.g. +14155550100. A real phone rings, and the call costs money.',
  })
  toNumber!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'At most 255 characters; white space around them does not count. A repetition under the same key answers with the first call and places no other.',
  })
  idempotencyKey?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class StartTestCallPayload {
  @Field(() => Call, {
    nullable: true,
    description:
      'With status FAILED and an `error` when the provider refused it; null when it was not even asked.',
  })
  call!: Call | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class CallCount {
  @Field(() => CallStatusEnum)
  status!: CallStatus;

  @Field(() => ProviderEnum)
  provider!: Provider;

  @Field(() => Int)
  count!: number;
}

@ObjectType('CallSummary', { simpleResolvers: true, description: 'The calls of a span of time, counted.' })
export class CallSummaryType {
  @Field(() => DateTime)
  since!: Date;

  @Field(() => DateTime)
  until!: Date;

  @Field(() => Int)
  total!: number;

  @Field(() => [CallCount], { description: 'Only what there was at least one call of.' })
  counts!: readonly CallCount[];
}
