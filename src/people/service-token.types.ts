import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import { connectionType, DateTime, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import { AGENCY_ROLES, type AgencyRole } from '../access/viewer';
import { AGENCY_ROLE_DESCRIPTIONS } from '../access/viewer-enums';

export const ServiceTokenRoleEnum = enumOf(
  'ServiceTokenRole',
  AGENCY_ROLES,
  'What a service token may do: the same as a person of this role.',
  AGENCY_ROLE_DESCRIPTIONS,
);

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'What an integration of the agency authenticates with. The token itself is not shown.',
})
export class ServiceToken {
  @Field(() => ID, { description: 'The id of the service token, which is no secret.' })
  id!: string;

  @Field(() => String, { description: 'The name of the service token, 1-200 characters.' })
  name!: string;

  @Field(() => ServiceTokenRoleEnum, { description: 'What the service token may do.' })
  role!: AgencyRole;

  @Field(() => String, { description: 'The first 11 characters of the token, by which people recognise it.' })
  prefix!: string;

  @Field(() => DateTime, { description: 'When the service token was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'From this time on the service token is refused.' })
  expiresAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the service token was last used, to the minute; null when it was never used.',
  })
  lastUsedAt!: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the service token was revoked; null when it was not.',
  })
  revokedAt!: Date | null;
}

export const ServiceTokenConnection = connectionType('ServiceToken', ServiceToken);

@ObjectType({ simpleResolvers: true, description: 'What came of `revokeServiceToken`.' })
export class RevokeServiceTokenPayload {
  @Field(() => ServiceToken, {
    nullable: true,
    description: 'The service token as it is after the change; null when the input was refused.',
  })
  serviceToken!: ServiceToken | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true, description: 'What came of `createServiceToken`.' })
export class CreateServiceTokenPayload extends RevokeServiceTokenPayload {
  @Field(() => String, {
    nullable: true,
    description: 'The token, to be sent as a bearer token. It is shown here and never again.',
  })
  token!: string | null;
}
