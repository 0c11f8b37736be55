import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Tells whether an address is one of the public internet: of no private network, and not of this machine. */
export function isPublicAddress(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'unicast';
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
