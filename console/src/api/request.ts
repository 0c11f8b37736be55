import { signal } from '@preact/signals';
import { accessToken, isCurrent, renewedToken, signInAgain } from '../sign-in/tokens';
import * as text from '../text/common';
import { textOf, type Document } from './graphql';

const KEPT_AS = 'latchkey-agency';
/** The agency that is chosen in this tab, by whoever has several. Its id is no secret, and survives a reload. */
export const agency = signal(sessionStorage.getItem(KEPT_AS));

/** Takes effect on the next request. Only an agency to which the person belongs may be named. */
export function nameAgency(id: string): void {
  sessionStorage.setItem(KEPT_AS, id);
  agency.value = id;
}

/** Why there is no answer, in words for the person who waits for it. */
export class Failure extends Error {
  constructor(
    message: string,
    /** By which the operator finds it in the log. */
    readonly requestId: string | null = null,
    /** The agency that is meant does not know the person. */
    readonly isUnknown = false,
    /** The path to what the person can put right: empty where it is not known, null where there is none. */
    readonly field: readonly string[] | null = null,
  ) {
    super(message);
  }
}

interface ApiError {
  readonly message: string;
  readonly extensions?: {
    readonly code?: string;
    /** Of a variable that does not fit its type. */
    readonly field?: readonly string[];
    /** Of a value that is outside of its bounds. */
    readonly argument?: string;
  };
}

interface Answered<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ApiError[];
}

/** Sends one operation, like any other client of the API. Throws `Failure`, and nothing else. */
export function request<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const body = JSON.stringify({ query: textOf(document), variables });
  const options = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  return answerTo('/graphql', options, dataOf<Data>);
}

/** A file that takes the token of whoever reads it. It lies with the browser, on disk where it is long. */
export function fetchFile(path: string, signal: AbortSignal): Promise<Blob> {
  return answerTo(path, { signal }, async (response) => {
    if (response.ok) return response.blob();
    return dataOf(response);
  });
}

async function answerTo<Answer>(
  path: string,
  options: RequestInit,
  read: (response: Response) => Promise<Answer>,
): Promise<Answer> {
  const asked = agency.peek();
  const send = (token: string) =>
    fetch(path, {
      ...options,
      headers: {
        ...options.headers,
        authorization: `Bearer ${token}`,
        ...(asked !== null && { 'latchkey-agency': asked }),
      },
    });
  try {
    let response = await send(await accessToken());
    if (response.status === 401) {
      // A token that is good, and that the issuer does not renew, is that of somebody whom nobody here knows.
      const token = (await renewedToken()) ?? (isCurrent() ? null : await signInAgain());
      if (token !== null) response = await send(token);
    }
    const answer = await read(response);
    // Nobody waits for what an agency answers that was left meanwhile.
    return asked === agency.peek() ? answer : await new Promise(() => undefined);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(text.failure.network);
  }
}

async function dataOf<Data>(response: Response): Promise<Data> {
  const requestId = response.headers.get('x-request-id');
  const { data, errors = [] } = (await response.json().catch(() => ({}))) as Answered<Data>;
  const [error] = errors;
  if (data && !error) return data;
  switch (error?.extensions?.code) {
    case 'BAD_USER_INPUT':
      throw refusal(error);
    case 'UNAUTHENTICATED':
      throw new Failure(text.failure.signedOut, null, true);
    case 'FORBIDDEN':
      throw new Failure(text.failure.forbidden);
    case 'RATE_LIMITED':
    case 'TIME_LIMIT_EXCEEDED':
    case 'SERVICE_UNAVAILABLE':
    case 'SERVICE_BUSY':
    case 'PROVIDER_UNAVAILABLE':
      throw new Failure(error.message);
    default:
      throw new Failure(text.failure.server, requestId);
  }
}

/** What is said of a variable is meant for whoever writes a program: a person is told in other words. */
function refusal({ message, extensions: { field, argument } = {} }: ApiError): Failure {
  const path = field ?? argument?.split('.') ?? [];
  return new Failure(field ? text.failure.unfit : message, null, false, path);
}
