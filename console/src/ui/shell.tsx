import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { ToAgencies } from '../sign-in/belonging';
import { signOut } from '../sign-in/tokens';
import { useViewer, type Viewer } from '../sign-in/viewer';
import * as text from '../text/common';
import { Button } from './parts';
import { useLocation } from './router';
import { Toasts } from './toasts';

type Entry = readonly [path: string, label: string];

/** The sections that this person may see, in their order. */
export function sectionsFor(viewer: Viewer): readonly Entry[] {
  const { nav } = text;
  const entries: readonly (readonly [boolean, ...Entry])[] =
    viewer.role === 'PORTAL_USER'
      ? [
          [true, '/', nav.overview],
          [viewer.canViewAgents, '/agents', nav.agents],
          [viewer.canViewCalls, '/calls', nav.calls],
          [viewer.canViewAnalytics, '/analytics', nav.analytics],
          [viewer.canManageBilling, '/billing', nav.billing],
          [viewer.canViewIntegrations, '/integrations', nav.integrations],
        ]
      : [
          [true, '/clients', nav.clients],
          [viewer.canViewAgents, '/agents', nav.agents],
          [viewer.canViewCalls, '/calls', nav.calls],
          [viewer.canViewAnalytics, '/analytics', nav.analytics],
          [viewer.canManageApiKeys, '/alerts', nav.alerts],
          [viewer.canManageBilling, '/billing', nav.billing],
          [viewer.canManageApiKeys, '/hand-ins', nav.handIns],
          [viewer.canManagePeople, '/people', nav.people],
          [viewer.canManagePeople, '/tokens', nav.tokens],
          [viewer.canViewAuditEvents, '/audit', nav.audit],
          [viewer.canManageApiKeys, '/agency', nav.agency],
        ];
  return entries.filter(([may]) => may).map(([, path, label]) => [path, label]);
}

const WAITING = graphql(`
  query Waiting {
    alerts(open: true, first: 1) {
      totalCount
    }
    keyHandIns(status: PENDING, first: 1) {
      totalCount
    }
  }
`);

/** How much there is to put right and to decide, asked again on each page that one goes to. */
function Waiting({ section }: { section: '/alerts' | '/hand-ins' }) {
  const { alerts, keyHandIns } = useQuery(WAITING, {}).data.value ?? {};
  const [of, words] = section === '/alerts' ? [alerts, text.openAlerts] : [keyHandIns, text.pendingHandIns];
  const count = of?.totalCount ?? 0;
  if (count === 0) return null;
  return (
    <>
      <span class="count" aria-hidden="true">
        {count.toLocaleString()}
      </span>
      <span class="unseen">: {words(count)}</span>
    </>
  );
}

/** Always there on wide screens; behind its heading on narrow ones, until one opens it. */
function Menu({ children }: { children: ComponentChildren }) {
  const [isWide, setWide] = useState(() => WIDE.matches);
  useEffect(() => {
    const onChange = () => setWide(WIDE.matches);
    WIDE.addEventListener('change', onChange);
    return () => WIDE.removeEventListener('change', onChange);
  }, []);
  const brand = <span class="brand">{text.product}</span>;
  if (isWide)
    return (
      <header class="menu">
        <p class="head">{brand}</p>
        {children}
      </header>
    );
  return (
    <header class="menu">
      <details>
        <summary class="head">
          {brand}
          <span class="fine">{text.menu}</span>
        </summary>
        {children}
      </details>
    </header>
  );
}

const WIDE = matchMedia('(min-width: 48.01rem)');

export function Shell({ children }: { children: ComponentChildren }) {
  const viewer = useViewer();
  const { path } = useLocation();
  const isIn = (section: string) => path === section || (section !== '/' && path.startsWith(`${section}/`));
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {text.skip}
      </a>
      <Menu key={path}>
        <nav aria-label={text.menu}>
          {sectionsFor(viewer).map(([section, label]) => (
            <a key={section} href={section} aria-current={isIn(section) ? 'page' : undefined}>
              {label}
              {(section === '/alerts' || section === '/hand-ins') && <Waiting section={section} />}
            </a>
          ))}
        </nav>
        <div class="whoami">
          <p>
            <strong>{viewer.name}</strong>
            <span>{text.role[viewer.role]}</span>
            <span>
              {viewer.client ? `${viewer.client.name} · ${viewer.agency.name}` : viewer.agency.name}
            </span>
          </p>
          <ToAgencies />
          <Button kind="quiet" onClick={() => void signOut()}>
            {text.signIn.out}
          </Button>
        </div>
      </Menu>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}
