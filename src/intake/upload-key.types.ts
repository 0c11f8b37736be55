import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';

@ObjectType({
  simpleResolvers: true,
  description: 'A public key on the curve P-256, as RFC 7517 and browsers name its parts.',
})
export class ApiKeyUploadJwk {
  @Field(() => String)
  kty!: string;

  @Field(() => String)
  crv!: string;

  @Field(() => String)
  x!: string;

  @Field(() => String)
  y!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The public key to which the keys of one agency are sealed; see `Secret`.',
})
export class ApiKeyUploadKey {
  @Field(() => String, {
    description:
      "To be the `kid` of the JWE's header, as it is: it names the key, and the agency in which alone the JWE opens.",
  })
  kid!: string;

  @Field(() => ApiKeyUploadJwk)
  jwk!: ApiKeyUploadJwk;

  @Field(() => DateTime, { description: 'Until when what is sealed with it opens.' })
  expiresAt!: Date;
}
