import {
  isNonNullType,
  Kind,
  type ASTNode,
  type ASTVisitor,
  type OperationDefinitionNode,
  type ValidationContext,
  type VariableDefinitionNode,
  type VariableNode,
} from 'graphql';

const places = new WeakMap<VariableDefinitionNode, readonly string[]>();
/** Paths to where null is not allowed, of the uses of a variable in such places. */
const strictPlaces = new WeakMap<VariableNode, readonly string[]>();

/**
 * The path from an operation's arguments to the place where a variable is first used, e.g. `['input', 'keys',
 * '0', 'apiKey']`.
 */
export function placeOfVariable(definition: VariableDefinitionNode): readonly string[] {
  return places.get(definition) ?? [];
}

/** The path to the place where a variable is used, if null is not allowed there; undefined otherwise. */
export function strictPlaceOf(use: VariableNode): readonly string[] | undefined {
  return strictPlaces.get(use);
}

/**
 * Notes where each variable of a document is used, in the schema's own names: a variable's name is the
 * caller's. Refuses nothing.
 */
export function VariablePlacesRule(context: ValidationContext): ASTVisitor {
  const operations: OperationDefinitionNode[] = [];
  const uses = new Map<string, readonly string[]>();
  const byNode = new Map<VariableNode, readonly string[]>();
  return {
    OperationDefinition(node) {
      operations.push(node);
    },
    Variable(node, _key, parent, _path, ancestors) {
      const name = node.name.value;
      const place = parent ? pathOf([...ancestors, parent, node]) : [];
      byNode.set(node, place);
      if (place.length > 0 && !uses.has(name)) uses.set(name, place);
    },
    Document: {
      leave() {
        for (const operation of operations) {
          for (const { node, type } of context.getRecursiveVariableUsages(operation))
            if (isNonNullType(type)) strictPlaces.set(node, byNode.get(node) ?? []);
          for (const definition of operation.variableDefinitions ?? [])
            places.set(definition, uses.get(definition.variable.name.value) ?? []);
        }
      },
    },
  };
}

/**
 * Answers the argument, the fields of inputs and the indices of lists on the way from a document to a node.
 */
function pathOf(way: readonly (ASTNode | readonly ASTNode[])[]): string[] {
  return way.flatMap((each, index) => {
    if (!('kind' in each)) return [];
    if (each.kind === Kind.ARGUMENT || each.kind === Kind.OBJECT_FIELD) return [each.name.value];
    // Behind a list come the array of its values and then one of them.
    return each.kind === Kind.LIST
      ? [String(each.values.findIndex((value) => value === way[index + 2]))]
      : [];
  });
}
