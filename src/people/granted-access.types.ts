import { Field, ID, ObjectType } from 'type-graphql';
import { GRANTED_ACCESS_KINDS, type GrantedAccessKind } from './granted-access';
import { DateTime, enumOf } from '../graphql/schema-types';

const GrantedAccessKindEnum = enumOf(
  'GrantedAccessKind',
  GRANTED_ACCESS_KINDS,
  'By what an admin has let others in.',
  {
    SERVICE_TOKEN: 'A service token that was neither revoked nor expired.',
    GATEWAY_TOKEN: 'A gateway token that was neither revoked nor expired.',
    KEY_LINK: 'A one-time link that was open.',
    INVITATION: 'An invitation that nobody had accepted.',
    OUTGOING_WEBHOOK:
      'A webhook to the systems of the agency that this person has created or changed, or whose secret this person has rotated and so knows. It stays, since nobody gets in by it: delete it where it leads to a system that is not the agency’s own, and otherwise rotate its secret.',
    PERSON: 'A person who has accepted an invitation. People are never removed along with somebody else.',
  },
);

@ObjectType({
  simpleResolvers: true,
  description: 'Something by which an admin has let others in, and which would outlive the admin.',
})
export class GrantedAccess {
  @Field(() => GrantedAccessKindEnum, { description: 'What it is.' })
  kind!: GrantedAccessKind;

  @Field(() => ID, { description: 'The id of the token, the one-time link, the person or the webhook.' })
  objectId!: string;

  @Field(() => String, {
    description:
      'The name of the token or the person, of the client of the link, or of the host of the webhook.',
  })
  name!: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ends by itself. Null when it does not.' })
  expiresAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether it was revoked by this mutation; false in a query.' })
  isRevoked!: boolean;
}
