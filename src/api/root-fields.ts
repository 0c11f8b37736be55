import { Kind, type DocumentNode, type FieldNode, type SelectionNode, type SelectionSetNode } from 'graphql';

/**
 * Answers the root fields of a validated document, whose fragments end and whose fields are not too many,
 * without what `isLeftOut` tells of.
 */
export function rootFields(
  { selections }: SelectionSetNode,
  document: DocumentNode,
  isLeftOut: (selection: SelectionNode) => boolean = () => false,
): FieldNode[] {
  return selections.flatMap((selection) => {
    if (isLeftOut(selection)) return [];
    if (selection.kind === Kind.FIELD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT)
      return rootFields(selection.selectionSet, document, isLeftOut);
    const name = selection.name.value;
    return document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name
        ? rootFields(each.selectionSet, document, isLeftOut)
        : [],
    );
  });
}
