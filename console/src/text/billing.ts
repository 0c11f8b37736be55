export * from './common';

export const billing = {
  title: 'Billing',
  lead: 'What clients owe for their calls, and whose account paid.',
  tabs: { statements: 'Statements', rates: 'Rates' },
};

export const source = { CLIENT: 'Client’s account', AGENCY: 'Agency’s account' };

export const rates = {
  lead: 'What a client pays per minute. A rate is never changed: a new one takes its place, and holds for calls that start from then on.',
  set: 'Set a rate',
  wasSet: (from: string | null) =>
    from === null ? 'Saved. It holds for calls that start from now on.' : `Saved. It holds from ${from} on.`,
  whose: 'Client',
  everybody: 'All clients without a rate of their own',
  source: 'Calls on',
  price: 'Price a minute',
  priceHint: 'Without tax, with at most 6 decimal places, e.g. 0.12.',
  currency: 'Currency',
  currencyHint: 'As a code of three letters, e.g. USD.',
  counted: 'Counted by',
  first: 'First seconds',
  firstHint: 'The least that a connected call counts.',
  following: 'Then by seconds',
  followingHint: 'Each started step counts in whole.',
  steps: (first: number, following: number) => `${first}/${following} s`,
  from: 'From',
  fromHint: 'Now, when you leave it out.',
  client: 'Client',
  empty: 'No rates yet',
  emptyHint: 'Without a rate, calls are counted and cost nothing.',
};

export const zone = {
  title: 'Time zone',
  label: 'Days and months are those of',
  hint: 'A name of the IANA database, e.g. Europe/Berlin. It decides to which day a call belongs.',
  saved: (name: string) => `Saved: days are those of ${name} now.`,
};
