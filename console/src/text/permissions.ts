export * from './common';

export const defaults = {
  title: 'What new portal users may do',
  permissions: 'Permissions',
  ofClient: 'For people of this client who are invited from now on.',
  ofAgency: 'Copied to clients that are created from now on. No existing client changes.',
  saved: 'Saved.',
};

export const permissions = {
  VIEW_AGENTS: 'See agents',
  EDIT_AGENTS: 'Rename agents',
  VIEW_CALLS: 'See calls',
  VIEW_CALL_DETAILS: 'See what is inside a call',
  VIEW_ANALYTICS: 'See analytics',
  MANAGE_BILLING: 'Manage billing',
  VIEW_INTEGRATIONS: 'See what became of keys handed in',
  MANAGE_INTEGRATIONS: 'Hand in keys',
};
