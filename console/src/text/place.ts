export * from './calls';

export const place = {
  testTitle: (name: string) => `Test call by ${name}`,
  liveTitle: (name: string) => `Call by ${name}`,
  start: 'Place the call',
  webTitle: (name: string) => `Web call by ${name}`,
  webStart: 'Start the web call',
  webHint: 'No phone rings. Somebody joins the call in a browser, with the provider’s own SDK.',
  webCosts: 'The call costs money from when somebody joins it.',
  accessHint:
    'What it takes to join is shown here and never again. Whoever has it speaks in the call, at the cost of the account.',
  access: { accessToken: 'Access token', url: 'Address', transport: 'Transport', iceServers: 'ICE servers' },
  joinUntil: 'It can be joined until',
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
