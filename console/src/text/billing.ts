import { plural } from './plural';

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
  priceHint: 'Without tax, in digits with a point before at most 6 decimal places, e.g. 0.12.',
  currency: 'Currency',
  currencyHint: 'As a code of three letters, e.g. USD.',
  counted: 'Counted by',
  first: 'First seconds',
  firstHint: 'The least that a connected call counts: 1 to 3600.',
  following: 'Then by seconds',
  followingHint: 'Each started step counts in whole: 1 to 3600.',
  steps: (first: number, following: number) => `${first}/${following} s`,
  from: 'From',
  fromHint: (zone: string) => `By the clock of your own time zone, ${zone}. Now, when you leave it out.`,
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

export const statements = {
  lead: 'What a client owes for the calls that started in a month, by whose account carried them.',
  leadOwn: 'What you owe for the calls that started in a month.',
  client: 'Client',
  chooseClient: 'Choose a client',
  chooseHint: 'A statement is one client’s.',
  month: 'Month',
  noMonth: 'A month from February 1970 to November 9999.',
  status: { COUNTING: 'Still counting', OVER: 'Over, not final', FINAL: 'Final' },
  title: (number: string | null) => (number === null ? 'Draft' : `Statement ${number}`),
  period: (from: string, to: string) => `${from} to ${to}`,
  line: 'Calls on',
  noKey: 'No known account',
  adjusts: (number: string) => `Late changes of statement ${number}`,
  calls: 'Calls',
  minutes: 'Billed',
  seconds: (count: number) => `${count.toLocaleString()} s`,
  rate: 'Rate',
  noRate: 'None: not charged',
  amount: 'Amount',
  total: 'Total',
  others: 'In other currencies',
  cost: 'Providers take, on the agency’s account',
  costOfClient: 'Providers take, on the client’s account',
  noneKnown: 'Not known',
  noSum: 'Not known, or in several currencies',
  lateCost: (amounts: string) => `Of these, ${amounts} became known late, of earlier statements.`,
  unknownCost: (count: number) => `The cost of ${plural(count, 'call', 'calls')} is not known.`,
  unknownDuration: (count: number) => `Without ${plural(count, 'call', 'calls')} of unknown duration.`,
  margin: 'Margin',
  missing: {
    COST_UNKNOWN: 'Not known: a cost is not known.',
    CURRENCIES_DIFFER: 'Not known: the currencies differ, and nothing is converted.',
  },
  digest: 'SHA-256',
  final: 'Final statements',
  statement: 'Statement',
  days: 'Days',
  files: 'Files',
  noneFinal: 'None is final yet',
  noneFinalHint: 'A statement can be made final 72 hours after its last day.',
  finalize: 'Make it final',
  finalFrom: (at: string, zone: string) => `It can be made final from ${at} in ${zone}.`,
  partIsFinal: 'It cannot be made final: a part of its days is in a final statement.',
  finalizeTitle: (client: string, period: string) => `Make the statement of ${client} final: ${period}?`,
  finalizeHint: 'It never changes again. What becomes known later adjusts the next statement.',
  finalized: (period: string) => `The statement of ${period} is final.`,
  csv: 'Download CSV',
  print: 'Download to print',
  failed: 'The file could not be made. Try again.',
};
