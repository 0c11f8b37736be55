import { Field, ID, ObjectType } from 'type-graphql';
import type { PortalPermission } from '../access/portal-permissions';
import { Node } from '../graphql/node';

import { PortalPermissionEnum } from '../access/viewer-enums';

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'The tenant. Nothing of one agency is ever visible to another.',
})
export class Agency {
  @Field(() => ID, { description: 'The id of the agency.' })
  id!: string;

  @Field(() => String, { description: 'The name of the agency.' })
  name!: string;

  @Field(() => String, {
    description:
      'The time zone by which days and periods are counted, as a name of the IANA database, e.g. `Europe/Berlin`. It is `UTC` until an admin sets another.',
  })
  timeZone!: string;

  @Field(() => [PortalPermissionEnum], {
    nullable: true,
    description: 'The permissions that are copied to a client when it is created.',
  })
  portalPermissions!: readonly PortalPermission[];
}
