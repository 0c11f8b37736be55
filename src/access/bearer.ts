import { digest } from '../platform/digest';

/** The digest by which a token that someone pastes as a key is compared with the token of the request. */
export function tokenDigest(token: string): string {
  return digest('bearer token', token);
}

/** Returns the digest of the token in an `Authorization` header, or null if there is none. */
export function bearerDigest(authorization: string | undefined): string | null {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return token === undefined ? null : tokenDigest(token);
}
