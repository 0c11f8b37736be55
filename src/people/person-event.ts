import type { KnownPerson } from './identities';

/** How the audit trail tells of a person. */
export function eventOf({ id: personId, name, clientId, role, permissions }: KnownPerson) {
  return { personId, name, clientId, role, permissions };
}
