import { hasInvisible } from './invisible';
import { userError, type UserError } from './user-error';

/** The name of a client, an agent or a person has at most this many characters. */
export const NAME_MAX_LENGTH = 200;

/** Answers the trimmed name, or why the value is no name. */
export function checkName(value: string, field: readonly string[]): string | UserError {
  return checkText(value, field, NAME_MAX_LENGTH);
}

/** Answers a trimmed line of text of 1 to `maxLength` characters, or why the value is none. */
export function checkText(value: string, field: readonly string[], maxLength: number): string | UserError {
  const text = value.trim();
  if (text === '') return userError('REQUIRED', field);
  if ([...text].length > maxLength) return userError('TOO_LONG', field, `At most ${maxLength} characters.`);
  if (hasInvisible(text))
    return userError('INVALID_FORMAT', field, 'Control characters and invisible characters are not allowed.');
  return text;
}

/** The id that a provider gives to an agent, a phone number or a call has at most this many characters. */
export const PROVIDER_ID_MAX_LENGTH = 128;

/**
 * Answers a phone number in E.164 form, or why the value is none: `+`, then 7 to 15 digits, the first of
 * which is not 0.
 */
export function checkPhoneNumber(value: string, field: readonly string[]): string | UserError {
  const number = value.trim();
  if (number === '') return userError('REQUIRED', field);
  return /^\+[1-9]\d{6,14}$/.test(number)
    ? number
    : userError('INVALID_FORMAT', field, 'A phone number in E.164 form, e.g. +14155550100.');
}
