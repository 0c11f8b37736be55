import { Field, ObjectType } from 'type-graphql';
import { DateTime } from '../graphql/schema-types';

@ObjectType({
  simpleResolvers: true,
  description: 'A public key on the curve P-256, as RFC 7517 and browsers name its parts.',
})
export class ApiKeyUploadJwk {
  @Field(() => String, { description: 'The type of the key: `EC`.' })
  kty!: string;

  @Field(() => String, { description: 'The curve: `P-256`.' })
  crv!: string;

  @Field(() => String, { description: 'The x coordinate of the public key, in base64url.' })
  x!: string;

  @Field(() => String, { description: 'The y coordinate of the public key, in base64url.' })
  y!: string;
}

@ObjectType({
  simpleResolvers: true,
  description: 'The public key to which the keys of one agency are sealed; see `Secret`.',
})
export class ApiKeyUploadKey {
  @Field(() => String, {
    description:
      "The `kid` that the JWE's header must have. It names the key, and the agency in which alone the JWE opens.",
  })
  kid!: string;

  @Field(() => ApiKeyUploadJwk, { description: 'The public key to which API keys are encrypted.' })
  jwk!: ApiKeyUploadJwk;

  @Field(() => DateTime, { description: 'Until this time the server opens what is sealed with this key.' })
  expiresAt!: Date;
}
