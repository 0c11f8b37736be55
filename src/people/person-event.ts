import type { KnownPerson } from './identities';

/** Returns what the audit trail tells of a person. */
export function eventOf({ id: personId, name, clientId, role, permissions }: KnownPerson) {
  return { personId, name, clientId, role, permissions };
}
