/**
 * Everything that a user can put right, with the words that are shown for it. The names are those of the
 * API's `UserErrorCode`.
 */
export const USER_ERRORS = {
  REQUIRED: 'A value is required.',
  INVALID_FORMAT: 'The value does not have the form that is asked for.',
  TOO_SHORT: 'The value is too short.',
  TOO_LONG: 'The value is too long.',
  LOOKS_MASKED: 'This is a masked value, not a key. Paste the key itself.',
  DUPLICATE: 'The same thing is named twice.',
  NOT_FOUND: 'There is no such object.',
  VERSION_CONFLICT: 'Someone else changed this key in the meantime. Read it again before you change it.',
  KEY_REJECTED: 'The provider does not accept this key. Nothing was stored.',
  KEY_UNVERIFIABLE:
    'The provider gave no definitive answer about this key. Nothing was stored; try again, or set it unverified.',
  SEALED_KEY_USED: 'This sealed key was used before. Seal the key again, and send the result.',
  KEY_NOT_SET: 'No key is set for this provider.',
  KEY_UNREADABLE: 'The stored key does not open. It is still the one that counts: set it again, or clear it.',
  NO_KEY_CONFIGURED: 'There is no key for this call.',
  CLIENT_ARCHIVED: 'The client is archived: its agents cannot place calls.',
  ALREADY_DECIDED: 'What was handed in has been accepted, refused or replaced already, or has expired.',
  LAST_ADMIN: 'The agency would be left with no admin who has ever signed in.',
  PERMISSION_NEEDED: 'A permission is given without the one that it needs.',
  IDEMPOTENCY_CONFLICT: 'This idempotency key was used for another call.',
  TOO_MANY: 'There are as many of these as there may be.',
  WEBHOOK_OFF: 'The webhook is off. Switch it on first.',
  NOT_SUPPORTED: 'The provider does not have this.',
  ACCESS_GIVEN_ONCE:
    'The call was started before under this idempotency key. What it takes to join it was given out then, and is not kept.',
  PERIOD_NOT_OVER: 'A statement is made final 72 hours after its period at the earliest.',
  PERIOD_BILLED: 'A part of the period is in a final statement already.',
  IN_THE_PAST: 'The time has passed already.',
  CALL_NOT_ENDED: 'The provider has not ended the call, which may go on.',
} as const;

export type UserErrorCode = keyof typeof USER_ERRORS;

/**
 * `field` is the path from the operation's arguments to the value, e.g. `['input', 'keys', '0', 'apiKey']`.
 */
export interface UserError {
  readonly code: UserErrorCode;
  readonly field: string[] | null;
  readonly message: string;
}

export function userError(
  code: UserErrorCode,
  field: readonly (string | number)[] | null,
  message: string = USER_ERRORS[code],
): UserError {
  return { code, field: field && field.map(String), message };
}
