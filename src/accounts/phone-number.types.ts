import { Field, ObjectType } from 'type-graphql';
import { KeySourceEnum } from '../keys/key-enums';
import type { KeySource } from '../keys/chain';
import { ProviderErrorType } from '../providers/provider-error.types';
import { FROM_NUMBER_DESCRIPTION } from '../providers/provider-agent.types';
import { LISTING_LIMITS } from './listing-limits';
import type { ShownNumber } from './phone-number.service';

@ObjectType({
  simpleResolvers: true,
  description: 'A phone number of an account, from which its agents can call.',
})
export class PhoneNumber {
  @Field(() => String, {
    description: `The value of \`fromNumber\` for an agent that is to call from this number. ${FROM_NUMBER_DESCRIPTION}`,
  })
  fromNumber!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The number in E.164 form. Null where the provider tells none, e.g. for a SIP address.',
  })
  phoneNumber!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the number is called at the provider, at most 200 characters.',
  })
  label!: string | null;

  @Field(() => [String], {
    description:
      "The provider's ids of the agents that the provider has bound to the number. Other agents of the account can call from it as well.",
  })
  providerAgentIds!: readonly string[];
}

@ObjectType({ simpleResolvers: true, description: 'The phone numbers of an account.' })
export class PhoneNumberList {
  @Field(() => KeySourceEnum, {
    nullable: true,
    description: 'Whose account was listed. Null where there is no key for it, or none that opens.',
  })
  keySource!: KeySource | null;

  @Field(() => [PhoneNumber], { description: `The numbers, in the order of the provider. ${LISTING_LIMITS}` })
  numbers!: readonly ShownNumber[];

  @Field(() => Boolean, {
    description:
      'Whether these are all numbers of the account. It is false as well where the provider did not answer.',
  })
  isComplete!: boolean;

  @Field(() => ProviderErrorType, { nullable: true, description: 'Why the account could not be listed.' })
  error!: ProviderErrorType | null;
}
