import { isToken, newToken, SERVICE_TOKEN_SCHEME, shownPartOf } from '../access/token-form';
import { digest } from '../platform/digest';

export function newServiceToken(): string {
  return newToken(SERVICE_TOKEN_SCHEME);
}

export function isServiceToken(text: string): boolean {
  return isToken(SERVICE_TOKEN_SCHEME, text);
}

/**
 * Returns the digest that is stored in place of a token. It needs no salt, because 178 random bits cannot be
 * guessed, and the token is looked up by this digest.
 */
export function serviceTokenDigest(token: string): string {
  return digest('service token', token);
}

export function serviceTokenPrefix(token: string): string {
  return shownPartOf(SERVICE_TOKEN_SCHEME, token);
}
