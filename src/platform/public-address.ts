import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All addresses of IPv6 that are in use on the internet begin like this. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Tells whether an address belongs to some host of the internet, and neither to this machine, to its network
 * nor to anything else of a special purpose. Addresses of IPv6 that hold one of IPv4 are no hosts of their
 * own, so that none of them is taken.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

/** Tells whether a host, as it stands in a URL, can be a public one: a name, or a public address. */
export function canBePublicHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 || isPublicAddress(bare);
}

/**
 * Looks a name up for one connection, which then goes to the very address that was looked at. The connection
 * fails unless every address of the name is public: otherwise a name could lead into a private network. Node
 * does not call this for a host that is an address already.
 */
export const lookUpPublic: LookupFunction = (hostname, options, done) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const first = error ? undefined : addresses.find(({ address }) => isPublicAddress(address));
    const isMixed = !error && addresses.some(({ address }) => !isPublicAddress(address));
    if (error) done(error, '', 0);
    else if (!first || isMixed) done(new Error('The name leads to an address that is not public'), '', 0);
    else if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};
