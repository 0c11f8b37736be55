import type { ComponentChildren } from 'preact';
import { useEffect, useErrorBoundary, useRef } from 'preact/hooks';
import type { Answered } from '../api/query';
import type { Failure } from '../api/request';
import * as text from '../text/common';
import { Button, Empty, Loading, Note } from './parts';
import { useLocation } from './router';

interface PageProps {
  readonly title: string;
  /** The tab that is shown, where the title is that of several. */
  readonly part?: string;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly above?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page with its heading, which gets the focus, so that a screen reader says where one is. */
export function Page({ title, part, lead, actions, above, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = [part, title, text.product].filter(Boolean).join(' · ');
  }, [title, part]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <article class="page">
      {above}
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
            {part !== undefined && <span class="unseen">: {part}</span>}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </article>
  );
}

export function Problem({ failure, retry }: { failure: Failure; retry?: (() => void) | undefined }) {
  return (
    <Note tone="bad">
      <p role="alert">{failure.message}</p>
      {failure.requestId !== null && <p class="fine">{text.failure.request(failure.requestId)}</p>}
      {retry && <Button onClick={retry}>{text.failure.retry}</Button>}
    </Note>
  );
}

/** A fault of one page leaves the way to the others. */
export function Guarded({ children }: { children: ComponentChildren }) {
  const { path } = useLocation();
  const [fault, forget] = useErrorBoundary((error) => reportError(error)) as [unknown, () => void];
  useEffect(forget, [path]);
  if (fault === undefined) return <>{children}</>;
  return (
    <Note tone="bad">
      <p role="alert">{text.failure.fault}</p>
      <Button onClick={forget}>{text.failure.retry}</Button>
    </Note>
  );
}

/** What was asked for, or why it is not there (yet). An old answer stays while a new one is asked for. */
export function Loaded<Data>({
  of: { data, failure, isEarlier, reload },
  children,
  rows,
}: {
  of: Answered<Data>;
  children: (data: Data) => ComponentChildren;
  rows?: number;
}) {
  const known = data.value;
  return (
    <>
      {failure.value && <Problem failure={failure.value} retry={retryOf(failure.value, reload)} />}
      {known !== null ? (
        <div class="stays" aria-busy={isEarlier.value}>
          {children(known)}
        </div>
      ) : failure.value ? null : (
        <Loading rows={rows} />
      )}
    </>
  );
}

/** What the person has to put right is refused again, as often as it is asked. */
const retryOf = ({ field }: Failure, reload: () => Promise<void>) =>
  field ? undefined : () => void reload();

export function NotFound() {
  return (
    <Page title={text.common.notFound}>
      <Empty title={text.common.notFound} hint={text.common.notFoundHint}>
        <a class="button" href="/">
          {text.common.toStart}
        </a>
      </Empty>
    </Page>
  );
}
