import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { signOut } from '../sign-in/tokens';
import { useViewer, type Viewer } from '../sign-in/viewer';
import { text } from '../text';
import { Button } from './parts';
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
          [viewer.canViewIntegrations, '/integrations', nav.integrations],
        ]
      : [
          [true, '/clients', nav.clients],
          [viewer.canViewAgents, '/agents', nav.agents],
          [viewer.canViewCalls, '/calls', nav.calls],
          [viewer.canManageApiKeys, '/hand-ins', nav.handIns],
          [viewer.canManagePeople, '/people', nav.people],
          [viewer.canManagePeople, '/tokens', nav.tokens],
          [viewer.canViewAuditEvents, '/audit', nav.audit],
          [viewer.canManageApiKeys, '/agency', nav.agency],
        ];
  return entries.filter(([may]) => may).map(([, path, label]) => [path, label]);
}

export function Shell({ children }: { children: ComponentChildren }) {
  const viewer = useViewer();
  const { path } = useLocation();
  const isIn = (section: string) => path === section || (section !== '/' && path.startsWith(`${section}/`));
  return (
    <div class="shell">
      <a class="skip" href="#content">
        {text.skip}
      </a>
      <details class="menu" open>
        <summary>
          <span class="brand">{text.product}</span>
        </summary>
        <nav aria-label={text.menu}>
          {sectionsFor(viewer).map(([section, label]) => (
            <a key={section} href={section} aria-current={isIn(section) ? 'page' : undefined}>
              {label}
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
          <Button kind="quiet" onClick={() => void signOut()}>
            {text.signIn.out}
          </Button>
        </div>
      </details>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  );
}
