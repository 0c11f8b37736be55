export * from './common';

export const why = {
  title: 'Why this key?',
  step: (number: number) => `Step ${number}`,
  end: 'Else',
  passed: (isSet: boolean) => (isSet ? 'Not needed' : 'Not set'),
  taken: 'Taken',
  refused: 'Calls are refused before any provider is asked.',
  ifCleared: (isNone: boolean) =>
    isNone
      ? 'If the client’s key were cleared, there would be no key, and its calls would be refused.'
      : 'If the client’s key were cleared, the next call would use the agency’s key.',
};
