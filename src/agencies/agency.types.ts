import { Field, ID, ObjectType } from 'type-graphql';
import { Node } from '../graphql/node';
import type { PortalPermission } from '../access/viewer';
import { PortalPermissionEnum } from '../access/viewer.types';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'The tenant. Nothing of one agency is ever visible to another.',
})
export class Agency {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  name!: string;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: 'What is copied to a client at its creation.',
  })
  portalPermissions!: readonly PortalPermission[];
}
