import { plural } from './plural';

export const product = 'Latchkey';

export const skip = 'Skip to the content';

export const menu = 'Menu';

export const nav = {
  clients: 'Clients',
  agents: 'Agents',
  calls: 'Calls',
  analytics: 'Analytics',
  alerts: 'Alerts',
  billing: 'Billing',
  handIns: 'Hand-ins',
  people: 'People',
  tokens: 'Tokens',
  audit: 'Audit trail',
  agency: 'Agency',
  integrations: 'Integrations',
  overview: 'Overview',
};

export const openAlerts = (count: number) => plural(count, 'open alert', 'open alerts');

export const pendingHandIns = (count: number) => plural(count, 'key to decide on', 'keys to decide on');

export const failure = {
  network: 'The server cannot be reached. Check your connection, then try again.',
  signedOut: 'You are not known here.',
  forbidden: 'You may not see this.',
  server: 'Something went wrong on our side.',
  unfit: 'This is not understood here. Write it as the field asks for it.',
  request: (id: string) => `Request ${id}`,
  signIn: 'Signing in did not work. Try again.',
  retry: 'Try again',
  file: 'This page could not be loaded.',
  fault: 'This page has a fault. The others still work.',
};

export const common = {
  loading: 'Loading',
  more: 'Show more',
  shown: (shown: number, total: number) => `${shown.toLocaleString()} of ${total.toLocaleString()}`,
  save: 'Save',
  close: 'Close',
  undo: 'Undo',
  undone: 'Taken back.',
  copy: 'Copy',
  copied: 'Copied',
  copyFailed: 'Not copied: copy the selected text',
  notCopied: 'You have not copied it yet, and it is never shown again.',
  leave: 'Close without a copy',
  choose: 'Choose',
  name: 'Name',
  provider: 'Provider',
  client: 'Client',
  searchClients: 'Search clients',
  noClient: 'No client: always the agency’s key',
  archived: 'Archived',
  isArchived: 'This client is archived: its agents place no calls.',
  agent: 'Agent',
  region: 'Region of the account',
  when: 'When',
  from: 'From',
  before: 'Before',
  ownDays: (zone: string) => `Days are those of your own time zone, ${zone}.`,
  agencysDays: (zone: string) => `Days are those of the agency’s time zone, ${zone}.`,
  daysOutside: 'Days from 1970 to 9999.',
  daysReversed: '“From” is after “Before”: no day lies between them.',
  none: 'None',
  all: 'All',
  showAll: 'Show all',
  created: 'Created',
  wasCreated: (name: string) => `${name} was created.`,
  rename: 'Rename',
  renameTitle: (name: string) => `Rename ${name}`,
  renamed: (name: string) => `Renamed to ${name}.`,
  revoke: 'Revoke',
  expires: 'Expires',
  status: 'Status',
  actions: 'Actions',
  dropped: 'For your safety what you typed was not kept. Enter it again.',
  never: 'Never',
  dismiss: 'Dismiss',
  notFound: 'There is nothing here',
  notFoundHint: 'The address is wrong, or what it led to is not visible to you.',
  toStart: 'To the start',
};

export const signIn = {
  title: 'Sign in to Latchkey',
  lead: 'Whose provider account carries and pays for each call.',
  action: 'Sign in',
  working: 'Signing you in',
  out: 'Sign out',
  againTitle: 'Your sign-in has ended',
  again: 'Sign in again to go on. What you have typed stays where it is.',
  windowDone: 'You are signed in again. You can close this window.',
};

export const belonging = {
  title: 'Agencies',
  choose: 'Choose an agency',
  welcome: 'Welcome to Latchkey',
  current: 'You are here',
  open: 'Open',
  openNamed: (agency: string) => `Open ${agency}`,
  invites: (who: string | null, agency: string, role: string, client: string | null) =>
    `${who === null ? '' : `${who} of `}${agency} invites you ${client === null ? `as an ${role.toLowerCase()}` : `to the portal of ${client}`}.`,
  accept: 'Accept',
  acceptNamed: (agency: string) => `Accept the invitation of ${agency}`,
  accepted: (agency: string) => `You belong to ${agency} now.`,
  decline: 'Decline',
  declineNamed: (agency: string) => `Decline the invitation of ${agency}`,
  declineTitle: (agency: string) => `Decline the invitation of ${agency}?`,
  declineHint: 'There is no way back but another invitation.',
  declined: (agency: string) => `The invitation of ${agency} is declined.`,
  none: 'No agency knows you yet',
  noneHint: 'Ask an admin to invite you, with the e-mail address with which you sign in.',
  waiting: (count: number) => plural(count, 'invitation', 'invitations'),
  switch: 'Change agency',
};

export const role = {
  AGENCY_ADMIN: 'Agency admin',
  AGENCY_MEMBER: 'Agency member',
  PORTAL_USER: 'Portal user',
};

export const keyStatus = {
  NOT_SET: 'Not set',
  UNVERIFIED: 'Not checked yet',
  VALID: 'Accepted',
  INVALID: 'Rejected',
  INSUFFICIENT_PERMISSIONS: 'Lacks permission',
  RATE_LIMITED: 'Rate-limited',
  OUT_OF_FUNDS: 'Out of funds',
  UNREACHABLE: 'No answer',
  UNREADABLE: 'Cannot be opened',
};

export const source = {
  CLIENT: 'Client’s key',
  AGENCY: 'Agency’s key',
  none: 'No key',
};

export const agentKinds = { AGENT: 'Agent', PATHWAY: 'Pathway', PERSONA: 'Persona' };
