export * from './people';

export const client = {
  tabs: {
    keys: 'API keys',
    agents: 'Agents',
    calls: 'Calls',
    events: 'Provider events',
    people: 'Portal users',
  },
  back: 'Back to the clients',
  archive: 'Archive',
  archiveTitle: (name: string) => `Archive ${name}?`,
  archiveHint: 'Its agents place no calls any more. Its keys stay, and you can restore it at any time.',
  archived: (name: string) => `${name} is archived. Its agents place no calls.`,
  restore: 'Restore',
  restored: (name: string) => `${name} is active again.`,
};

export const policy = {
  title: 'Who decides on keys that are handed in',
  decide: 'An admin of the agency decides on each',
  atOnce: 'A key counts at once if its provider accepts it',
  saved: 'Saved. It holds for what is handed in from now on.',
};
