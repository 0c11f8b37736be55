import { Field, ID, InputType } from 'type-graphql';
import type { Provider } from '../../providers';
import { ProviderEnum } from '../../providers/provider.types';

@InputType({ description: "The agency's own keys that are to be verified." })
export class VerifyAgencyApiKeysInput {
  @Field(() => [ProviderEnum], {
    nullable: true,
    description:
      'The providers whose keys are verified, each at most once. When not given, every key that is set is.',
  })
  providers?: Provider[] | null;
}

@InputType({ description: 'The keys of a client that are to be verified.' })
export class VerifyClientApiKeysInput extends VerifyAgencyApiKeysInput {
  @Field(() => ID, { description: 'The client whose keys are verified.' })
  clientId!: string;
}
