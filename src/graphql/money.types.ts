import { GraphQLError, GraphQLScalarType, Kind, type ASTNode } from 'graphql';
import { Field, ObjectType } from 'type-graphql';
import { millionthsText } from '../platform/decimal';

const FORM = /^-?\d{1,30}(\.\d{1,30})?$/;

function parse(value: unknown, node?: ASTNode): string {
  if (typeof value === 'string' && FORM.test(value)) return value;
  throw new GraphQLError('A decimal number as text, e.g. "0.0725".', { nodes: node ?? null });
}

/** No number of a computer is exact here, so that text goes in and out. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'A decimal number as text, e.g. `"0.0725"`, exact and without an exponent.',
  serialize: parse,
  parseValue: (value) => parse(value),
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null, node),
});

@ObjectType({ simpleResolvers: true, description: 'An amount of money.' })
export class Money {
  @Field(() => Decimal, { description: 'The amount, in the unit of the currency and not in cents.' })
  amount!: string;

  @Field(() => String, { description: 'The currency as a code of ISO 4217, e.g. USD.' })
  currency!: string;
}

export function moneyOf(micros: number, currency: string): Money {
  return { amount: millionthsText(micros), currency };
}
