import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Client } from '../clients/client.types';
import { UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

@InputType({ description: 'A client, and who decides on the keys that are handed in for it.' })
export class SetHandInPolicyInput {
  @Field(() => ID, {
    description: 'The client that this is for; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;

  @Field(() => Boolean, {
    description:
      'Whether a key that is handed in counts at once if its provider says that it is valid. Otherwise an admin decides, and also after ten keys of the client within 24 hours that were not found to be valid.',
  })
  acceptsValidHandIns!: boolean;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setHandInPolicy`.' })
export class SetHandInPolicyPayload {
  @Field(() => Client, {
    nullable: true,
    description: 'The client as it is after the change; null when the input was refused.',
  })
  client!: Client | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}
