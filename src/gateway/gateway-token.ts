import { GATEWAY_TOKEN_SCHEME, isToken, newToken, shownPartOf } from '../access/token-form';
import { digest } from '../platform/digest';

export { GATEWAY_SCOPES, type GatewayScope } from '../providers/gateway-table';

export function newGatewayToken(): string {
  return newToken(GATEWAY_TOKEN_SCHEME);
}

export function isGatewayToken(text: string): boolean {
  return isToken(GATEWAY_TOKEN_SCHEME, text);
}

/** Returns the digest by which a token is looked up. Its 178 random bits need no salt. */
export function gatewayTokenDigest(token: string): string {
  return digest('gateway token', token);
}

export function gatewayTokenPrefix(token: string): string {
  return shownPartOf(GATEWAY_TOKEN_SCHEME, token);
}

/** Converts a list of words to and from the text in which a column stores it. */
export function wordList<W extends string>() {
  return {
    to: (words: readonly W[]): string => words.join(','),
    from: (text: string): readonly W[] => text.split(',').filter((word): word is W => word !== ''),
  };
}
