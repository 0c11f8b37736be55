import { field, textField } from './json';
import { readTime } from './read-times';

/** A server by which a browser finds its way to the provider. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
}

/**
 * What it takes to join a call. Whoever has it speaks in the call, at the cost of the account: it is handed
 * to the caller once, and neither stored nor logged.
 */
export interface WebCallAccess {
  readonly url: string | null;
  readonly accessToken: string | null;
  readonly transport: string | null;
  readonly iceServers: readonly IceServer[];
  readonly expiresAt: Date | null;
}

/** The longest text of any of these that is taken for one. */
const MAX_LENGTH = 8192;

function readText(json: unknown, name: string): string | null {
  const text = textField(json, name);
  return text !== '' && text.length <= MAX_LENGTH ? text : null;
}

/** Reads the address of a WebSocket. */
export function readSocketUrl(json: unknown, name: string): string | null {
  const url = readText(json, name);
  return url !== null && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol) ? url : null;
}

/** Reads a token with what is said beside it. */
export function readToken(json: unknown): WebCallAccess | null {
  const accessToken = readText(json, 'access_token');
  if (accessToken === null) return null;
  const servers = field(json, 'ice_servers');
  return {
    url: null,
    accessToken,
    transport: readText(json, 'transport'),
    iceServers: Array.isArray(servers) ? servers.flatMap((server) => iceServerIn(server) ?? []) : [],
    expiresAt: readTime(json, 'expires_at'),
  };
}

function iceServerIn(json: unknown): IceServer | null {
  const urls = [field(json, 'urls')].flat().filter((url) => typeof url === 'string');
  if (urls.length === 0) return null;
  return { urls, username: readText(json, 'username'), credential: readText(json, 'credential') };
}
