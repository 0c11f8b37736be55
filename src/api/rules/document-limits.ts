import type { ApolloServerPlugin } from '@apollo/server';
import {
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';
import { limitExceeded, type PublicError } from '../../graphql/errors';

/** A document has at most this many tokens; the parser stops there. */
export const MAX_TOKENS = 1_000;
/** The introspection query of graphql-js is 15 deep and has 230 fields. */
export const MAX_DEPTH = 15;
export const MAX_FIELDS = 400;
export const MAX_ALIASES = 30;
export const MAX_DIRECTIVES = 3;
/** Every two uses of one field at one place are compared with each other, and so are their selections. */
export const MAX_USES = 50;
/** Fields and fragments, spelled out. Fragments without fields that double each other would have no end. */
const MAX_SELECTIONS = 5_000;
/** Each mutation writes, and many ask a provider. */
export const MAX_MUTATIONS = 10;
/**
 * At most this many errors of a document, or of its variables, are told. One more says that there are others.
 */
export const MAX_ERRORS = 5;

const TOO_DEEP = `The operation is more than ${MAX_DEPTH} fields deep.`;
const TOO_MANY_FIELDS = `The operation has more than ${MAX_FIELDS} fields, those of its fragments included wherever they are used.`;
const TOO_MANY_ALIASES = `The operation has more than ${MAX_ALIASES} aliases, those of its fragments included wherever they are used.`;
const TOO_MANY_USES = `A field stands more than ${MAX_USES} times at one place of the operation, its fragments included. Once is enough.`;
const TOO_MANY_SELECTIONS = `The operation has more than ${MAX_SELECTIONS} fields and fragments, those of its fragments included wherever they are used.`;
const TOO_MANY_DIRECTIVES = `More than ${MAX_DIRECTIVES} directives stand in one place.`;
const TOO_MANY_MUTATIONS = `The operation has more than ${MAX_MUTATIONS} mutations. Send them in several requests.`;

/** The parser has stopped: whatever comes after its last token is not known. */
export function tooManyTokens(): PublicError {
  return limitExceeded(`The document has more than ${MAX_TOKENS} tokens.`);
}

/** The measures of a selection with all of its fragments spelled out. */
interface Extent {
  readonly roots: number;
  readonly fields: number;
  readonly aliases: number;
  readonly depth: number;
}

const NOTHING: Extent = { roots: 0, fields: 0, aliases: 0, depth: 0 };

/**
 * Refuses documents by their form alone. Introspection counts like everything else: a limit that made an
 * exception by name could be passed by that name.
 *
 * What is too large is refused before any other rule looks at it, because comparing the fields of such a
 * document takes long. To leave out the other rules, graphql-js has no way but its limit of errors: the error
 * is reported until that is reached, and `tellLimitOnce` answers with one of them.
 */
export function DocumentLimitsRule(context: ValidationContext): ASTVisitor {
  const extentOf = measure(context);
  const faultOf = ({ operation, selectionSet }: OperationDefinitionNode): string | null => {
    const { roots, fields, aliases, depth } = extentOf(selectionSet);
    if (depth > MAX_DEPTH) return TOO_DEEP;
    if (fields > MAX_FIELDS) return TOO_MANY_FIELDS;
    if (aliases > MAX_ALIASES) return TOO_MANY_ALIASES;
    if (operation === OperationTypeNode.MUTATION && roots > MAX_MUTATIONS) return TOO_MANY_MUTATIONS;
    const uses = mostUses(context, selectionSet);
    if (uses === null) return TOO_MANY_SELECTIONS;
    return uses > MAX_USES ? TOO_MANY_USES : null;
  };
  return {
    Document({ definitions }) {
      for (const node of definitions) {
        const fault = node.kind === Kind.OPERATION_DEFINITION ? faultOf(node) : null;
        if (fault === null) continue;
        const error = limitExceeded(fault, node);
        for (let count = 0; count <= MAX_ERRORS; count += 1) context.reportError(error);
      }
    },
    enter(node) {
      if ('directives' in node && node.directives.length > MAX_DIRECTIVES)
        context.reportError(limitExceeded(TOO_MANY_DIRECTIVES, node));
    },
  };
}

/** See `DocumentLimitsRule`. */
export const tellLimitOnce: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse({ response: { body } }) {
        const result = body.kind === 'single' ? body.singleResult : {};
        const [first] = result.errors ?? [];
        // A document that was refused has no data, not even null.
        if (first?.extensions?.code === 'LIMIT_EXCEEDED' && result.data === undefined)
          result.errors = [first];
        return Promise.resolve();
      },
    }),
};

/**
 * Returns how often the field stands that stands most often at one place, e.g. `clients.nodes.name`, with all
 * fragments spelled out, and null for an operation that is too large for that.
 */
function mostUses(context: ValidationContext, operation: SelectionSetNode): number | null {
  let visited = 0;
  const uses = new Map<string, number>();
  const open = new Set<string>();
  const visit = ({ selections }: SelectionSetNode, place: string): void => {
    for (const selection of selections) {
      if ((visited += 1) > MAX_SELECTIONS) return;
      if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet, place);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) visitFragment(selection.name.value, place);
      else {
        const inner = `${place}.${(selection.alias ?? selection.name).value}`;
        uses.set(inner, (uses.get(inner) ?? 0) + 1);
        if (selection.selectionSet) visit(selection.selectionSet, inner);
      }
    }
  };
  const visitFragment = (name: string, place: string): void => {
    const fragment = context.getFragment(name);
    // Another rule refuses a fragment that contains itself.
    if (!fragment || open.has(name)) return;
    open.add(name);
    visit(fragment.selectionSet, place);
    open.delete(name);
  };
  visit(operation, '');
  if (visited > MAX_SELECTIONS) return null;
  return Math.max(0, ...uses.values());
}

function measure(context: ValidationContext): (selectionSet: SelectionSetNode) => Extent {
  const fragments = new Map<string, Extent>();
  const ofSelectionSet = (selectionSet: SelectionSetNode): Extent =>
    selectionSet.selections.map(ofSelection).reduce(sum, NOTHING);
  const ofSelection = (selection: SelectionNode): Extent => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    const inner = selection.selectionSet ? ofSelectionSet(selection.selectionSet) : NOTHING;
    if (selection.kind === Kind.INLINE_FRAGMENT) return inner;
    return {
      roots: 1,
      fields: inner.fields + 1,
      aliases: inner.aliases + (selection.alias ? 1 : 0),
      depth: inner.depth + 1,
    };
  };
  // Each fragment is measured once: fragments that double each other would take for ever otherwise.
  const ofFragment = (name: string): Extent => {
    const known = fragments.get(name);
    if (known) return known;
    // A fragment that contains itself is refused by another rule; here it must only come to an end.
    fragments.set(name, NOTHING);
    const fragment = context.getFragment(name);
    const extent = fragment ? ofSelectionSet(fragment.selectionSet) : NOTHING;
    fragments.set(name, extent);
    return extent;
  };
  return ofSelectionSet;
}

function sum(one: Extent, other: Extent): Extent {
  return {
    roots: one.roots + other.roots,
    fields: one.fields + other.fields,
    aliases: one.aliases + other.aliases,
    depth: Math.max(one.depth, other.depth),
  };
}
