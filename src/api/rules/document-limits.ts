import {
  Kind,
  OperationTypeNode,
  type ASTNode,
  type ASTVisitor,
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
/** Each mutation writes, and many ask a provider. */
export const MAX_MUTATIONS = 10;

const TOO_DEEP = `The operation is more than ${MAX_DEPTH} fields deep.`;
const TOO_MANY_FIELDS = `The operation has more than ${MAX_FIELDS} fields, those of its fragments included wherever they are used.`;
const TOO_MANY_ALIASES = `The operation has more than ${MAX_ALIASES} aliases, those of its fragments included wherever they are used.`;
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
 */
export function DocumentLimitsRule(context: ValidationContext): ASTVisitor {
  const report = (message: string, node: ASTNode) => context.reportError(limitExceeded(message, node));
  const extentOf = measure(context);
  return {
    enter(node) {
      if ('directives' in node && node.directives.length > MAX_DIRECTIVES) report(TOO_MANY_DIRECTIVES, node);
      if (node.kind !== Kind.OPERATION_DEFINITION) return;
      const { roots, fields, aliases, depth } = extentOf(node.selectionSet);
      if (depth > MAX_DEPTH) report(TOO_DEEP, node);
      if (fields > MAX_FIELDS) report(TOO_MANY_FIELDS, node);
      if (aliases > MAX_ALIASES) report(TOO_MANY_ALIASES, node);
      if (node.operation === OperationTypeNode.MUTATION && roots > MAX_MUTATIONS)
        report(TOO_MANY_MUTATIONS, node);
    },
  };
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
