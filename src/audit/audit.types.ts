import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { PortalPermissionEnum, ViewerRoleEnum } from '../access/viewer.types';
import type { PortalPermission, ViewerRole } from '../access/viewer';
import { connectionType, DateTime, enumOf } from '../graphql/schema-types';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { ACTOR_KINDS, AUDIT_EVENT_TYPES, type ActorKind, type AuditEventType } from './audit-event';

export const AuditEventTypeEnum = enumOf('AuditEventType', AUDIT_EVENT_TYPES, 'What happened.', {
  API_KEY_REJECTED:
    'A key was to be set, its provider was asked, and nothing was stored: it did not accept the key; or it did, but another key of the request was refused, the version was not the one that was expected, or the one-time link opened no more.',
  HAND_IN_VERIFIED: 'The provider was asked about a key that was handed in.',
  HAND_IN_ACCEPTED:
    'By an admin, or at once where the agency chose so for the client; `API_KEY_SET` tells the version.',
  HAND_IN_EXPIRED: 'Nobody decided in time: the key is destroyed.',
  KEY_LINK_CODE_REFUSED: 'Someone opened a one-time link and gave a wrong code.',
  KEY_LINK_LOCKED: 'By too many wrong codes.',
  CALL_PLACED: 'A call was handed to its provider, whatever the provider then said.',
  PERSON_ADDED: 'By the operator of the server.',
  PERSON_JOINED: 'Signed in for the first time, with the verified e-mail address of an invitation.',
  SIGN_IN_REFUSED: `A service token that is expired or revoked was used, or a service token or a person of this agency named another agency with the
header \`latchkey-agency\`; at most one event a minute for each. Not recorded: tokens that prove nobody who is known, since there is no agency to which such
an event would belong.`,
});

export const ActorKindEnum = enumOf('AuditActorKind', ACTOR_KINDS, 'What did it.', {
  KEY_LINK: 'Whoever held a one-time link and its code.',
  OPERATOR: 'At the command line of the server.',
  SYSTEM: 'The server itself, e.g. when something expires.',
});

@ObjectType({
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
