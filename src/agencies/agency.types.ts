import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'The tenant. Nothing of one agency is ever visible to another.' })
export class Agency {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;
}
