import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  GraphQLString,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { containsSignedToken, containsToken } from '../access/token-form';
import { badArgument } from '../graphql/errors';
import { userError, type UserError } from '../graphql/user-error';
import type { Budget } from '../keys/known-keys';
import { unescaped } from '../vault/decodings';
import type { ApiContext } from './context';

type Field = GraphQLField<unknown, ApiContext>;

interface Text {
  readonly field: readonly string[];
  readonly text: string;
}

/** What was looked up for a request. A field may be run once more, e.g. where a compiled query has failed. */
interface LookedUp {
  readonly known: Map<string, Promise<boolean>>;
  readonly budget: Budget;
}

interface Refused {
  readonly field: readonly string[];
  readonly message: string;
}

/**
 * So many words of a request, and parts of them, are looked at. The texts of a mutation, a list of a thousand
 * ids but for their parts, have fewer; a search has hardly any, and queries come more often.
 */
const WORDS = { mutation: 2_000, query: 100 } as const;
/** So many characters of a text are looked at. Whatever takes text refuses a longer one. */
const LENGTH = { mutation: 10_000, query: 200 } as const;

const SHOWN = 'Names, ids and notes are shown to more people than keys.';
const KEY = `This is, or contains, an API key that is set in this agency. ${SHOWN}`;
const TOKEN = `This is, or contains, a token for Latchkey itself. ${SHOWN} Revoke the token if others may have seen it.`;
const SIGNED = `This is, or contains, a signed token (JWT), as people sign in with or providers use for a key. ${SHOWN}`;
const SIGNING = `This is, or contains, a secret that webhooks are signed with. ${SHOWN}`;
// The end of a token can be computed from the rest. Of one that is shown, four characters follow the scheme.
const CUT_TOKEN = /lk_(svc|gw)_[0-9A-Za-z]{12}/;
// Standard Webhooks gives such secrets these prefixes, those of Latchkey's own webhooks too.
const SIGNING_SECRET = /whs(?:ec|k)_(?=([\w+/-]{24}))/g;

/**
 * Refuses a key of the agency, for a portal user one of its own client, any service or gateway token, any
 * signed token (JWT) and any secret of webhooks, where the API takes text of another kind, such as a name, a
 * reason, an id of a provider or a search: what is stored there is shown and recorded. It stands before all
 * resolvers of the roots, so that no field is left out. Ids and cursors are never stored, and are not looked
 * at.
 */
export function refuseKeysAsText(schema: GraphQLSchema): GraphQLSchema {
  const requests = new WeakMap<ApiContext, LookedUp>();
  const check = async (
    field: Field,
    args: object,
    context: ApiContext,
    kind: keyof typeof WORDS,
  ): Promise<Refused[]> => {
    const { viewer, containsKnownKey } = context;
    const texts = viewer ? textsOf(field, args, LENGTH[kind]) : [];
    if (!viewer || texts.length === 0) return [];
    const lookedUp: LookedUp = requests.get(context) ?? { known: new Map(), budget: { left: WORDS[kind] } };
    requests.set(context, lookedUp);
    const { known, budget } = lookedUp;
    const others = [...new Set(texts.map(({ text }) => text))].filter((text) => !known.has(text));
    // The fields of a query ask at the same time.
    const answers = containsKnownKey(viewer, others, budget);
    for (const [index, text] of others.entries())
      known.set(
        text,
        answers.then((each) => each[index] ?? false),
      );
    const areKeys = await Promise.all(texts.map(async ({ text }) => known.get(text)));
    return texts.flatMap(({ field: path, text }, index) => {
      const message = areKeys[index] ? KEY : tokenIn(text);
      return message === null ? [] : [{ field: path, message }];
    });
  };
  for (const field of fieldsOf(schema.getMutationType()).filter(takesText)) {
    const refused = refusalFor(field);
    before(field, async (args, context) => {
      const errors = (await check(field, args, context, 'mutation')).map(({ field: path, message }) =>
        userError('INVALID_FORMAT', path, message),
      );
      return errors.length > 0 ? refused(errors) : undefined;
    });
  }
  for (const field of fieldsOf(schema.getQueryType()).filter(takesText))
    before(field, async (args, context) => {
      const [first] = await check(field, args, context, 'query');
      if (first) throw badArgument(first.field.join('.'), first.message);
    });
  return schema;
}

function tokenIn(text: string): string | null {
  const plain = unescaped(text);
  if (CUT_TOKEN.test(text) || containsToken(plain)) return TOKEN;
  if (containsSignedToken(plain)) return SIGNED;
  return containsSigningSecret(plain) ? SIGNING : null;
}

// Spaces are left out of the text. Words behind a prefix that somebody mentions have few capital letters and
// digits. Of 2,000 secrets, one has so few.
function containsSigningSecret(plain: string): boolean {
  return [...plain.matchAll(SIGNING_SECRET)].some(
    ([, behind = '']) => (behind.match(/[A-Z\d]/g) ?? []).length > 5,
  );
}

function fieldsOf(type: ReturnType<GraphQLSchema['getQueryType']>): Field[] {
  return Object.values(
    (type as GraphQLObjectType<unknown, ApiContext> | null | undefined)?.getFields() ?? {},
  );
}

// Nothing waits where there is no text, so that these resolvers stay as fast as they are.
function before(field: Field, check: (args: object, context: ApiContext) => Promise<unknown>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (parent, args: object, context, info) =>
    textsOf(field, args).length === 0
      ? resolve(parent, args, context, info)
      : check(args, context).then((refusal) => refusal ?? resolve(parent, args, context, info));
}

/** What a mutation answers that did nothing: its errors, and null or an empty list for everything else. */
function refusalFor({ type }: Field): (userErrors: readonly UserError[]) => object {
  const payload = getNamedType(type);
  if (!isObjectType(payload)) throw new Error(`${String(type)} is no payload`);
  const others = Object.values(payload.getFields()).map(({ name, type: ofField }) => {
    if (isNonNullType(ofField) && !isListType(getNullableType(ofField)))
      throw new Error(`${payload.name}.${name} must be nullable`);
    return [name, isNonNullType(ofField) ? [] : null] as const;
  });
  return (userErrors) => ({ ...Object.fromEntries(others), userErrors });
}

function takesText({ args }: Field): boolean {
  return args.some(({ name, type }) => name !== 'after' && hasText(type));
}

function hasText(type: GraphQLInputType): boolean {
  const named = getNamedType(type);
  return isInputObjectType(named)
    ? Object.values(named.getFields()).some((field) => hasText(field.type))
    : named === GraphQLString;
}

function textsOf({ args }: Field, given: object, length: number = LENGTH.mutation): Text[] {
  return args
    .filter(({ name }) => name !== 'after')
    .flatMap(({ name, type }) => textsIn(type, (given as Record<string, unknown>)[name], [name]))
    .map(({ field, text }) => ({ field, text: text.trim().slice(0, length) }));
}

function textsIn(type: GraphQLInputType, value: unknown, field: readonly string[]): Text[] {
  const named = getNamedType(type);
  if (Array.isArray(value))
    return value.flatMap((each, index) => textsIn(named, each, [...field, String(index)]));
  if (typeof value === 'string') return named === GraphQLString ? [{ field, text: value }] : [];
  if (typeof value !== 'object' || value === null || !isInputObjectType(named)) return [];
  return Object.values(named.getFields()).flatMap(({ name, type: ofField }) =>
    textsIn(ofField, (value as Record<string, unknown>)[name], [...field, name]),
  );
}
