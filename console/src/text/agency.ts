export * from './common';

export const agency = {
  tabs: { keys: 'API keys', events: 'Provider events', webhooks: 'Webhooks' },
};
