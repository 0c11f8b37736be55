import { countOfAgents, plural } from './plural';

export * from './common';

export const keys = {
  lead: 'A saved key counts from the very next call on.',
  leadOfAgency: 'The agency’s own keys count wherever a client has none.',
  field: (provider: string) => `${provider} key`,
  placeholder: (isSet: boolean) => (isSet ? 'Paste a new key' : 'Paste a key'),
  region: (provider: string) => `Region of the ${provider} account`,
  own: 'The client’s own key',
  agencysOwn: 'The agency’s key',
  usesAgencys: 'Uses the agency’s key',
  noneAtAll: 'No key: calls are refused',
  noneOfAgency: 'No key: agents of clients without a key of their own place no calls',
  setBy: (who: string | undefined) => (who === undefined ? 'Set' : `Set by ${who}`),
  lastAnswer: (isGood: boolean) => (isGood ? 'Last good' : 'Last clear answer'),
  lastUsed: 'Last used',
  neverAsked: 'The provider was never asked',
  test: 'Test',
  testing: 'Asking the provider',
  check: 'Check now',
  clear: 'Clear',
  clearLabel: (provider: string) => `Clear: ${provider} key`,
  testLabel: (provider: string) => `Test: ${provider} key`,
  checkLabel: (provider: string) => `Check now: ${provider} key`,
  verify: 'Ask the provider first, and save only what it accepts',
  save: 'Save',
  saved: (count: number) => `${plural(count, 'key is', 'keys are')} saved.`,
  dropped: 'For your safety the key was not kept. Enter it again.',
  verdict: {
    NOT_SET: (provider: string) => `No ${provider} key is set.`,
    UNVERIFIED: (provider: string) => `${provider} was not asked.`,
    VALID: (provider: string) => `${provider} accepts this key.`,
    INVALID: (provider: string) => `${provider} rejects this key: wrong, expired or revoked.`,
    INSUFFICIENT_PERMISSIONS: (provider: string) =>
      `${provider} accepts this key, but not for what calls need.`,
    RATE_LIMITED: (provider: string) => `${provider} limits the rate of this account at the moment.`,
    OUT_OF_FUNDS: (provider: string) => `The ${provider} account of this key has no funds for calls.`,
    UNREACHABLE: (provider: string) => `${provider} gave no clear answer. Nothing is known of this key.`,
    UNREADABLE: () => 'It cannot be opened, and still counts: set it again, or clear it.',
  },
  named: (names: readonly string[], more: number) =>
    names.length === 0 ? '' : `: ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString()} more` : ''}`,
  nobodyMoves: 'No agent changes payer.',
  moves: {
    AGENCY: (count: number, names: string) =>
      `${countOfAgents(count)} will use this key instead of the agency’s${names}.`,
    CLIENT: (count: number, names: string) =>
      `${countOfAgents(count)} will use this key instead of the current one${names}.`,
    none: (count: number, names: string) =>
      `${countOfAgents(count)} will have a key for the first time${names}.`,
  },
  missing: (count: number, names: string) =>
    count === 1
      ? `1 agent does not exist in this account, and its calls would fail${names}.`
      : `${countOfAgents(count)} do not exist in this account, and their calls would fail${names}.`,
  notChecked: (count: number) => `${countOfAgents(count)} could not be looked up in this account.`,
  allThere: 'All of its agents exist in this account.',
  theAgency: 'the agency itself',
  duplicate: (owners: string) =>
    `The same key is used by ${owners}: nobody could tell apart what the calls of each cost.`,
  goBack: (count: number, names: string) =>
    count === 1
      ? `1 agent uses the agency’s key from then on${names}.`
      : `${countOfAgents(count)} use the agency’s key from then on${names}.`,
  leftWithout: (count: number, names: string) =>
    count === 1
      ? `1 agent is left with no key, and its calls are refused${names}.`
      : `${countOfAgents(count)} are left with no key, and their calls are refused${names}.`,
  callsGoOn: (count: number) =>
    count === 1
      ? '1 call is in progress. Nobody can ask what becomes of it once the key is cleared.'
      : `${count} calls are in progress. Nobody can ask what becomes of them once the key is cleared.`,
  clearTitle: (provider: string, owner: string) => `Clear the ${provider} key of ${owner}?`,
  clearHint: 'The key is destroyed.',
  confirmName: (name: string) => `Type ${name} to confirm`,
  cleared: (provider: string) => `The ${provider} key is cleared.`,
  conflict: 'Someone else changed this key while you were here. Nothing was saved.',
  conflictSet: (who: string, mask: string) => `${who} set a key that is shown as ${mask}.`,
  conflictCleared: (who: string) => `${who} cleared the key.`,
  conflictNext: 'Enter your key again to replace what is there now.',
};
