import { Args, ArgsType, Field, Int } from 'type-graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './page';

@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: `The most objects that the page may have: 1-${MAX_PAGE_SIZE}, ${DEFAULT_PAGE_SIZE} when not given.`,
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A cursor of an earlier page of the same list: the page starts behind it. The list starts at its beginning when not given.',
  })
  after?: string | null;
}

/** Gives a list the arguments of a Relay connection that is paged forwards. */
export function AskedPage() {
  return Args(() => PageArguments);
}
