import type { VNode } from 'preact';
import { AgenciesPage } from './sign-in/belonging';
import type { Viewer } from './sign-in/viewer';
import { idIn } from './ui/router';

type Component = (props: { id: string }) => VNode;

export interface Page {
  readonly at: string;
  readonly may: (viewer: Viewer) => boolean;
  readonly load: () => Promise<Component>;
}

const page = (at: string, may: Page['may'], load: Page['load']): Page => ({ at, may, load });

const everybody = () => true;
const agencys = ({ role }: Viewer) => role !== 'PORTAL_USER';
const portalUsers = (viewer: Viewer) => !agencys(viewer);
const keys = ({ canManageApiKeys }: Viewer) => canManageApiKeys;
const people = ({ canManagePeople }: Viewer) => canManagePeople;
const agents = ({ canViewAgents }: Viewer) => canViewAgents;
const analytics = ({ canViewAnalytics }: Viewer) => canViewAnalytics;
const calls = ({ canViewCalls }: Viewer) => canViewCalls;
const billing = ({ canManageBilling }: Viewer) => canManageBilling;

const clients = () => import('./pages/clients').then(({ ClientsPage }) => ClientsPage);
const client = () => import('./pages/client').then(({ ClientPage }) => ClientPage);
const agency = () => import('./pages/agency').then(({ AgencyPage }) => AgencyPage);
const handIns = () => import('./pages/hand-ins').then(({ HandInsPage }) => HandInsPage);

/** Who may see which page, and its file, which is asked for only when the page is opened. */
export const PAGES: readonly Page[] = [
  page('/agencies', everybody, () => Promise.resolve(AgenciesPage)),
  page('/', agencys, clients),
  page('/', portalUsers, () => import('./areas/portal').then(({ PortalPage }) => PortalPage)),
  page('/clients', agencys, clients),
  page('/clients/:id', agencys, client),
  page('/clients/:id/:tab', agencys, client),
  page('/agents', agents, () => import('./pages/agents').then(({ AgentsPage }) => AgentsPage)),
  page('/agents/import', keys, () => import('./pages/import').then(({ ImportPage }) => ImportPage)),
  page('/agents/:id', agents, () => import('./pages/agent').then(({ AgentPage }) => AgentPage)),
  page('/calls', calls, () => import('./pages/calls').then(({ CallsPage }) => CallsPage)),
  page('/calls/:id', calls, () => import('./pages/call').then(({ CallPage }) => CallPage)),
  page('/analytics', analytics, () => import('./pages/analytics').then(({ AnalyticsPage }) => AnalyticsPage)),
  page('/alerts', keys, () => import('./pages/alerts').then(({ AlertsPage }) => AlertsPage)),
  page('/billing', billing, () => import('./areas/billing').then(({ StatementsPage }) => StatementsPage)),
  page('/billing/rates', keys, () => import('./areas/billing').then(({ RatesPage }) => RatesPage)),
  page('/hand-ins', keys, handIns),
  page('/hand-ins/all', keys, handIns),
  page('/links', keys, handIns),
  page('/people', people, () => import('./areas/people').then(({ PeoplePage }) => PeoplePage)),
  page('/tokens', people, () => import('./areas/people').then(({ TokensPage }) => TokensPage)),
  page('/tokens/gateway', people, () =>
    import('./areas/people').then(({ GatewayTokensPage }) => GatewayTokensPage),
  ),
  page(
    '/audit',
    ({ canViewAuditEvents }) => canViewAuditEvents,
    () => import('./pages/audit').then(({ AuditPage }) => AuditPage),
  ),
  page('/agency', keys, agency),
  page('/agency/:tab', keys, agency),
  page('/agency/webhooks/:id', keys, () =>
    import('./areas/webhooks').then(({ DeliveriesPage }) => DeliveriesPage),
  ),
  page(
    '/integrations',
    (viewer) => portalUsers(viewer) && viewer.canViewIntegrations,
    () => import('./areas/portal').then(({ IntegrationsPage }) => IntegrationsPage),
  ),
];

/** Asks for the file of a page while it is not known yet who the person is: no file is a secret. */
export function loadAhead(path: string): void {
  const { load } = PAGES.find(({ at }) => idIn(at, path) !== null) ?? {};
  // What fails is said where the page is to be shown.
  void load?.().catch(() => undefined);
}
