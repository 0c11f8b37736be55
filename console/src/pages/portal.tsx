import { useViewer } from '../sign-in/viewer';
import * as text from '../text/portal';
import { Page } from '../ui/page';
import { Empty } from '../ui/parts';
import { sectionsFor } from '../ui/shell';

/** Where a portal user starts: the sections that it may see, and nothing that it may not. */
export function PortalPage() {
  const viewer = useViewer();
  const sections = sectionsFor(viewer).slice(1);
  return (
    <Page title={text.portal.title(viewer.client?.name ?? '')} lead={text.portal.lead(viewer.agency.name)}>
      {sections.length === 0 ? (
        <Empty title={text.portal.nothing} hint={text.portal.nothingHint(viewer.agency.name)} />
      ) : (
        <ul class="tiles">
          {sections.map(([path, label]) => (
            <li key={path}>
              <a class="card" href={path}>
                <strong>{label}</strong>
                <span class="fine">{text.portal.about[path as keyof typeof text.portal.about]}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}
