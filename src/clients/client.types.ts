import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { UserError } from '../platform/user-error';
import { connectionType, DateTime, UserErrorType } from '../platform/schema-types';

@ObjectType({ simpleResolvers: true, description: 'A customer of the agency.' })
export class Client {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => DateTime, { nullable: true, description: 'Since when its agents can place no calls; null for an active client.' })
  archivedAt!: Date | null;
}

export const ClientConnection = connectionType('Client', Client);

@InputType()
export class CreateClientInput {
  @Field(() => String, { description: '1-200 characters.' })
  name!: string;
}

@InputType()
export class ArchiveClientInput {
  @Field(() => ID)
  clientId!: string;
}

@ObjectType({ simpleResolvers: true })
export class CreateClientPayload {
  @Field(() => Client, { nullable: true })
  client!: Client | null;

  @Field(() => [UserErrorType])
  userErrors!: readonly UserError[];
}

@ObjectType({ simpleResolvers: true })
export class ArchiveClientPayload extends CreateClientPayload {}
