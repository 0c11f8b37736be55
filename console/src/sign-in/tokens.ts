import { signal } from '@preact/signals';
import { route } from '../ui/router';
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
/** How long a window waits for the one that opened it. */
const AWAITED_MS = 1_000;
/** Who was signed in in this tab: a reload goes straight to the issuer. */
const PERSON = 'latchkey-person';

interface KeptJourney extends Journey {
  readonly returnTo: string;
}

export const wasSignedIn = () => sessionStorage.getItem(PERSON) !== null;

/** Leaves for the issuer. What is kept meanwhile is worth nothing without the answer that comes back. */
export async function leaveToSignIn(): Promise<void> {
  const { journey, url } = await startJourney();
  const kept: KeptJourney = { ...journey, returnTo: location.pathname + location.search };
  sessionStorage.setItem(JOURNEY, JSON.stringify(kept));
  // In place of this page, to which nobody can go back: it would lead to the issuer again.
  location.replace(url);
}

/**
 * Back from the issuer, which said yes or no: at the address where the person was before, with `SIGNED_IN`.
 * `WINDOW` is one that another waits for; `BARE` is an address that answers nothing.
 */
export async function arrive(): Promise<'SIGNED_IN' | 'WINDOW' | 'BARE'> {
  const answer = new URL(location.href);
  const kept = JSON.parse(sessionStorage.getItem(JOURNEY) ?? '{}') as Partial<KeptJourney>;
  const { state, verifier, returnTo = '/' } = kept;
  const isOurs = state !== undefined && state === answer.searchParams.get('state');
  if (!isOurs && (await isAwaited(answer.href))) return 'WINDOW';
  sessionStorage.removeItem(JOURNEY);
  route(returnTo, true);
  if (!isOurs || verifier === undefined) return 'BARE';
  await take(await finishJourney({ state, verifier }, answer));
  return 'SIGNED_IN';
}

/** Whether another window takes the answer. */
function isAwaited(answer: string): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(answer);
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data === answer) resolve(true);
    };
    setTimeout(() => resolve(false), AWAITED_MS);
  });
}

/** Whom the server takes the bearer for. */
const subjectOf = (access: string) =>
  (
    JSON.parse(atob((access.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as {
      sub: string;
    }
  ).sub;

/** Nothing of one person is left for another: the page begins anew, and whoever waits for a token gets none. */
function take(taken: Tokens): Promise<string> {
  const person = subjectOf(taken.access);
  const before = sessionStorage.getItem(PERSON);
  const isOther = before !== null && before !== person;
  if (isOther) sessionStorage.clear();
  sessionStorage.setItem(PERSON, person);
  if (isOther) {
    location.replace('/');
    return new Promise(() => undefined);
  }
  tokens = taken;
  signedIn.value = 'YES';
  return Promise.resolve(taken.access);
}

/** Good for the next moments: renewed where it is about to expire. */
export async function accessToken(): Promise<string> {
  // Where nothing can be renewed, a token is used to its end.
  const margin = tokens?.refresh == null ? 0 : RENEWED_BEFORE_MS;
  if (tokens && tokens.expiresAt - margin > Date.now()) return tokens.access;
  try {
    return (await renewedToken()) ?? (await signInAgain());
  } catch (error) {
    // It was renewed before its time.
    if (tokens && isCurrent()) return tokens.access;
    throw error;
  }
}

/** Whether the issuer still stands by the token. */
export const isCurrent = () => tokens !== null && tokens.expiresAt > Date.now();

/**
 * Null where the issuer renews nothing any more; throws where it cannot be asked. All who wait at the same
 * time share one renewal.
 */
export function renewedToken(): Promise<string | null> {
  renewing ??= (tokens ? renew(tokens) : Promise.resolve(null))
    .then((renewed) => renewed && take(renewed))
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

/** Opens that window, and waits for what comes of it; throws where that is nothing. */
export async function openSignIn(): Promise<void> {
  // Before anything is awaited: browsers open windows only in answer to a click.
  const opened = window.open('about:blank', '_blank', 'width=520,height=680');
  if (!opened) throw new Error('The browser opens no window');
  const { journey, url } = await startJourney();
  opened.location.href = url.href;
  const channel = new BroadcastChannel(CHANNEL);
  const answer = await new Promise<URL>((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      if (new URL(data).searchParams.get('state') !== journey.state) return;
      // The window may close.
      channel.postMessage(data);
      resolve(new URL(data));
    };
  });
  channel.close();
  const access = await take(await finishJourney(journey, answer));
  again?.resolve(access);
  again = null;
}

/** Out, here and at the issuer. */
export async function signOut(): Promise<void> {
  // Nothing is left on the screen, to which somebody else could go back.
  signedIn.value = 'NO';
  const url = tokens && (await signOutUrl(tokens).catch(() => null));
  tokens = null;
  sessionStorage.clear();
  location.assign(url ?? '/');
}
