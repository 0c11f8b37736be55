import { Field, ID, InputType } from 'type-graphql';
import type { Provider } from '../providers';
import { MAX_LISTED } from '../providers/list-requests';
import { ProviderEnum } from '../providers/provider.types';

@InputType({ description: 'Which account is compared with the agents of the agency, and what is created.' })
export class ImportAgentsInput {
  @Field(() => ID, {
    nullable: true,
    description:
      "The client, which must be active. Its own account is listed if it has a key for the provider, and the agency's otherwise, as for its calls. The agents that are created are assigned to it. Without a client the agency's own account is listed, and they are assigned to none.",
  })
  clientId?: string | null;

  @Field(() => ProviderEnum, { description: 'The provider whose account is listed.' })
  provider!: Provider;

  @Field(() => [String], {
    nullable: true,
    description: `The agents that are created, by the provider's ids of them, at most ${MAX_LISTED}. When not given, all that the agency does not have yet are. An id that the account does not have is NOT_FOUND, and then nothing is created.`,
  })
  providerAgentIds?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether nothing is created, so that the account is only compared. False when not given.',
  })
  dryRun?: boolean | null;
}
