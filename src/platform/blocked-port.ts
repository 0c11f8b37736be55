import { isNativeError } from 'node:util/types';

/** The reason to tell, since `fetch` gives no code for it. */
export const BLOCKED_PORT = 'fetch refuses this port, as browsers do: choose another';

/**
 * Tells of the cause of an error of `fetch` whether it sent nothing because the Fetch standard blocks the
 * port, e.g. 6000. undici says so by these words alone, to which a test holds its version.
 */
export function isBlockedPort(cause: unknown): boolean {
  return isNativeError(cause) && cause.message === 'bad port';
}
