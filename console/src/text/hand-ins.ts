import { plural } from './plural';

export * from './common';

export const handIns = {
  title: 'Hand-ins',
  lead: 'Keys that clients handed in. A key has no effect until it is accepted.',
  tabs: { pending: 'Waiting for you', all: 'All hand-ins', links: 'One-time links' },
  key: 'Key',
  from: 'Handed in by',
  accept: 'Accept',
  acceptTitle: (provider: string, client: string) => `Accept the ${provider} key of ${client}?`,
  accepted: (provider: string, client: string) =>
    `The ${provider} key of ${client} counts from the next call on.`,
  refuse: 'Refuse',
  refuseTitle: (provider: string, client: string) => `Refuse the ${provider} key of ${client}?`,
  refused: (provider: string) => `The ${provider} key was refused and destroyed.`,
  reason: 'Reason',
  reasonHint: 'The client reads it.',
  empty: 'Nothing was handed in yet',
  emptyPending: 'Nothing waits for you',
  emptyHint: 'Create a one-time link to ask a client for a key, or let a portal user hand it in.',
  status: {
    PENDING: 'Waiting',
    ACCEPTED: 'Accepted',
    REFUSED: 'Refused',
    REPLACED: 'Replaced',
    EXPIRED: 'Expired',
  },
};

export const links = {
  lead: 'A page on which someone without a login hands in one key. It opens once, with a code.',
  create: 'New one-time link',
  createHint: 'The client enters its key on a page of its own. You never see it.',
  createdHint: 'Both are shown here and never again. Send the code another way than the address.',
  address: 'Address',
  code: 'Code',
  hours: 'Opens for how many hours',
  hoursHint: '1 to 168.',
  failedCodes: (count: number) => plural(count, 'wrong code', 'wrong codes'),
  revokeTitle: (provider: string, client: string) => `Revoke the ${provider} link of ${client}?`,
  revokeHint: 'Nobody can hand in a key with it any more. There is no way back but a new link.',
  revoked: 'The link opens no more.',
  empty: 'No one-time links yet',
  emptyHint: 'With one, a client hands in its key without a login.',
  status: { OPEN: 'Open', USED: 'Used', REVOKED: 'Revoked', LOCKED: 'Locked', EXPIRED: 'Expired' },
};
