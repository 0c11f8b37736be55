import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { MAX_BUCKETS } from '../../analytics/call-analytics.service';
import { CALL_STATUSES } from '../../providers/call-facts';
import { limitExceeded } from '../../graphql/errors';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../graphql/page';
import { MAX_CLIENTS_LISTED } from '../../keys/duplicates';
import { MAX_AGENTS_LISTED } from '../../keys/affected-agents';
import { MAX_INVITATIONS_LISTED, MAX_MEMBERSHIPS_LISTED } from '../../people/invitation.service';
import { MAX_WEBHOOKS } from '../../deliveries/outgoing-webhook.service';
import { PROVIDERS } from '../../providers';
import { MAX_LISTED } from '../../providers/list-requests';
import { namesType } from '../named-type';

/**
 * One operation may be able to return at most this many objects, ten values counting as one. Two full lists
 * within each other are 10,000 objects; a third list within them is too much.
 */
export const MAX_OBJECTS = 100_000;
const TOO_MANY_OBJECTS = `The operation could return more than ${MAX_OBJECTS} objects. Ask for shorter lists with \`first\`.`;

/** A draft of a statement reads all calls of its period. */
export const STATEMENT_OBJECTS = 5_000;
/** A value weighs this part of an object. */
const VALUE = 0.1;
/**
 * Fields that cost the database more than they show, with the objects that each weighs. A `totalCount` weighs
 * so much for each object of its page.
 */
const COUNTED: Readonly<Record<string, number>> = {
  totalCount: 5,
  node: 10,
  callSummary: 5_000,
  callAnalytics: 5_000,
  phoneNumbers: 5_000,
  statement: STATEMENT_OBJECTS,
  keyResolutionAt: 500,
};

/** Types whose objects `node` computes where it is asked for their fields, with what each weighs then. */
const COMPUTED: Readonly<Record<string, number>> = { Statement: STATEMENT_OBJECTS };

/** The greatest length of the lists that are no connections, where they can be longer than a short list. */
const LONGEST: Readonly<Record<string, number>> = {
  AnalyticsBucket: MAX_BUCKETS,
  Agent: PROVIDERS.length * MAX_AGENTS_LISTED,
  CallCount: PROVIDERS.length * CALL_STATUSES.length,
  Client: MAX_CLIENTS_LISTED,
  // These lists are always complete, so that they have no greatest length. They weigh as much as the longest
  // page.
  GrantedAccess: MAX_PAGE_SIZE,
  StatementLine: MAX_PAGE_SIZE,
  ImportedAgent: MAX_LISTED,
  Invitation: MAX_INVITATIONS_LISTED,
  Membership: MAX_MEMBERSHIPS_LISTED,
  PhoneNumber: MAX_LISTED,
  'ImportAgentsPayload.created': MAX_LISTED,
  'ImportAgentsPayload.missing': MAX_LISTED,
  OutgoingWebhook: MAX_WEBHOOKS,
};
/** Most lists have an entry for each provider, or a few of something else. */
const SHORT_LIST = Math.max(5, PROVIDERS.length);

// Documents are validated once and then kept, so that the size of an operation that comes again is here.
const sizesOfOperations = new WeakMap<OperationDefinitionNode, number>();

/** The most objects that an operation of a validated document could return, ten values counting as one. */
export function sizeOfOperation(operation: OperationDefinitionNode): number {
  const size = sizesOfOperations.get(operation);
  if (size === undefined) throw new Error('The document of this operation was not validated');
  return size;
}

/**
 * Refuses operations by the most objects that they could return, before anything is loaded: lists within
 * lists multiply, and a few lines of a query could otherwise ask for more than there is memory.
 */
export function SizeLimitRule(context: ValidationContext): ASTVisitor {
  const sizes = new Map<string, number>();
  const sizeOfFragment = (fragment: FragmentDefinitionNode): number => {
    const { value: name } = fragment.name;
    const known = sizes.get(name);
    if (known !== undefined) return known;
    // A fragment that contains itself is refused by another rule; here it must only come to an end.
    sizes.set(name, 0);
    const type = context.getSchema().getType(fragment.typeCondition.name.value);
    const size = isCompositeType(type) ? sizeOf(fragment.selectionSet, type) : 0;
    sizes.set(name, size);
    return size;
  };
  const sizeOf = (selectionSet: SelectionSetNode, type: GraphQLCompositeType): number => {
    let size = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) size += sizeOfField(selection, type);
      else if (selection.kind === Kind.INLINE_FRAGMENT) size += sizeOfInline(selection, type);
      else {
        const fragment = context.getFragment(selection.name.value);
        if (fragment) size += sizeOfFragment(fragment);
      }
    }
    return size;
  };
  const sizeOfInline = (
    { typeCondition, selectionSet }: InlineFragmentNode,
    parent: GraphQLCompositeType,
  ) => {
    const type = typeCondition && context.getSchema().getType(typeCondition.name.value);
    return sizeOf(selectionSet, isCompositeType(type) ? type : parent);
  };
  const sizeOfField = (node: FieldNode, parent: GraphQLCompositeType): number => {
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
    const type = field && getNamedType(field.type);
    const counted = COUNTED[node.name.value] ?? 0;
    if (!field || !node.selectionSet || !isCompositeType(type)) return counted + VALUE;
    const size = sizeOf(node.selectionSet, type) + sizeOfComputed(context, node.selectionSet, type);
    return counted + lengthOf(node, field.type, parent) * (1 + size);
  };
  return {
    OperationDefinition(operation) {
      const root = context.getSchema().getRootType(operation.operation);
      const size = root ? sizeOf(operation.selectionSet, root) : 0;
      sizesOfOperations.set(operation, size);
      if (size > MAX_OBJECTS) context.reportError(limitExceeded(TOO_MANY_OBJECTS, operation));
    },
  };
}

function sizeOfComputed(
  context: ValidationContext,
  selectionSet: SelectionSetNode,
  type: GraphQLCompositeType,
): number {
  if (!isAbstractType(type)) return 0;
  const fragmentOf = (name: string) => context.getFragment(name);
  const named = Object.entries(COMPUTED).filter(([name]) => namesType(name, selectionSet, fragmentOf));
  return Math.max(0, ...named.map(([, size]) => size));
}

// A connection is as long as its page. Its own `nodes` and `edges` are then as long as one object.
function lengthOf(node: FieldNode, type: GraphQLOutputType, parent: GraphQLCompositeType): number {
  const { name } = getNamedType(type);
  if (name.endsWith('Connection')) return pageSize(node);
  if (!isListType(getNullableType(type)) || node.name.value === 'nodes' || node.name.value === 'edges')
    return 1;
  return LONGEST[`${parent.name}.${node.name.value}`] ?? LONGEST[name] ?? SHORT_LIST;
}

function pageSize(node: FieldNode): number {
  const first = node.arguments?.find((argument) => argument.name.value === 'first')?.value;
  if (!first || first.kind === Kind.NULL) return DEFAULT_PAGE_SIZE;
  // The size is never less than one: what is out of bounds must not make up for what is too much elsewhere.
  return first.kind === Kind.INT ? Math.min(Math.max(Number(first.value), 1), MAX_PAGE_SIZE) : MAX_PAGE_SIZE;
}
