import { isNativeError } from 'node:util/types';
import { isBlockedPort } from '../platform/blocked-port';
import { readBytes } from '../platform/read-json';
import { formsOf } from './key-forms';
import { ApiKeyText } from './secret';

/** An adapter describes everything of a request but the host and the key. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST';
  /** The path starts with `/` and is already URL-encoded. */
  readonly path: string;
  /** The body is sent as JSON. */
  readonly body?: unknown;
}

/** A provider expects its key behind a scheme in `Authorization`, or alone in a header of its own. */
export type KeyPresentation = { readonly scheme: string } | { readonly header: string };

/** A target tells where a request goes and how the key is presented there. */
export interface OutboundTarget {
  readonly baseUrl: string;
  readonly keyPresentation: KeyPresentation;
}

export interface OutboundLimits {
  /** The limit is for the whole exchange: connecting, sending and reading the body. */
  readonly timeoutMs: number;
  /** The body is counted as it is read, which is after decompression. */
  readonly maxBodyBytes: number;
}

/**
 * This is what came back. `json` is undefined when the body was not complete and valid JSON. The text itself
 * is never kept, and strings in which a provider repeats the key, in whatever encoding, are replaced by null.
 * The reason of `NO_ANSWER` tells whether the provider can have acted: after `REFUSED` it cannot.
 */
export type OutboundReply =
  | {
      readonly kind: 'ANSWER';
      readonly status: number;
      readonly json: unknown;
      readonly isHtml: boolean;
      readonly retryAfterSeconds: number | null;
    }
  | { readonly kind: 'NO_ANSWER'; readonly reason: 'TIMEOUT' | 'REFUSED' | 'BROKEN' };

export type Send = (request: OutboundRequest) => Promise<OutboundReply>;

/**
 * A longer reply is not read. The limit, in bytes, leaves room for an agent with a long prompt and protects
 * the memory.
 */
export const MAX_REPLY_BYTES = 1024 * 1024;

/** A provider that asks for a longer pause than a day is taken to ask for a day. */
export const MAX_RETRY_AFTER_SECONDS = 86_400;

/**
 * This sends one request once, with the key in it. It never throws, never repeats the request and follows no
 * redirect, so that neither the key nor a second call can end up where nobody meant them to be. No text of an
 * error or of a reply leaves this function.
 */
export async function sendWith(
  key: ApiKeyText,
  target: OutboundTarget,
  request: OutboundRequest,
  limits: OutboundLimits,
): Promise<OutboundReply> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    const response = await fetch(urlOf(target, request), {
      ...stamped(key, target, request),
      redirect: 'manual',
      signal,
    });
    const text = await readText(response, limits.maxBodyBytes, signal);
    const retryAfterSeconds = parseRetryAfter(response.headers.get('retry-after'));
    const isHtml = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
    return { kind: 'ANSWER', status: response.status, json: parseJson(text, key), isHtml, retryAfterSeconds };
  } catch (error) {
    // The signal is checked before the error, because the error looks different in each phase that a timeout
    // can cut off.
    if (signal.aborted) return { kind: 'NO_ANSWER', reason: 'TIMEOUT' };
    const cause = isNativeError(error) ? error.cause : undefined;
    return { kind: 'NO_ANSWER', reason: wasNeverSent(cause) ? 'REFUSED' : 'BROKEN' };
  }
}

export function urlOf({ baseUrl }: OutboundTarget, { path }: OutboundRequest): string {
  return baseUrl.replace(/\/+$/, '') + path;
}

function stamped(key: ApiKeyText, { keyPresentation }: OutboundTarget, { method, body }: OutboundRequest) {
  const headers = {
    accept: 'application/json',
    'user-agent': 'latchkey',
    ...keyHeader(key, keyPresentation),
  };
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** The header in which a key goes out. It is made right before the request that it is for. */
export function keyHeader(key: ApiKeyText, presentation: KeyPresentation): Record<string, string> {
  const text = ApiKeyText.reveal(key);
  return 'scheme' in presentation
    ? { authorization: `${presentation.scheme} ${text}` }
    : { [presentation.header]: text };
}

/**
 * The result is the body, or null when it is too long, breaks off or is not UTF-8. This throws only when the
 * time is up. The body of a redirect is not read.
 */
async function readText(response: Response, maxBytes: number, signal: AbortSignal): Promise<string | null> {
  try {
    if (isRedirect(response.status)) return await discard(response.body);
    const bytes = await readBytes(response, maxBytes);
    return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

async function discard(body: ReadableStream | null): Promise<null> {
  await body?.cancel();
  return null;
}

/**
 * Every string and every property that repeats the key is dropped, so that no later use of a reply can carry
 * it further.
 */
function parseJson(text: string | null, key: ApiKeyText): unknown {
  if (text === null) return undefined;
  const forms = formsOf(key);
  const repeats = (value: string) =>
    forms.some((form) => value.includes(form) || value.toLowerCase().includes(form));
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (repeats(name)) return undefined;
      return typeof value === 'string' && repeats(value) ? null : value;
    });
  } catch {
    return undefined;
  }
}

/** RFC 9110 allows a number of seconds or a date. The result is in whole seconds from now. */
export function parseRetryAfter(header: string | null | undefined): number | null {
  if (header == null) return null;
  const seconds = /^\d+(\.\d+)?$/.test(header) ? Number(header) : secondsUntil(header);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(Math.ceil(seconds), 0), MAX_RETRY_AFTER_SECONDS);
}

// The form is checked first, because Date.parse accepts much that is not a date, for example `-5`.
function secondsUntil(date: string): number {
  return /^[A-Z][a-z]+, .* GMT$/.test(date) ? (Date.parse(date) - Date.now()) / 1000 : NaN;
}

// These are failures of the TLS handshake, before which no byte of a request is sent. Alerts that may come
// later are not among them.
const HANDSHAKE_FAILURE =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_CERT_|ERR_SSL_WRONG_VERSION)/;

/**
 * Tells of what undici throws whether nothing was sent. The result is true only when it is certain. Anything
 * unclear counts as sent, since a call may have been placed.
 */
export function wasNeverSent(cause: unknown): boolean {
  if (!isNativeError(cause)) return false;
  if (isBlockedPort(cause)) return true;
  const { code = '', syscall = '' } = cause as NodeJS.ErrnoException;
  // The same code, for example EHOSTUNREACH, comes from connecting and from reading. The system call tells
  // them apart.
  if (syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  // Several addresses were tried and none of them could be connected to.
  if ('errors' in cause) return true;
  return HANDSHAKE_FAILURE.test(code);
}
