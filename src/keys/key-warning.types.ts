import { Field, ObjectType } from 'type-graphql';
import { Client } from '../clients/client.types';
import { enumOf } from '../graphql/schema-types';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import { MAX_CLIENTS_LISTED, WARNING_CODES, type KeyWarning } from './duplicates';

export const ApiKeyWarningCodeEnum = enumOf(
  'ApiKeyWarningCode',
  WARNING_CODES,
  'What an agency admin should know of a change that is made all the same.',
  {
    DUPLICATE_KEY:
      'Someone else in the agency uses the same key, so that the costs of their calls cannot be told apart.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'A warning does not prevent the change. It never says anything about other agencies.',
})
export class ApiKeyWarning {
  @Field(() => ApiKeyWarningCodeEnum, { description: 'What the warning is about.' })
  code!: KeyWarning['code'];

  @Field(() => ProviderEnum, { description: 'The provider that the key is for.' })
  provider!: Provider;

  @Field(() => String, { description: 'The warning for people to read. It never contains a key.' })
  message!: string;

  @Field(() => Boolean, { description: 'Whether the agency itself uses the key as well.' })
  sharedWithAgency!: boolean;

  @Field(() => [Client], {
    description: `The other clients of the agency that use the key. At most ${MAX_CLIENTS_LISTED} are listed.`,
  })
  clients!: readonly Client[];
}
