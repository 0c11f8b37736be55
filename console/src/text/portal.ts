export * from './common';

export const portal = {
  title: (client: string) => client,
  lead: (agency: string) => `Your voice agents are run by ${agency}.`,
  nothing: 'Nothing is open to you yet',
  nothingHint: (agency: string) => `Ask ${agency} for what you need to see.`,
  about: {
    '/agents': 'The voice agents that work for you.',
    '/calls': 'What your agents have been doing.',
    '/analytics': 'How many calls there were, and how long they took.',
    '/billing': 'What you owe for your calls, month by month.',
    '/integrations': 'Keys of your own provider accounts, and what became of them.',
  },
};

export const integrations = {
  title: 'Integrations',
  lead: (agency: string) =>
    `Keys of your own provider accounts that were handed in. ${agency} decides whether they are used.`,
  handIn: 'Hand in a key',
  handInHint: (agency: string) =>
    `It is sealed in this browser before it is sent. ${agency} sees its last four characters alone.`,
  handedIn: 'Handed in',
  key: (provider: string) => `${provider} key`,
  placeholder: 'Paste a key',
  empty: 'No key was handed in yet',
  emptyHint: 'With your own key, your calls run on your own provider account.',
  done: {
    PENDING: 'The key was handed in. It has no effect until the agency accepts it.',
    ACCEPTED: 'The key was handed in and accepted. It counts from the next call on.',
  },
};
