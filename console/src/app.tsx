import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useQuery } from './api/query';
import { agency } from './api/request';
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
import { AgenciesPage, ChooseAgency } from './sign-in/belonging';
import { SignInAgain, SignInPage, WindowDone } from './sign-in/page';
import { arrive, leaveToSignIn, signedIn, wasSignedIn } from './sign-in/tokens';
import { VIEWER, ViewerContext, type Viewer } from './sign-in/viewer';
import { Guarded, Loaded, NotFound } from './ui/page';
import { idIn, useLocation } from './ui/router';
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
    <>
      <SignedIn />
      {signedIn.value === 'AGAIN' && <SignInAgain />}
    </>
  );
}

async function begin(): Promise<Start> {
  if (location.pathname === '/signed-in') {
    const came = await arrive();
    if (came === 'WINDOW') return 'WINDOW';
    if (came === 'SIGNED_IN') return 'READY';
  }
  if (!wasSignedIn()) return 'ASKING';
  await leaveToSignIn();
  return 'ARRIVING';
}

/** Nothing stays on the screen when another agency is chosen. */
function SignedIn() {
  return signedIn.value === 'NO' ? null : <Viewing key={agency.value} />;
}

function Viewing() {
  const viewer = useQuery(VIEWER, {});
  if (viewer.failure.value?.isUnknown) return <ChooseAgency />;
  return (
    <Loaded of={viewer}>
      {(data) =>
        agency.value === null && (data.memberships?.length ?? 0) > 1 ? (
          <ChooseAgency />
        ) : (
          <ViewerContext.Provider value={data.viewer}>
            <Shell>
              <PageHere viewer={data.viewer} />
            </Shell>
          </ViewerContext.Provider>
        )
      }
    </Loaded>
  );
}

function PageHere({ viewer }: { viewer: Viewer }) {
  const { path } = useLocation();
  for (const [pattern, Component] of pagesFor(viewer)) {
    const id = idIn(pattern, path);
    // What was typed about one client is never taken over to another.
    if (id !== null)
      return (
        <Guarded>
          <Component key={id} id={id} />
        </Guarded>
      );
  }
  return <NotFound />;
}

type Page = readonly [path: string, component: (props: { id: string }) => VNode];

/** The pages that this person may see; every other address leads nowhere. */
function pagesFor(viewer: Viewer): Page[] {
  const isAgencys = viewer.role !== 'PORTAL_USER';
  const pages: readonly (readonly [boolean, ...Page])[] = [
    [true, '/agencies', AgenciesPage],
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
