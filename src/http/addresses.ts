import { isIP } from 'node:net';
import ipaddr, { type IPv4, type IPv6 } from 'ipaddr.js';
import { isLoopback } from '../platform/secure-url';

export type Network = [address: IPv4 | IPv6, bits: number];

/**
 * Reads an address or a network in CIDR form, and returns null where the text is neither. An IPv4 network in
 * IPv6 form becomes the IPv4 network.
 */
export function parseNetwork(text: string): Network | null {
  const [address = '', length, ...more] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) return null;
  const parsed = ipaddr.parse(address);
  const most = parsed.kind() === 'ipv4' ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
  if (bits > most) return null;
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [parsed.toIPv4Address(), bits - 96] : [parsed, bits];
}

const WITH_PORT = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:]*))(?::\d{1,5})?$/;

/**
 * Returns the one form in which an address is counted and recorded, without a port or a zone, or null where
 * the text is no address.
 */
export function normalAddress(text: string): string | null {
  // An IPv4 address has one form only, and most requests come from one.
  if (isIP(text) === 4) return text;
  const { v6, v4 } = WITH_PORT.exec(text)?.groups ?? {};
  const address = v6 ?? v4 ?? text;
  return isIP(address) === 0 ? null : ipaddr.process(address.replace(/%.*$/, '')).toString();
}

/**
 * The address from which a request came. `X-Forwarded-For` is read from its end, as far as proxies are
 * trusted. A proxy that names what is no address counts as the source itself. The header `Forwarded` is not
 * read: a proxy that does not set it passes on what a client wrote.
 */
export function sourceAddressOf(
  connectedFrom: string | undefined,
  forwardedFor: string | undefined,
  trusted: readonly Network[],
): string {
  let source = normalAddress(connectedFrom ?? '') ?? 'unknown';
  if (trusted.length === 0 || forwardedFor === undefined) return source;
  for (const hop of forwardedFor.split(',').reverse()) {
    const address = isTrusted(source, trusted) ? normalAddress(hop.trim()) : null;
    if (address === null) return source;
    source = address;
  }
  return source;
}

function isTrusted(address: string, trusted: readonly Network[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return trusted.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match([network, bits]));
}

/**
 * Returns the network that one client has as its own: an IPv4 address, or the 2^64 IPv6 addresses that begin
 * alike.
 */
export function networkOf(address: string): string {
  const normal = normalAddress(address) ?? address;
  return isIP(normal) === 6 ? `${ipaddr.IPv6.networkAddressFromCIDR(`${normal}/64`).toString()}/64` : normal;
}

/** Tells whether a `Host` header names this machine in a way that no DNS server can change. */
export function isLoopbackHost(host: string | undefined): boolean {
  return isLoopback((host ?? '').replace(/:\d{1,5}$/, ''));
}
