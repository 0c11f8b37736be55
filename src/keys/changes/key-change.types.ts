import { Field, Int, ObjectType } from 'type-graphql';
import { Agent } from '../../agents/agent.types';
import type { OnDemand } from '../../graphql/on-demand';
import { UserErrorType } from '../../graphql/schema-types';
import type { UserError } from '../../graphql/user-error';
import type { Provider } from '../../providers';
import { ProviderEnum } from '../../providers/provider.types';
import { ApiKey } from '../api-key.types';
import { KeySourceEnum } from '../key-enums';
import type { KeySource } from '../chain';
import { OwningAgency, OwningClient, type ShownOwner } from '../shown-owner.types';
import { ApiKeyWarning } from '../key-warning.types';

@ObjectType({ simpleResolvers: true, description: 'What came of a request to set keys.' })
export class SetApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKey], {
    description:
      'The keys that were set, in the order of the request. The list is empty when the request was refused.',
  })
  apiKeys!: readonly ApiKey[];

  @Field(() => [ApiKeyWarning], { description: 'The warnings about the keys that were set.' })
  warnings!: OnDemand<ApiKeyWarning>;

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType], {
    description: 'Why the request was refused. The list is empty when the keys were set.',
  })
  userErrors!: readonly UserError[];
}

@ObjectType({
  simpleResolvers: true,
  description: 'What the agents that used a cleared key use from now on.',
})
export class ApiKeyClearEffect {
  @Field(() => ProviderEnum, { description: 'The provider whose key was cleared.' })
  provider!: Provider;

  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose key these agents use from now on. It is null when they have no key.',
  })
  source!: KeySource | null;

  @Field(() => Int, { description: 'How many agents used the key that was cleared.' })
  agentCount!: number;

  @Field(() => Int, { description: 'How many of these agents are left with no key.' })
  agentsWithoutKeyCount!: number;
}

@ObjectType({ simpleResolvers: true, description: 'What came of a request to clear keys.' })
export class ClearApiKeysPayload implements ShownOwner {
  @Field(() => [ApiKey], {
    description:
      'The keys that were cleared, in the order of the request. The list is empty when the request ' +
      'was refused.',
  })
  apiKeys!: readonly ApiKey[];

  @OwningClient()
  client!: ShownOwner['client'];

  @OwningAgency()
  agency!: ShownOwner['agency'];

  @Field(() => [UserErrorType], {
    description: 'Why the request was refused. The list is empty when the keys were cleared.',
  })
  userErrors!: readonly UserError[];

  @Field(() => [Agent], {
    description:
      'The agents that are left with no key. At most 100 are listed for each provider; `effects` has ' +
      'the exact counts.',
  })
  agentsWithoutKey!: OnDemand<Agent>;

  @Field(() => [ApiKeyClearEffect], { description: 'One effect for each provider whose key was cleared.' })
  effects!: OnDemand<ApiKeyClearEffect>;
}
