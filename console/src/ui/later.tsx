import type { ComponentChildren } from 'preact';
import { useAnswered } from '../api/query';
import { Failure } from '../api/request';
import * as text from '../text/common';
import { Loaded } from './page';

interface LaterProps<File> {
  /** By which it is known that the file is there already. */
  readonly name: string;
  readonly load: () => Promise<File>;
  readonly children: (file: File) => ComponentChildren;
}

/** What comes in a file of its own, when it is shown for the first time. */
export function Later<File>({ name, load, children }: LaterProps<File>) {
  const answered = useAnswered(name, () => load().catch(afterDeployment));
  return <Loaded of={answered}>{children}</Loaded>;
}

const RELOADED = 'latchkey-reloaded';
const AGAIN_AFTER_MS = 60_000;

/**
 * A deployment takes away the files that the page in this tab knows of. Loaded anew it knows the new ones; there are
 * browsers that ask for a file that was missing only then, too. Where that does not help, the person is told.
 */
async function afterDeployment(): Promise<never> {
  const isReachable = await fetch('/', { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isReachable) throw new Failure(text.failure.network);
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < AGAIN_AFTER_MS)
    throw new Failure(text.failure.file);
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
  return new Promise(() => undefined);
}
