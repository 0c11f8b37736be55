import { hasUnseen } from './unseen';
import { userError, type UserError } from './user-error';

/** Longest name of a client, an agent or a person, in characters. */
export const NAME_MAX_LENGTH = 200;

/** The trimmed name, or why it is none. */
export function checkName(value: string, field: readonly string[]): string | UserError {
  return checkText(value, field, NAME_MAX_LENGTH);
}

/** A line of text, trimmed, of 1 to `maxLength` characters; or why it is none. */
export function checkText(value: string, field: readonly string[], maxLength: number): string | UserError {
  const text = value.trim();
  if (text === '') return userError('REQUIRED', field);
  if ([...text].length > maxLength) return userError('TOO_LONG', field, `At most ${maxLength} characters.`);
  if (hasUnseen(text))
    return userError('INVALID_FORMAT', field, 'Control characters and invisible characters are not allowed.');
  return text;
}

/** Longest id that a provider may give to an agent, a phone number or a call, in characters. */
export const PROVIDER_ID_MAX_LENGTH = 128;

/** A phone number in E.164: `+`, then 7 to 15 digits, the first of which is not 0. */
export function checkPhoneNumber(value: string, field: readonly string[]): string | UserError {
  const number = value.trim();
  if (number === '') return userError('REQUIRED', field);
  return /^\+[1-9]\d{6,14}$/.test(number)
    ? number
    : userError('INVALID_FORMAT', field, 'A phone number in E.164 form, e.g. +14155550100.');
}
