import { Field, InputType, ObjectType } from 'type-graphql';
import { Agency } from '../agencies/agency.types';
import { UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';

@InputType({ description: 'The time zone by which the agency counts its days.' })
export class SetAgencyTimeZoneInput {
  @Field(() => String, {
    description: 'A name of the IANA database, e.g. `Europe/Berlin`. A plain offset is none.',
  })
  timeZone!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What came of `setAgencyTimeZone`.' })
export class SetAgencyTimeZonePayload {
  @Field(() => Agency, { nullable: true, description: 'The agency; null when nothing was stored.' })
  agency!: Agency | null;

  @UserErrorsField()
  userErrors!: UserError[];
}
