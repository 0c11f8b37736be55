import type { ComponentChildren } from 'preact';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/agency';
import { Later } from '../ui/later';
import { NotFound, Page } from '../ui/page';
import { useLocation } from '../ui/router';
import { Tabs, type Tab } from '../ui/tabs';

interface AgencyTab extends Tab {
  readonly content: ComponentChildren;
}

const { tabs: labels } = text.agency;

const TABS: readonly AgencyTab[] = [
  {
    path: '/agency',
    label: labels.keys,
    content: (
      <Later key="keys" name="keys" load={() => import('../areas/keys')}>
        {({ AgencyKeys }) => <AgencyKeys />}
      </Later>
    ),
  },
  {
    path: '/agency/events',
    label: labels.events,
    content: (
      <Later key="events" name="events" load={() => import('./provider-events')}>
        {({ ProviderEvents }) => <ProviderEvents client={null} />}
      </Later>
    ),
  },
  {
    path: '/agency/webhooks',
    label: labels.webhooks,
    content: (
      <Later key="webhooks" name="webhooks" load={() => import('../areas/webhooks')}>
        {({ Webhooks }) => <Webhooks />}
      </Later>
    ),
  },
];

/** What is the agency's own, with a tab for each; the tab is a part of the address. */
export function AgencyPage() {
  const { path } = useLocation();
  const viewer = useViewer();
  const tab = TABS.find((each) => each.path === path);
  if (!tab) return <NotFound />;
  return (
    <Page title={viewer.agency.name} part={tab.label}>
      <Tabs tabs={TABS} current={path} label={viewer.agency.name} />
      {tab.content}
    </Page>
  );
}
