export * from './people';

export const tokens = {
  title: 'Service tokens',
  lead: 'What integrations of the agency authenticate with.',
  create: 'New service token',
  createdHint: 'It is shown here and never again.',
  token: 'Token',
  days: 'Good for how many days',
  daysHint: '1 to 365.',
  lastUsed: 'Last used',
  active: 'Active',
  expired: 'Expired',
  revoked: 'Revoked',
  revokeTitle: (name: string) => `Revoke ${name}?`,
  revokeHint: 'Its very next request is refused. There is no way back but a new token.',
  wasRevoked: (name: string) => `${name} is revoked.`,
  empty: 'No service tokens yet',
  emptyHint: 'Create one for each integration, so that each can be revoked by itself.',
  tabs: { service: 'Service tokens', gateway: 'Gateway tokens' },
};

export const gateway = {
  title: 'Gateway tokens',
  lead: 'What integrations put in place of a provider’s key. It is good for the gateway alone, and never shows a key.',
  create: 'New gateway token',
  reaches: 'Reaches',
  all: 'All of the agency',
  providers: 'Providers',
  scopes: 'May',
  scope: { READ: 'Read', PLACE_CALLS: 'Place calls, and end them' },
  use: 'Use it',
  useTitle: (name: string) => `Use ${name}`,
  lines: 'Lines to paste',
  linesHint:
    'They read the token from the variable LATCHKEY_GATEWAY_TOKEN. Put your own agent and numbers in them.',
  language: 'Language',
  languages: { curl: 'curl', node: 'Node', python: 'Python' },
  empty: 'No gateway tokens yet',
  emptyHint: 'Create one for each integration that calls with a provider’s key today.',
};
