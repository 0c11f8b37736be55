import type { Requirement } from '../../src/api/policy';
import type { Identity } from '../../src/access/identity';
import type { Viewer } from '../../src/access/viewer';

// Import this file before anything that imports what it replaces.
export type Policy = Readonly<Record<string, Requirement | Readonly<Record<string, Requirement>>>>;

// The policy as it is, but that it tells whom it refused, and lets everyone through where a test has replaced
// its rule by allow.
export const policyWatch: { replaced: (field: string) => boolean; refused: Set<string> } = {
  replaced: () => false,
  refused: new Set(),
};
jest.mock('../../src/api/policy', () => {
  const actual = jest.requireActual<{ open: Requirement; policy: Policy }>('../../src/api/policy');
  const watched = (field: string, rule: Requirement): Requirement => ({
    words: rule.words,
    allows: (viewer: Viewer | null, identity?: Identity | null) => {
      if (policyWatch.replaced(field) || rule.allows(viewer, identity)) return true;
      policyWatch.refused.add(field);
      return false;
    },
  });
  const ofType = (type: string, rules: Policy[string]) =>
    typeof rules.allows === 'function'
      ? rules
      : Object.fromEntries(
          Object.entries(rules as Record<string, Requirement>).map(([field, rule]) => [
            field,
            rule === actual.open ? rule : watched(`${type}.${field}`, rule),
          ]),
        );
  return {
    ...actual,
    policy: Object.fromEntries(
      Object.entries(actual.policy).map(([type, rules]) => [type, ofType(type, rules)]),
    ),
  };
});
