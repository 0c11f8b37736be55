import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer.types';
import type { PortalPermission, ViewerRole } from '../access/viewer';
import { connectionType, DateTime, enumOf } from '../graphql/schema-types';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import {
  ACTOR_KINDS,
  AUDIT_EVENTS,
  AUDIT_EVENT_TYPES,
  type ActorKind,
  type AuditEventType,
} from './audit-event';

const EVENT_DESCRIPTIONS = Object.fromEntries(
  Object.entries(AUDIT_EVENTS).map(([type, { description }]) => [type, description]),
);

export const AuditEventTypeEnum = enumOf(
  'AuditEventType',
  AUDIT_EVENT_TYPES,
  'What an event of the audit trail tells of.',
  EVENT_DESCRIPTIONS,
);

export const ActorKindEnum = enumOf('AuditActorKind', ACTOR_KINDS, 'What did it.', {
  KEY_LINK: 'Whoever held a one-time link and its code.',
  OPERATOR: 'At the command line of the server.',
  SYSTEM: 'The server itself, e.g. when something expires.',
});

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'One event of the audit trail. Fields that do not belong to its type are null. Never a key; a mask at most.',
})
export class AuditEvent {
  @Field(() => ID)
  id!: string;

  @Field(() => Int, { description: "Its number in the agency's chain, from 1, without gaps." })
  sequence!: number;

  @Field(() => AuditEventTypeEnum)
  type!: AuditEventType;

  @Field(() => DateTime)
  at!: Date;

  @Field(() => ActorKindEnum)
  actorKind!: ActorKind;

  @Field(() => ID, { nullable: true, description: 'Of the person, the service token or the link.' })
  actorId!: string | null;

  @Field(() => String)
  actorName!: string;

  @Field(() => String, { description: 'The `x-request-id` of the answer, by which the log is searched.' })
  requestId!: string;

  @Field(() => String, { nullable: true, description: 'The IP address that the request came from.' })
  sourceAddress!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The client that it concerns; null for what is the agency's own.",
  })
  clientId!: string | null;

  @Field(() => ID, { nullable: true })
  agentId!: string | null;

  @Field(() => ID, { nullable: true })
  callId!: string | null;

  @Field(() => ID, { nullable: true })
  personId!: string | null;

  @Field(() => ID, { nullable: true })
  serviceTokenId!: string | null;

  @Field(() => ID, { nullable: true })
  keyHandInId!: string | null;

  @Field(() => ID, { nullable: true })
  keyLinkId!: string | null;

  @Field(() => Boolean, { nullable: true })
  acceptsValidHandIns!: boolean | null;

  @Field(() => ProviderEnum, { nullable: true })
  provider!: Provider | null;

  @Field(() => String, {
    nullable: true,
    description: 'Whose key a call was placed with: a value of `KeySource`.',
  })
  keySource!: string | null;

  @Field(() => Int, { nullable: true, description: 'Of the key.' })
  keyVersion!: number | null;

  @Field(() => String, { nullable: true })
  maskedKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the provider said of the key: a value of `KeyStatus`.',
  })
  status!: string | null;

  @Field(() => String, { nullable: true, description: 'Of what was created or changed.' })
  name!: string | null;

  @Field(() => ViewerRoleEnum, { nullable: true })
  role!: ViewerRole | null;

  @Field(() => [PortalPermissionEnum], { nullable: true })
  permissions!: readonly PortalPermission[] | null;

  @Field(() => String, { nullable: true, description: 'Why a hand-in or a sign-in was refused.' })
  reason!: string | null;
}

export const AuditEventConnection = connectionType('AuditEvent', AuditEvent);

@InputType({ description: 'Every condition that is given must hold.' })
export class AuditEventFilter {
  @Field(() => [AuditEventTypeEnum], { nullable: true })
  types?: AuditEventType[] | null;

  @Field(() => ID, { nullable: true })
  clientId?: string | null;

  @Field(() => ID, { nullable: true, description: 'A person, a service token or a one-time link.' })
  actorId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'From this time on.' })
  since?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Before this time.' })
  until?: Date | null;
}
