import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorType } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { AGENCY_ROLES, type AgencyRole } from '../access/viewer';

export const ServiceTokenRoleEnum = enumOf(
  'ServiceTokenRole',
  AGENCY_ROLES,
  'What a service token may do: the same as a person of this role.',
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'What an integration of the agency authenticates with. Never the token itself.',
})
export class ServiceToken {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => ServiceTokenRoleEnum)
  role!: AgencyRole;

  @Field(() => String, { description: 'The first 11 characters of the token, by which people recognise it.' })
  prefix!: string;

  @Field(() => DateTime)
  createdAt!: Date;

  @Field(() => DateTime)
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'To the minute; null when it was never used.' })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, { nullable: true })
  revokedAt!: Date | null;
}

export const ServiceTokenConnection = connectionType('ServiceToken', ServiceToken);

@InputType()
export class CreateServiceTokenInput {
  @Field(() => String, { description: '1-200 characters.' })
  name!: string;

  @Field(() => ServiceTokenRoleEnum)
  role!: AgencyRole;

  @Field(() => Int, { nullable: true, description: '1-365; 90 when not given.' })
  expiresInDays?: number | null;
}

@InputType()
export class RevokeServiceTokenInput {
  @Field(() => ID)
  serviceTokenId!: string;
}

@ObjectType({ simpleResolvers: true })
export class RevokeServiceTokenPayload {
  @Field(() => ServiceToken, { nullable: true })
  serviceToken!: ServiceToken | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class CreateServiceTokenPayload extends RevokeServiceTokenPayload {
  @Field(() => String, {
    nullable: true,
    description: 'To be sent as a bearer token. Shown here and never again.',
  })
  token!: string | null;
}
