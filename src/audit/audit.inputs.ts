import { Field, ID, InputType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import type { AuditEventType } from './audit-event';
import { AuditEventTypeEnum } from './audit.types';

@InputType({ description: 'Which events are wanted. Every condition that is given must hold.' })
export class AuditEventFilter {
  @Field(() => [AuditEventTypeEnum], {
    nullable: true,
    description:
      'Only events of one of these types; at least one, each at most once. All types when not given.',
  })
  types?: AuditEventType[] | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Only events that concern this client. Events of all clients and of the agency itself when not given.',
  })
  clientId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Whether only events that concern no client are wanted, e.g. those of the agency's own keys. With `clientId` the list is empty.",
  })
  withoutClient?: boolean | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Only what this person, service or gateway token, or one-time link did.',
  })
  actorId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events of this time and later.' })
  since?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events before this time.' })
  until?: Date | null;
}
