export * from './calls';

export const place = {
  testTitle: (name: string) => `Test call by ${name}`,
  liveTitle: (name: string) => `Call by ${name}`,
  start: 'Place the call',
  costs: 'A real phone rings, and the call costs money.',
  number: 'Number to call',
  numberHint: 'With the country code, such as +14155550100.',
  key: (source: string) => `Placed with: ${source.toLowerCase()}`,
  open: 'Open the call',
  variables: 'What the agent is told for this call',
  variablesHint: 'It is handed to the provider and not kept.',
  addVariable: 'Add a variable',
  variableName: (number: number) => `Name ${number}`,
  variableValue: (number: number) => `Value ${number}`,
  removeVariable: (number: number) => `Remove variable ${number}`,
};
