import { Field, ID, InputType } from 'type-graphql';

@InputType({ description: 'A client to be created.' })
export class CreateClientInput {
  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;
}

@InputType({ description: 'A client to be archived or restored.' })
export class ArchiveClientInput {
  @Field(() => ID, {
    description:
      'The client that is to be archived or restored; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;
}

@InputType({ description: 'A client and its new name.' })
export class RenameClientInput {
  @Field(() => ID, {
    description: 'The client that is to get another name; NOT_FOUND when the agency has no such client.',
  })
  clientId!: string;

  @Field(() => String, { description: 'The name, of 1-200 characters.' })
  name!: string;
}
