export * from './common';

export const agents = {
  title: 'Agents',
  lead: 'Which key the next call of each agent uses.',
  back: 'All agents',
  create: 'New agent',
  nextKey: 'Next call uses',
  providerAgentId: 'ID at the provider',
  providerAgentIdHint: 'As the provider shows it.',
  fromNumber: 'Calls from',
  fromNumberHint: 'A number such as +14155550100, or its id at the provider. Some need none.',
  update: 'Change',
  updateTitle: (name: string) => `What ${name} is at its provider`,
  updated: (name: string) => `${name} is changed. It holds from its next call on.`,
  calls: 'Its calls',
  assign: 'Assign',
  assignTitle: (name: string) => `Assign ${name} to a client`,
  assignHint: 'From its next call on, the agent uses the key that counts for this client.',
  assigned: (name: string) => `${name} is assigned.`,
  testCall: 'Test call',
  empty: 'No agents yet',
  emptyHint: 'Create an agent with the id that it has at its provider.',
  emptyForOthers: 'Agents appear here when an admin of the agency creates them.',
};

export const why = {
  title: 'Why this key?',
  step: (number: number) => `Step ${number}`,
  end: 'Else',
  passed: (isSet: boolean) => (isSet ? 'Not needed' : 'Not set'),
  refused: 'Calls are refused before any provider is asked.',
  ifCleared: (isNone: boolean) =>
    isNone
      ? 'If the client’s key were cleared, there would be no key, and its calls would be refused.'
      : 'If the client’s key were cleared, the next call would use the agency’s key.',
};

export const testCall = {
  title: (name: string) => `Test call by ${name}`,
  start: 'Place the call',
  costs: 'A real phone rings, and the call costs money.',
  number: 'Number to call',
  numberHint: 'With the country code, such as +14155550100.',
  key: (source: string) => `Placed with: ${source.toLowerCase()}`,
  says: {
    QUEUED: 'The provider has taken the call.',
    RINGING: 'It rings.',
    IN_PROGRESS: 'Somebody has answered.',
    COMPLETED: 'The call is over.',
    FAILED: 'The provider refused the call.',
    NO_ANSWER: 'Nobody answered.',
    BUSY: 'The line was busy.',
    CANCELED: 'The call was canceled.',
    UNKNOWN: 'The provider gave no clear answer: the call may have been placed.',
  },
};
