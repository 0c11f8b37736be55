import { useEffect, useState } from 'preact/hooks';
import { LocationProvider, Route, Router } from 'preact-iso';
import { useQuery } from './api/query';
import { ClientPage } from './pages/client';
import { ClientsPage } from './pages/clients';
import { SignInAgain, SignInPage, WindowDone } from './sign-in/page';
import { arrive, leaveToSignIn, signedIn, wasSignedIn } from './sign-in/tokens';
import { VIEWER, ViewerContext } from './sign-in/viewer';
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
              <Route path="/" component={ClientsPage} />
              <Route path="/clients" component={ClientsPage} />
              <Route path="/clients/:id" component={ClientPage} />
              <Route path="/clients/:id/:tab" component={ClientPage} />
              <Route default component={NotFound} />
            </Router>
          </Shell>
        </ViewerContext.Provider>
      )}
    </Loaded>
  );
}
