import { digest } from '../platform/ids';

/** By this a token that someone pastes for a key is compared with the one that the request was sent with. */
export function tokenDigest(token: string): string {
  return digest('bearer token', token);
}

/** The digest of the token in an `Authorization` header; null where there is none. */
export function bearerDigest(authorization: string | undefined): string | null {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return token === undefined ? null : tokenDigest(token);
}
