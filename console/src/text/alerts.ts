import { countOfAgents } from './plural';

export * from './common';

export const alerts = {
  title: 'Alerts',
  lead: 'What keeps calls from being placed, or from being known. Each closes by itself when its cause is gone.',
  down: 'Down because of their own key',
  downHint: 'Their calls fail, and no other key takes its place.',
  since: 'Since',
  agents: countOfAgents,
  what: 'What',
  about: 'About',
  agency: 'The agency',
  concerns: 'Concerns',
  state: 'State',
  states: { open: 'Open', closed: 'Closed', all: 'Open and closed' },
  acknowledged: 'Known',
  acknowledge: 'Acknowledge',
  wasAcknowledged: 'It is known. It stays open until its cause is gone.',
  fix: 'Put it right',
  fixNamed: (kind: string, who: string) => `Put it right: ${kind}, ${who}`,
  empty: 'Nothing is wrong',
  emptyHint: 'Alerts appear here when a key fails, when events stop, and when agents have no key.',
  noMatch: 'No alert is like this',
  kinds: {
    KEY_INVALID: 'Key rejected',
    KEY_INSUFFICIENT_PERMISSIONS: 'Key lacks permission',
    KEY_RATE_LIMITED: 'Key rate-limited',
    KEY_OUT_OF_FUNDS: 'Account out of funds',
    KEY_UNREADABLE: 'Key cannot be opened',
    WEBHOOK_SILENT: 'No events',
    AGENTS_MISSING_IN_ACCOUNT: 'Agents missing in the account',
    AGENTS_WITHOUT_KEY: 'Agents without a key',
    OUTGOING_WEBHOOK_OFF: 'Webhook switched off',
    RATE_MISSING: 'Rate missing',
  },
};
