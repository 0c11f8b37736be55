import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { canBePublicHost, lookUpPublic } from '../platform/public-address';
import { keyHeader, urlOf, type OutboundRequest, type OutboundTarget } from './outbound';
import type { ApiKeyText } from './secret';

/** The longest address of a file that is taken for one. A signed one is long. */
const MAX_ADDRESS_LENGTH = 4096;
/** A download in which nothing has moved for this long is given up. */
const IDLE_MS = 60_000;

/** What of a file is wanted, as the headers of the same names say; undefined for all of it. */
export interface WantedPart {
  readonly range: string | undefined;
  readonly 'if-range': string | undefined;
}

export interface DownloadLimits {
  /** The time until the answer begins. */
  readonly timeoutMs: number;
  /** Ends the download, whatever its state. */
  readonly signal: AbortSignal;
}

/** An answer whose body nobody has read yet. Whoever does not read it destroys it. */
export type DownloadReply =
  | { readonly kind: 'ANSWER'; readonly body: IncomingMessage }
  | { readonly kind: 'NO_ANSWER'; readonly reason: 'TIMEOUT' | 'BROKEN' };

/**
 * Asks a provider for a file, with the key in the request, and hands over the answer as it comes in. It
 * follows no redirect, so that the key goes nowhere else.
 */
export function downloadWith(
  key: ApiKeyText,
  target: OutboundTarget,
  request: OutboundRequest,
  part: WantedPart,
  limits: DownloadLimits,
): Promise<DownloadReply> {
  return open(
    urlOf(target, request),
    { ...keyHeader(key, target.keyPresentation), ...headersFor(part) },
    limits,
  );
}

/**
 * Tells whether a link that a provider shows may be used: it is `https` at the usual port, on a host that can
 * be public, or it is at the very origin to which all other requests go.
 */
export function isUsableLink(address: string, baseUrl: string): boolean {
  if (address.length > MAX_ADDRESS_LENGTH || !URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password, origin } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (origin === new URL(baseUrl).origin) return true;
  return protocol === 'https:' && port === '' && canBePublicHost(hostname);
}

/**
 * Asks for the file behind such a link, without any key, and hands over the answer as it comes in. It
 * connects to public addresses alone, but for the origin of `baseUrl`, and follows no redirect.
 */
export function downloadFrom(
  address: string,
  baseUrl: string,
  part: WantedPart,
  limits: DownloadLimits,
): Promise<DownloadReply> {
  const isOwn = new URL(address).origin === new URL(baseUrl).origin;
  return open(address, headersFor(part), limits, isOwn ? {} : { lookup: lookUpPublic });
}

function headersFor(part: WantedPart): Record<string, string> {
  // What is compressed on the way could not be asked for by parts.
  const headers = { accept: 'audio/*', 'accept-encoding': 'identity', 'user-agent': 'latchkey' };
  const given = Object.entries(part).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...headers, ...Object.fromEntries(given) };
}

// Nothing of an error leaves this function, because it may name the address.
function open(
  address: string,
  headers: Record<string, string>,
  { timeoutMs, signal }: DownloadLimits,
  more: Pick<RequestOptions, 'lookup'> = {},
): Promise<DownloadReply> {
  const send = address.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    let isLate = false;
    const giveUp = () => resolve({ kind: 'NO_ANSWER', reason: isLate ? 'TIMEOUT' : 'BROKEN' });
    // Each download has a connection of its own, which is closed after it.
    const request = send(address, { ...more, headers, agent: false, signal });
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy();
    }, timeoutMs);
    request.once('response', (body) => {
      clearTimeout(timer);
      body.setTimeout(IDLE_MS, () => body.destroy());
      resolve({ kind: 'ANSWER', body });
    });
    // It also hears of what breaks after the answer has begun, of which the body tells.
    request.on('error', giveUp);
    // Node tells of nothing else where the other side goes on by another protocol.
    request.once('close', () => {
      clearTimeout(timer);
      giveUp();
    });
    request.end();
  });
}
