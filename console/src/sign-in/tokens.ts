import { signal } from '@preact/signals';
import { finishJourney, renew, signOutUrl, startJourney, type Journey, type Tokens } from './issuer';

/**
 * Whether somebody is signed in. The tokens themselves are in this module's memory and nowhere else: a reload asks the issuer again.
 * `AGAIN` while a person whose sign-in has ended is asked to sign in once more, beside a form that stays as it is.
 */
export const signedIn = signal<'NO' | 'YES' | 'AGAIN'>('NO');

let tokens: Tokens | null = null;
let renewing: Promise<string | null> | null = null;

const RENEWED_BEFORE_MS = 20_000;
const CHANNEL = 'latchkey-sign-in';
const JOURNEY = 'latchkey-journey';
/** Says that this tab was signed in: a reload goes straight to the issuer. */
const WAS_SIGNED_IN = 'latchkey-was-signed-in';

interface KeptJourney extends Journey {
  readonly returnTo: string;
}

export const wasSignedIn = () => sessionStorage.getItem(WAS_SIGNED_IN) !== null;

/** Leaves for the issuer. What is kept meanwhile is worth nothing without the answer that comes back. */
export async function leaveToSignIn(): Promise<void> {
  const { journey, url } = await startJourney();
  const kept: KeptJourney = { ...journey, returnTo: location.pathname + location.search };
  sessionStorage.setItem(JOURNEY, JSON.stringify(kept));
  location.assign(url);
}

/** Back from the issuer: where the person was before. Null in a window that another one waits for. */
export async function arrive(): Promise<string | null> {
  const kept = sessionStorage.getItem(JOURNEY);
  sessionStorage.removeItem(JOURNEY);
  const { state, returnTo, verifier } = JSON.parse(kept ?? '{}') as Partial<KeptJourney>;
  if (
    state === undefined ||
    verifier === undefined ||
    state !== new URL(location.href).searchParams.get('state')
  ) {
    new BroadcastChannel(CHANNEL).postMessage(location.href);
    return null;
  }
  take(await finishJourney({ state, verifier }, new URL(location.href)));
  return returnTo === undefined || returnTo.startsWith('/signed-in') ? '/' : returnTo;
}

function take(taken: Tokens): string {
  tokens = taken;
  signedIn.value = 'YES';
  sessionStorage.setItem(WAS_SIGNED_IN, 'yes');
  return taken.access;
}

/** Good for the next moments: renewed where it is about to expire. */
export async function accessToken(): Promise<string> {
  // Where nothing can be renewed, a token is used to its end.
  const margin = tokens?.refresh == null ? 0 : RENEWED_BEFORE_MS;
  if (tokens && tokens.expiresAt - margin > Date.now()) return tokens.access;
  return (await renewedToken()) ?? signInAgain();
}

/** Whether the issuer still stands by the token. */
export const isCurrent = () => tokens !== null && tokens.expiresAt > Date.now();

/** Null where the issuer renews nothing any more. All who wait at the same time share one renewal. */
export function renewedToken(): Promise<string | null> {
  renewing ??= (tokens ? renew(tokens) : Promise.resolve(null))
    .then((renewed) => renewed && take(renewed))
    .catch(() => null)
    .finally(() => (renewing = null));
  return renewing;
}

let again: { promise: Promise<string>; resolve: (access: string) => void } | null = null;

/** Waits until the person has signed in once more, in a window of its own. */
export function signInAgain(): Promise<string> {
  if (!again) {
    let resolve: (access: string) => void = () => undefined;
    again = { promise: new Promise((done) => (resolve = done)), resolve: (access) => resolve(access) };
  }
  signedIn.value = 'AGAIN';
  return again.promise;
}

/** Opens that window. */
export async function openSignIn(): Promise<void> {
  // Before anything is awaited: browsers open windows only in answer to a click.
  const opened = window.open('about:blank', '_blank', 'width=520,height=680');
  const { journey, url } = await startJourney();
  if (opened) opened.location.href = url.href;
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<string>) => {
    const answer = new URL(data);
    if (answer.searchParams.get('state') !== journey.state) return;
    channel.close();
    void finishJourney(journey, answer).then((fresh) => {
      const access = take(fresh);
      again?.resolve(access);
      again = null;
    });
  };
}

/** Out, here and at the issuer. */
export async function signOut(): Promise<void> {
  const url = tokens && (await signOutUrl(tokens).catch(() => null));
  tokens = null;
  sessionStorage.clear();
  location.assign(url ?? '/');
}
