import {
  isSelectionNode,
  Kind,
  visit,
  type ASTNode,
  type DocumentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableNode,
} from 'graphql';

/**
 * Tells whether the conditions of a selection leave it out, and collects the variables that tell so. As
 * graphql-js does, `skip` is looked at first, and `include` only for what is not skipped.
 */
export function isLeftOut(
  { directives = [] }: SelectionNode,
  variables: Readonly<Record<string, unknown>>,
  used = new Set<VariableNode>(),
): boolean {
  return [['skip', true] as const, ['include', false] as const].some(([name, leavesOut]) => {
    const condition = directives.find((each) => each.name.value === name)?.arguments?.[0]?.value;
    if (condition?.kind === Kind.BOOLEAN) return condition.value === leavesOut;
    if (condition?.kind !== Kind.VARIABLE) return false;
    used.add(condition);
    return variables[condition.name.value] === leavesOut;
  });
}

/**
 * Collects where the variables of a validated operation are used, without what its conditions leave out. A
 * use in a fragment counts if any of its spreads is left in.
 */
export function variablesInUse(
  operation: OperationDefinitionNode,
  { definitions }: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): ReadonlySet<VariableNode> {
  const used = new Set<VariableNode>();
  const collect = (root: ASTNode): unknown =>
    visit(root, {
      enter(node) {
        if (node.kind === Kind.VARIABLE_DEFINITION || node.kind === Kind.DIRECTIVE) return false;
        if (isSelectionNode(node) && isLeftOut(node, variables, used)) return false;
        if (node.kind === Kind.VARIABLE) used.add(node);
        if (node.kind === Kind.FRAGMENT_SPREAD)
          for (const each of definitions)
            if (each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === node.name.value) collect(each);
        return undefined;
      },
    });
  collect(operation);
  return used;
}
