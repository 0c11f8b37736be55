import { Field, Int, ObjectType, ID } from 'type-graphql';
import { Money } from '../graphql/money.types';
import { Node } from '../graphql/node';
import { connectionType, DateTime, DayScalar, enumOf, UserErrorsField } from '../graphql/schema-types';
import type { UserError } from '../graphql/user-error';
import type { Day } from '../platform/calendar';
import { MARGIN_REASONS, type StatedMoney } from './statement-form';

export const STATEMENT_STATUSES = ['DRAFT', 'FINAL'] as const;

export const StatementStatusEnum = enumOf(
  'StatementStatus',
  STATEMENT_STATUSES,
  'Whether a statement can change.',
  {
    DRAFT: 'It says what is known now. It can be made final 72 hours after its period.',
    FINAL: 'It never changes. What becomes known later adjusts the next statement of the client.',
  },
);

export const MarginReasonEnum = enumOf('MarginReason', MARGIN_REASONS, 'Why a margin is not known.', {
  COST_UNKNOWN: 'It is not known what the provider takes for some calls.',
  CURRENCIES_DIFFER: 'The rates or the costs are in several currencies, and nothing is converted.',
});

@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: "What a client owes for the calls that started in a period, in the agency's time zone.",
})
export class Statement {
  @Field(() => ID, {
    description:
      'The id belongs to the client and the period. The draft and the final statement have the same, and a statement of another period has another.',
  })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The number, which has no gaps in an agency: `1`, `2` and so on. Null for a draft.',
  })
  number!: string | null;

  @Field(() => StatementStatusEnum, { description: 'Whether it can change.' })
  status!: (typeof STATEMENT_STATUSES)[number];

  @Field(() => DateTime, {
    nullable: true,
    description:
      'From when it can be made final, 72 hours after its period. Null for a final statement, and for a draft of a period of which a part is in another final statement.',
  })
  finalFrom!: Date | null;

  @Field(() => DayScalar, { description: "The first day of the period, in the agency's time zone." })
  from!: Day;

  @Field(() => DayScalar, { description: 'The last day of the period.' })
  to!: Day;

  @Field(() => Money, { description: 'The sum of the lines in the currency of its newest rate.' })
  total!: StatedMoney;

  @Field(() => [Money], {
    description: 'The sums of lines in other currencies, which are not converted. Most statements have none.',
  })
  otherTotals!: readonly StatedMoney[];

  @Field(() => Money, {
    nullable: true,
    description:
      "What providers take for the calls on the agency's own account, as far as it is known, with `lateProviderCosts`. Null where no cost is known, and where it is in several currencies: see `providerCosts`.",
  })
  providerCost!: StatedMoney | null;

  @Field(() => [Money], {
    nullable: true,
    description: "What providers take on the agency's own account, in each currency.",
  })
  providerCosts!: readonly StatedMoney[];

  @Field(() => [Money], {
    nullable: true,
    description:
      'The part of `providerCosts` that became known late of the calls of earlier final statements. It is negative where providers take less than was known then.',
  })
  lateProviderCosts!: readonly StatedMoney[];

  @Field(() => Int, {
    description:
      "Calls on the agency's account whose cost is not known, of the period and of earlier ones of which something became known late. It is 0 for portal users.",
  })
  callsOfUnknownCost!: number;

  @Field(() => Money, {
    nullable: true,
    description:
      "What providers take for the calls on the client's own account, for information, as far as it is known, with what became known late of earlier ones. Null where no cost is known, and where it is in several currencies.",
  })
  providerCostOfClient!: StatedMoney | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Calls on the client's own account whose cost is not known, which `providerCostOfClient` lacks, counted like `callsOfUnknownCost`. Null for the final statements of earlier versions, which did not count them.",
  })
  callsOfUnknownCostOfClient!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Calls of which it is not known how long they lasted, so that `total` lacks them, counted like `callsOfUnknownCost`: they are billed no seconds until that is known. Null for the final statements of earlier versions, which did not count them.',
  })
  callsOfUnknownDuration!: number | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'What is left of `total` behind `providerCost`. Null where `marginMissing` says why. The margins of the final statements of earlier versions leave out what adjusts others.',
  })
  margin!: StatedMoney | null;

  @Field(() => MarginReasonEnum, {
    nullable: true,
    description: 'Why the margin is not known; null where it is.',
  })
  marginMissing!: (typeof MARGIN_REASONS)[number] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The SHA-256 of its canonical form, in hex: see docs/billing.md. Null for a draft, and for a final statement of an earlier version, whose digest would give its costs away.',
  })
  sha256!: string | null;
}

export const StatementConnection = connectionType('Statement', Statement);

@ObjectType({ simpleResolvers: true, description: 'What came of `finalizeStatement`.' })
export class FinalizeStatementPayload {
  @Field(() => Statement, {
    nullable: true,
    description: 'The final statement, also when it was final before; null when nothing was stored.',
  })
  statement!: Statement | null;

  @UserErrorsField()
  userErrors!: UserError[];
}
