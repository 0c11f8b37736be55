export * from './permissions';

export const people = {
  title: 'People',
  portalUsers: 'Portal users',
  lead: 'Who of the agency can sign in, and what they may do. Portal users are found with their client:',
  invite: 'Invite a colleague',
  invitePortal: 'Invite a portal user',
  wasInvited: (email: string) =>
    `${email} can sign in now. Latchkey sends no mail: tell the person yourself.`,
  email: 'E-mail address',
  emailHint: 'With which the person signs in.',
  role: 'Role',
  may: 'May',
  nothing: 'Nothing yet',
  invited: 'Invited',
  joined: 'Joined',
  change: 'Change',
  changeTitle: (name: string) => `What ${name} may do`,
  changed: (name: string) => `Saved. It holds for the next request of ${name}.`,
  remove: 'Remove',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeHint: 'At once. To let the person in again, invite them again.',
  removeOwnHint: 'This is you. You are out at once, until an admin invites you again.',
  removed: (name: string) => `${name} was removed.`,
  emptyPortal: 'No portal users yet',
  emptyPortalHint: 'Invite someone of this client by e-mail address.',
};

export const granted = {
  ifRemoved: 'Goes with this person, unless you keep it.',
  ifMember: 'Goes when this person is no admin any more, unless you keep it.',
  goes: 'What you let others in by is revoked:',
  goesOf: {
    SERVICE_TOKEN: (names: string) => `Service tokens: ${names}`,
    GATEWAY_TOKEN: (names: string) => `Gateway tokens: ${names}`,
    KEY_LINK: (names: string) => `One-time links for: ${names}`,
    INVITATION: (names: string) => `Invitations of: ${names}`,
  },
  keep: {
    SERVICE_TOKEN: 'Keep service tokens:',
    GATEWAY_TOKEN: 'Keep gateway tokens:',
    KEY_LINK: 'Keep one-time links for:',
    INVITATION: 'Keep invitations of:',
  },
  stay: (names: string) => `Joined by this person’s invitation, and stays: ${names}.`,
  staysOut: (hosts: string) => `Webhooks that this person has set up, which stay: ${hosts}.`,
  kind: {
    SERVICE_TOKEN: 'Service token',
    GATEWAY_TOKEN: 'Gateway token',
    KEY_LINK: 'One-time link for',
    INVITATION: 'Invitation of',
    PERSON: 'Person',
    OUTGOING_WEBHOOK: 'Webhook to',
  },
  outcome: (isRevoked: boolean) => (isRevoked ? 'revoked' : 'kept'),
};
