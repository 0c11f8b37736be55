import { signal } from '@preact/signals';
import { isLeaving, uncopied } from './once';

const addressNow = () => location.pathname + location.search;
const address = signal(addressNow());
/** How each page was narrowed when it was last seen. */
const searches = new Map<string, string>();
const follow = () => {
  searches.set(location.pathname, location.search);
  address.value = addressNow();
};
follow();

/** The address of a list as one has left it. */
export const backTo = (path: string) => path + (searches.get(path) ?? '');

/** What an agency was searched for says nothing in another one. */
export const forgetSearches = () => searches.clear();

/** Leads to another address of the console. */
export function route(to: string, isReplaced = false): void {
  const { pathname } = location;
  history[isReplaced ? 'replaceState' : 'pushState'](null, '', to);
  // A filter changes what stands in a list, and the list stays where it is.
  if (location.pathname !== pathname) scrollTo(0, 0);
  follow();
}

/** What is never shown again stays until it is copied, and the person is asked. */
const isHeld = () => (isLeaving.value = uncopied.peek() > 0);

addEventListener('popstate', () => {
  if (isHeld()) history.pushState(null, '', address.peek());
  else follow();
});
addEventListener('click', (event) => {
  const link = (event.target as Element).closest('a');
  const isForBrowser = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || isForBrowser || link.origin !== location.origin || link.hash !== '') return;
  event.preventDefault();
  if (!isHeld()) route(link.href);
});

/** Where one is; whoever asks is drawn again when that changes. */
export function useLocation(): { path: string; query: Readonly<Record<string, string | undefined>> } {
  const { pathname, searchParams } = new URL(address.value, location.origin);
  return { path: pathname.replace(/(.)\/$/, '$1'), query: Object.fromEntries(searchParams) };
}

/** The id in an address that is like the pattern, empty where the pattern has none; null for another address. */
export function idIn(pattern: string, path: string): string | null {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  const isLike =
    wanted.length === parts.length && wanted.every((part, at) => part.startsWith(':') || part === parts[at]);
  return isLike ? (parts[wanted.indexOf(':id')] ?? '') : null;
}
