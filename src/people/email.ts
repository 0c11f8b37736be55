import { hasInvisibleAnywhere } from '../graphql/invisible';
import { userError, type UserError } from '../graphql/user-error';
import { digest } from '../platform/digest';

/** The longest address, in characters (RFC 5321, 4.5.3.1.3, less the brackets). */
const MAX_LENGTH = 254;
// This is the least that an address must have. Its owner shows that it exists by signing in.
const SHAPE =
  /^[^\s@<>()",;:\\[\]\p{Cc}\p{Cf}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}$/u;

/** Returns the trimmed address, or the reason why the text is no address. */
export function checkEmail(value: string, field: readonly string[]): string | UserError {
  const email = value.trim();
  if (email === '') return userError('REQUIRED', field);
  if (email.length > MAX_LENGTH) return userError('TOO_LONG', field, `At most ${MAX_LENGTH} characters.`);
  return SHAPE.test(email) && !hasInvisibleAnywhere(email)
    ? email
    : userError('INVALID_FORMAT', field, 'An e-mail address, e.g. ada@example.com.');
}

/**
 * Addresses are compared by this digest. In practice upper and lower case are the same, everywhere in an
 * address.
 */
export function emailDigest(email: string): string {
  return digest('e-mail', email.trim().normalize('NFC').toLowerCase());
}
