import { open, policy, type Requirement } from '../../src/api/policy';
import type { Identity } from '../../src/access/identity';
import type { Viewer } from '../../src/access/viewer';

/** The policy tells whom it refused, and lets everyone through where a test has replaced a rule by allow. */
export const policyWatch: { replaced: (field: string) => boolean; refused: Set<string> } = {
  replaced: () => false,
  refused: new Set(),
};

const watched = (field: string, rule: Requirement): Requirement => ({
  words: rule.words,
  allows: (viewer: Viewer | null, identity?: Identity | null) => {
    if (policyWatch.replaced(field) || rule.allows(viewer, identity)) return true;
    policyWatch.refused.add(field);
    return false;
  },
});

/** Has the policy of all apps that are started from now on watched, until what it returns is called. */
export function watchPolicy(): () => void {
  const whole = policy as Record<string, Requirement | Record<string, Requirement>>;
  const before = { ...whole };
  for (const [type, rules] of Object.entries(before))
    if (typeof rules.allows !== 'function')
      whole[type] = Object.fromEntries(
        Object.entries(rules as Record<string, Requirement>).map(([field, rule]) => [
          field,
          rule === open ? rule : watched(`${type}.${field}`, rule),
        ]),
      );
  return () => void Object.assign(whole, before);
}
