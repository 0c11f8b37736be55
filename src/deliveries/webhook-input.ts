import { NO_INVISIBLE } from '../graphql/checks';
import { hasInvisibleAnywhere } from '../graphql/invisible';
import { userError, type UserError } from '../graphql/user-error';
import type { MessageType } from '../outbox/message-types';
import { receiverUrl, URL_MAX_LENGTH, type UrlFault } from './receiver-address';

const URL_FIELD = ['input', 'url'];
const TYPES_FIELD = ['input', 'types'];

const WORDS: Readonly<Record<UrlFault, string>> = {
  NO_URL: 'An address as https://example.com/webhooks.',
  TOO_LONG: `At most ${URL_MAX_LENGTH} characters, as the address is encoded.`,
  NOT_HTTPS: 'The address begins with https://.',
  CREDENTIALS: 'The address holds neither a user name nor a password.',
  FRAGMENT: 'The address has no part after #.',
  PORT: 'The port is 443 or 8443.',
  ADDRESS: 'The address belongs to no host of the internet.',
};

/** Answers the address of a receiver, or why it may not be one. */
export function checkUrl(text: string, allowsLoopback: boolean): URL | UserError {
  const trimmed = text.trim();
  if (trimmed === '') return userError('REQUIRED', URL_FIELD);
  if (hasInvisibleAnywhere(trimmed)) return userError('INVALID_FORMAT', URL_FIELD, NO_INVISIBLE);
  const url = receiverUrl(trimmed, allowsLoopback);
  if (typeof url !== 'string') return url;
  return userError(url === 'TOO_LONG' ? 'TOO_LONG' : 'INVALID_FORMAT', URL_FIELD, WORDS[url]);
}

/** Answers the types, or why they are refused. */
export function checkTypes(types: readonly MessageType[]): readonly MessageType[] | UserError {
  if (types.length === 0) return userError('REQUIRED', TYPES_FIELD);
  return new Set(types).size < types.length ? userError('DUPLICATE', TYPES_FIELD) : types;
}

/** Picks out why values are refused. */
export function errorsOf(...checked: readonly (object | UserError | null)[]): UserError[] {
  return checked.filter((each): each is UserError => each !== null && 'code' in each);
}
