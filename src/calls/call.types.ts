import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';
import type { CallEndReason } from '../providers/call-facts';
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
