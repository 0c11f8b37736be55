import { badArgument } from './errors';
import { hasInvisible, hasInvisibleAnywhere, withoutUnseenEnds } from './invisible';
import { userError, type UserError } from './user-error';

/** The name of a client, an agent or a person has at most this many characters. */
export const NAME_MAX_LENGTH = 200;

export const NO_INVISIBLE = 'Control characters and invisible characters are not allowed.';

/** Answers the trimmed name, or why the value is no name. */
export function checkName(value: string, field: readonly string[]): string | UserError {
  return checkText(value, field, NAME_MAX_LENGTH);
}

/** Answers a trimmed line of text of 1 to `maxLength` characters, or why the value is none. */
export function checkText(value: string, field: readonly string[], maxLength: number): string | UserError {
  const text = value.trim();
  if (text === '') return userError('REQUIRED', field);
  if ([...text].length > maxLength) return userError('TOO_LONG', field, `At most ${maxLength} characters.`);
  if (hasInvisible(text)) return userError('INVALID_FORMAT', field, NO_INVISIBLE);
  return text;
}

/** The id that a provider gives to an agent, a phone number or a call has at most this many characters. */
export const PROVIDER_ID_MAX_LENGTH = 128;

/**
 * Answers a phone number in E.164 form, or why the value is none: `+`, then 7 to 15 digits, the first of
 * which is not 0.
 */
export function checkPhoneNumber(value: string, field: readonly string[]): string | UserError {
  const number = withoutUnseenEnds(value);
  if (number === '') return userError('REQUIRED', field);
  if (hasInvisibleAnywhere(number)) return userError('INVALID_FORMAT', field, NO_INVISIBLE);
  return /^\+[1-9]\d{6,14}$/.test(number)
    ? number
    : userError('INVALID_FORMAT', field, 'A phone number in E.164 form, e.g. +14155550100.');
}

// The databases put other times into another order than they have, or refuse them.
const FIRST_TIME = new Date(0);
const LAST_TIME = new Date('9999-12-31T23:59:59.999Z');
export const TIMES = 'A time from 1970 to 9999.';

/** Tells whether every database keeps a time as it is. */
export function isKeptTime(time: Date): boolean {
  return time >= FIRST_TIME && time <= LAST_TIME;
}

/** Throws `BAD_USER_INPUT` for a time that no database keeps as it is. */
export function checkTime(argument: string, time: Date | null): void {
  if (time !== null && !isKeptTime(time)) throw badArgument(argument, TIMES);
}

/**
 * Does so for both times of a span, and throws the same for one that ends before it starts. `path` is what
 * stands before the names of the two: nothing, or e.g. `filter.`.
 */
export function checkSpan(path: string, since: Date | null, until: Date | null): void {
  checkTime(`${path}since`, since);
  checkTime(`${path}until`, until);
  if (since !== null && until !== null && since > until)
    throw badArgument(`${path}since`, '`since` is not after `until`.');
}
