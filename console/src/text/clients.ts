export * from './common';

export const clients = {
  title: 'Clients',
  lead: 'Whose key counts for each client and provider, and what is known of it.',
  searchHint: 'A part of the name',
  create: 'New client',
  empty: 'No clients yet',
  emptyHint: 'Create the first one. Its agents use the agency’s keys until it brings its own.',
  emptyForMembers: 'An admin of the agency creates clients.',
  noMatch: (search: string) => `No client is called anything like “${search}”`,
  noMatchHint: 'Search for another part of the name.',
  showAll: 'Show all clients',
};
