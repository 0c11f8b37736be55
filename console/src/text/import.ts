import { countOfAgents } from './plural';

export * from './common';

export const imports = {
  title: 'Import agents',
  lead: 'Compares the agents of an account with those of the agency, and creates those that are missing here.',
  back: 'Back to the agents',
  compare: 'Compare',
  compareHint: 'The account is the one that calls of the client use. Nothing is created yet.',
  account: {
    CLIENT: 'This is the client’s own account.',
    AGENCY: 'This is the agency’s account.',
  },
  noKey: 'There is no key for this account, or none that opens.',
  incomplete:
    'These are not all: the account has more than could be listed. What is missing in it is not known.',
  found: (count: number) => `${countOfAgents(count)} in the account`,
  none: 'The account has no agents',
  create: 'Import',
  isHere: 'Here already',
  isNew: 'New',
  all: 'Choose all',
  nothing: 'Choose none',
  choose: (name: string) => `Import ${name}`,
  import: (count: number) => (count === 0 ? 'Import' : `Import ${countOfAgents(count)}`),
  missing: 'Not in this account',
  missingHint: 'Calls of these agents use this account, and would fail.',
  created: (count: number) => `${countOfAgents(count)} ${count === 1 ? 'is' : 'are'} imported.`,
  again: 'Compare another account',
  numbers: 'Which number do they call from?',
  noNumbers: 'The account has no phone numbers.',
  number: (name: string) => `${name} calls from`,
  noNumber: 'No number yet',
  numberSaved: (name: string) => `${name} has its number.`,
  moreLater: (count: number) => `${countOfAgents(count)} more: each is given its number on its own page.`,
};
