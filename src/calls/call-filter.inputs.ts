import { Field, ID, InputType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';
import type { Provider } from '../providers';
import type { CallStatus } from '../providers/call-facts';
import { ProviderEnum } from '../providers/provider.types';
import { CallDirectionEnum, CallKindEnum, CallOriginEnum, CallStatusEnum } from './call-enums';
import type { CallRow } from './call.entity';

@InputType({ description: 'Which calls are wanted. Every condition that is given must hold.' })
export class CallFilter {
  @Field(() => ID, {
    nullable: true,
    description:
      "Only calls of agents that were this client's at the time of the call. The list is empty for a client that the viewer does not have.",
  })
  clientId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only calls of this agent.' })
  agentId?: string | null;

  @Field(() => ProviderEnum, { nullable: true, description: 'Only calls that this provider carries.' })
  provider?: Provider | null;

  @Field(() => [CallStatusEnum], {
    nullable: true,
    description: 'Only calls with one of these statuses; no calls for an empty list.',
  })
  status?: CallStatus[] | null;

  @Field(() => CallKindEnum, { nullable: true, description: 'Only calls of this kind.' })
  kind?: CallRow['kind'] | null;

  @Field(() => CallDirectionEnum, { nullable: true, description: 'Only calls in this direction.' })
  direction?: CallRow['direction'] | null;

  @Field(() => CallOriginEnum, { nullable: true, description: 'Only calls of this origin.' })
  origin?: CallRow['origin'] | null;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description:
      "Only calls on this owner's key. Requires: agency admin. For others the list is null, with FORBIDDEN.",
  })
  keySource?: KeySource | null;

  @Field(() => DateTime, { nullable: true, description: 'Only calls of this time and later.' })
  since?: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Only calls before this time, which is not before `since`.',
  })
  until?: Date | null;
}
