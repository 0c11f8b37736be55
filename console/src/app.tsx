import { useEffect, useState } from 'preact/hooks';
import { useQuery } from './api/query';
import { agency } from './api/request';
import { loadAhead, PAGES } from './pages';
import { ChooseAgency } from './sign-in/belonging';
import { SignInAgain, SignInPage, WindowDone } from './sign-in/page';
import { arrive, leaveToSignIn, signedIn, wasSignedIn } from './sign-in/tokens';
import { VIEWER, ViewerContext, type Viewer } from './sign-in/viewer';
import { Later } from './ui/later';
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
  // While the person is asked for.
  useEffect(() => loadAhead(location.pathname), []);
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
  for (const { at, may, load } of PAGES) {
    const id = may(viewer) ? idIn(at, path) : null;
    // What was typed about one client is never taken over to another.
    if (id !== null)
      return (
        <Guarded>
          <Later key={at + id} name={at} load={load}>
            {(Component) => <Component id={id} />}
          </Later>
        </Guarded>
      );
  }
  return <NotFound />;
}
