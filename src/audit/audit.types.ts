import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer-enums';
import type { ViewerRole } from '../access/viewer';
import type { PortalPermission } from '../access/portal-permissions';
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

export const AuditEventTypeEnum = enumOf(
  'AuditEventType',
  AUDIT_EVENT_TYPES,
  'What an event of the audit trail tells of.',
  AUDIT_EVENTS,
);

export const ActorKindEnum = enumOf('AuditActorKind', ACTOR_KINDS, 'Who or what did something.', {
  PERSON: 'Someone of the agency, or a portal user.',
  SERVICE_TOKEN: 'An integration of the agency, by its service token.',
  GATEWAY_TOKEN: 'An integration of the agency, by its gateway token.',
  KEY_LINK: 'Whoever held a one-time link and its code.',
  OPERATOR: 'Whoever works at the command line of the server.',
  SYSTEM: 'The server itself, e.g. when something expires.',
});

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'One event of the audit trail. Fields that do not belong to its type are null. It never holds a key, at most a mask.',
})
export class AuditEvent {
  @Field(() => ID, { description: 'The id of the event.' })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      "The number of the event in the agency's chain, which starts at 1 and has no gaps. It is null until the event is chained, which takes about two seconds.",
  })
  sequence!: number | null;

  @Field(() => AuditEventTypeEnum, { description: 'What happened.' })
  type!: AuditEventType;

  @Field(() => DateTime, { description: 'When it happened, by the clock of the server.' })
  at!: Date;

  @Field(() => ActorKindEnum, {
    description:
      'Whether a person, a service token, a one-time link, the operator or the server itself did it.',
  })
  actorKind!: ActorKind;

  @Field(() => ID, {
    nullable: true,
    description:
      'The id of the person, the service or gateway token, or the one-time link; null for the operator and the server.',
  })
  actorId!: string | null;

  @Field(() => String, { description: 'The name of whoever did it, as it was at that time.' })
  actorName!: string;

  @Field(() => String, { description: 'The `x-request-id` of the answer, by which the log is searched.' })
  requestId!: string;

  @Field(() => String, { nullable: true, description: 'The IP address that the request came from.' })
  sourceAddress!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The client that the event concerns; null for what concerns the agency itself.',
  })
  clientId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The agent that the event concerns.' })
  agentId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The call that was placed.' })
  callId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The person that the event concerns.' })
  personId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The service token that the event concerns.' })
  serviceTokenId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The gateway token that the event concerns.' })
  gatewayTokenId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The hand-in that the event concerns.' })
  keyHandInId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The one-time link that the event concerns.' })
  keyLinkId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The webhook that the event concerns.' })
  outgoingWebhookId!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether valid keys that are handed in for the client are accepted at once from then on.',
  })
  acceptsValidHandIns!: boolean | null;

  @Field(() => ProviderEnum, { nullable: true, description: 'The provider of the key or of the call.' })
  provider!: Provider | null;

  @Field(() => String, {
    nullable: true,
    description: 'Whose key a call was placed with: a value of `KeySource`.',
  })
  keySource!: string | null;

  @Field(() => Int, { nullable: true, description: 'The version of the key.' })
  keyVersion!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The mask of the key: dots and at most its last four characters, never the key.',
  })
  maskedKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the provider said of the key: a value of `KeyStatus`.',
  })
  status!: string | null;

  @Field(() => String, { nullable: true, description: 'The name of what was created or changed.' })
  name!: string | null;

  @Field(() => ViewerRoleEnum, {
    nullable: true,
    description: 'The role that the person or the service token has from then on.',
  })
  role!: ViewerRole | null;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: 'The permissions that the person, or new portal users, have from then on.',
  })
  permissions!: readonly PortalPermission[] | null;

  @Field(() => String, { nullable: true, description: 'Why a hand-in or a sign-in was refused.' })
  reason!: string | null;
}

export const AuditEventConnection = connectionType('AuditEvent', AuditEvent);
