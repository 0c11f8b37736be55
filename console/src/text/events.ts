import { plural } from './plural';

export * from './common';

export const events = {
  lead: 'Providers tell what becomes of calls, by events. Each account has an address of its own for them. Until they come, Latchkey asks, which takes longer.',
  address: 'Address for events',
  addressOf: (provider: string) => `Address for events of ${provider}`,
  enter: (provider: string, where: string) => `Enter it at ${provider}: ${where}.`,
  secret: 'Secret',
  secretIsSet: 'A secret is set. Nobody is shown it.',
  secretIsMissing:
    'No secret: nothing that an event says is believed, and the provider is asked about its call.',
  secretFrom: (what: string) => `It is ${what}.`,
  lastEvent: 'Last event',
  none: 'None yet',
  refused: (count: number) =>
    `${plural(count, 'event was', 'events were')} refused: the signature was wrong, old or missing. A number that grows means that the provider has another secret. Set the secret again.`,
  state: { SET: 'Signed', NOT_SET: 'Not signed' },
  setSecret: 'Set the secret',
  replaceSecret: 'Replace the secret',
  secretTitle: (provider: string) => `The secret by which ${provider} signs its events`,
  secretField: (provider: string) => `Secret of ${provider}’s events`,
  secretHint: 'The secret before it is good for 24 hours more, so that no event is refused meanwhile.',
  placeholder: 'Paste the secret',
  secretSaved: (provider: string) => `Events of ${provider} are verified by the new secret.`,
  rotate: 'New address',
  rotateTitle: (provider: string) => `Give ${provider} a new address?`,
  rotateHint:
    'For whoever should not know the address any more. Enter the new one at the provider within 24 hours: so long the old one is answered too, and then never again.',
  rotated: (provider: string) => `${provider} has a new address. The old one is answered for 24 hours more.`,
};
