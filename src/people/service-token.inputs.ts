import { Field, ID, InputType, Int } from 'type-graphql';
import type { AgencyRole } from '../access/viewer';
import { ServiceTokenRoleEnum } from './service-token.types';

@InputType({ description: 'A service token to be created.' })
export class CreateServiceTokenInput {
  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;

  @Field(() => ServiceTokenRoleEnum, { description: 'What the service token may do.' })
  role!: AgencyRole;

  @Field(() => Int, {
    nullable: true,
    description: 'After how many days the token expires: 1-365, and 90 when not given.',
  })
  expiresInDays?: number | null;
}

@InputType({ description: 'A service token to be revoked.' })
export class RevokeServiceTokenInput {
  @Field(() => ID, {
    description:
      'The service token that is to be revoked; NOT_FOUND when the agency has no such service token.',
  })
  serviceTokenId!: string;
}
