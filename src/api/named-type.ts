import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

type FragmentOf = (name: string) => FragmentDefinitionNode | null | undefined;

/**
 * Whether a selection of an interface asks for fields that only this type has: these stand in a fragment on
 * it. What all types of the interface have, e.g. the id, can be asked for without.
 */
export function namesType(
  type: string,
  { selections }: SelectionSetNode,
  fragmentOf: FragmentOf,
  seen: Set<unknown> = new Set(),
): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FIELD) return false;
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(selection.name.value);
    if (!fragment || seen.has(fragment)) return false;
    seen.add(fragment);
    return (
      fragment.typeCondition?.name.value === type || namesType(type, fragment.selectionSet, fragmentOf, seen)
    );
  });
}
