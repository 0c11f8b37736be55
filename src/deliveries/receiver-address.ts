import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { isPublicAddress } from '../platform/public-address';
import { isLoopback } from '../platform/secure-url';

export const URL_MAX_LENGTH = 1024;

/** Other ports than these belong to services that are no receivers of webhooks. */
const PORTS = ['', '8443'];

// `URL` puts right what is written otherwise, so that messages would go to another address than was entered.
const WRITTEN_OUT = /^[a-z]+:\/\/[^/?#\\][^\\\s\p{Cc}]*$/iu;

export type UrlFault = 'NO_URL' | 'TOO_LONG' | 'NOT_HTTPS' | 'CREDENTIALS' | 'FRAGMENT' | 'PORT' | 'ADDRESS';

/**
 * Reads the address of a receiver, or tells why it may not be one. A literal IP address is judged here, in
 * whatever way it is written: `URL` knows them all. What a name leads to is judged at each attempt. Only the
 * demo and the tests send to this machine.
 */
export function receiverUrl(text: string, allowsLoopback: boolean): URL | UrlFault {
  if (text.length > URL_MAX_LENGTH) return 'TOO_LONG';
  if (!URL.canParse(text) || !WRITTEN_OUT.test(text)) return 'NO_URL';
  const url = new URL(text);
  // A name has no empty part.
  if (/^\.|\.\./.test(url.hostname)) return 'NO_URL';
  // Three characters or more stand for one that is encoded.
  if (url.href.length > URL_MAX_LENGTH) return 'TOO_LONG';
  if (url.username !== '' || url.password !== '') return 'CREDENTIALS';
  if (url.hash !== '' || text.includes('#')) return 'FRAGMENT';
  if (allowsLoopback && isOwnMachine(url)) return url;
  if (url.protocol !== 'https:') return 'NOT_HTTPS';
  if (!PORTS.includes(url.port)) return 'PORT';
  const host = bareHost(url);
  return isIP(host) !== 0 && !isPublicAddress(host) ? 'ADDRESS' : url;
}

/** A name of this machine would have to be looked up: only its addresses count. */
function isOwnMachine({ protocol, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && isLoopback(hostname) && hostname !== 'localhost';
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Finds the addresses of a name: none where there are none, or when it is called off. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** The names are asked of DNS alone: what stands in files of this machine is not meant for its agencies. */
const LOOKUP = { timeout: 2_000, tries: 2 };

/**
 * Asks DNS. The system's own look-up would take a thread of a few that the whole process shares, for as long
 * as somebody's name server chooses not to answer.
 */
export function dnsResolver(servers?: readonly string[]): Resolve {
  return async (name, signal) => {
    const resolver = new dns.Resolver(LOOKUP);
    if (servers) resolver.setServers(servers);
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  };
}

/**
 * Returns the addresses that may be connected to for a URL, which were all of them judged. Where one address
 * of a name is refused, the name is.
 */
export async function checkedAddresses(
  url: URL,
  allowsLoopback: boolean,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly string[] | 'NAME_NOT_RESOLVED' | 'ADDRESS_REFUSED'> {
  const host = bareHost(url);
  if (isIP(host) !== 0) {
    const isAllowed = isPublicAddress(host) || (allowsLoopback && isOwnMachine(url));
    return isAllowed ? [host] : 'ADDRESS_REFUSED';
  }
  const addresses = await resolve(host, signal);
  if (addresses.length === 0) return 'NAME_NOT_RESOLVED';
  return addresses.every(isPublicAddress) ? addresses : 'ADDRESS_REFUSED';
}
