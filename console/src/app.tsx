import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LocationProvider, Route, Router } from 'preact-iso';
import { useQuery } from './api/query';
import { AgencyPage } from './pages/agency';
import { AgentPage } from './pages/agent';
import { AgentsPage } from './pages/agents';
import { AuditPage } from './pages/audit';
import { CallsPage } from './pages/calls';
import { ClientPage } from './pages/client';
import { ClientsPage } from './pages/clients';
import { HandInsPage } from './pages/hand-ins';
import { IntegrationsPage } from './pages/integrations';
import { PeoplePage } from './pages/people';
import { PortalPage } from './pages/portal';
import { TokensPage } from './pages/tokens';
import { SignInAgain, SignInPage, WindowDone } from './sign-in/page';
import { arrive, leaveToSignIn, signedIn, wasSignedIn } from './sign-in/tokens';
import { VIEWER, ViewerContext, type Viewer } from './sign-in/viewer';
import { Loaded, NotFound } from './ui/page';
import { Shell } from './ui/shell';

type Start = 'ARRIVING' | 'ASKING' | 'FAILED' | 'WINDOW' | 'READY';

/** Signs in first: nothing of the console is asked for before. */
export function App() {
  const [start, setStart] = useState<Start>('ARRIVING');
  useEffect(() => void begin().then(setStart, () => setStart('FAILED')), []);
  if (start === 'WINDOW') return <WindowDone />;
  if (start !== 'READY')
    return <SignInPage isWorking={start === 'ARRIVING'} hasFailed={start === 'FAILED'} />;
  return (
    <LocationProvider>
      <SignedIn />
      {signedIn.value === 'AGAIN' && <SignInAgain />}
    </LocationProvider>
  );
}

async function begin(): Promise<Start> {
  if (location.pathname === '/signed-in') {
    const returnTo = await arrive();
    if (returnTo === null) return 'WINDOW';
    history.replaceState(null, '', returnTo);
    return 'READY';
  }
  if (!wasSignedIn()) return 'ASKING';
  await leaveToSignIn();
  return 'ARRIVING';
}

function SignedIn() {
  const viewer = useQuery(VIEWER, {});
  return (
    <Loaded of={viewer}>
      {(data) => (
        <ViewerContext.Provider value={data.viewer}>
          <Shell>
            <Router>
              {pagesFor(data.viewer).map(([path, component]) => (
                <Route key={path} path={path} component={component} />
              ))}
              <Route default component={NotFound} />
            </Router>
          </Shell>
        </ViewerContext.Provider>
      )}
    </Loaded>
  );
}

type Page = readonly [path: string, component: () => VNode];

/** The pages that this person may see; every other address leads nowhere. */
function pagesFor(viewer: Viewer): Page[] {
  const isAgencys = viewer.role !== 'PORTAL_USER';
  const pages: readonly (readonly [boolean, ...Page])[] = [
    [!isAgencys, '/', PortalPage],
    [isAgencys, '/', ClientsPage],
    [isAgencys, '/clients', ClientsPage],
    [isAgencys, '/clients/:id', ClientPage],
    [isAgencys, '/clients/:id/:tab', ClientPage],
    [viewer.canViewAgents, '/agents', AgentsPage],
    [viewer.canViewAgents, '/agents/:id', AgentPage],
    [viewer.canViewCalls, '/calls', CallsPage],
    [viewer.canManageApiKeys, '/hand-ins', HandInsPage],
    [viewer.canManageApiKeys, '/hand-ins/all', HandInsPage],
    [viewer.canManageApiKeys, '/links', HandInsPage],
    [viewer.canManagePeople, '/people', PeoplePage],
    [viewer.canManagePeople, '/tokens', TokensPage],
    [viewer.canViewAuditEvents, '/audit', AuditPage],
    [viewer.canManageApiKeys, '/agency', AgencyPage],
    [!isAgencys && viewer.canViewIntegrations, '/integrations', IntegrationsPage],
  ];
  return pages.filter(([may]) => may).map(([, path, component]) => [path, component]);
}
