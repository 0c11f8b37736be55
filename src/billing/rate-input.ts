import { userError, type UserError } from '../graphql/user-error';
import type { KeySource } from '../keys/chain';
import { isCurrency } from './currencies';

export interface NewRate {
  readonly clientId?: string | null;
  readonly keySource: KeySource;
  readonly pricePerMinute: string;
  readonly currency: string;
  readonly firstIncrementSeconds?: number | null;
  readonly incrementSeconds?: number | null;
  readonly validFrom?: Date | null;
}

/** An increment is at most an hour. */
export const MAX_INCREMENT_SECONDS = 3600;
const MAX_AHEAD_MS = 3660 * 24 * 60 * 60 * 1000;
const PRICE = /^(\d{1,6})(?:\.(\d{1,6})0*)?$/;

/** Returns a price in millionths, or null for text that is none: at most 999,999.999999. */
export function priceMicrosOf(text: string): number | null {
  const [, whole, behind = ''] = PRICE.exec(text) ?? [];
  return whole === undefined ? null : Number(whole + behind.padEnd(6, '0'));
}

/** Returns what is wrong with a rate, apart from its client. */
export function checkRate(input: NewRate, now: Date): UserError[] {
  const { pricePerMinute, currency, validFrom } = input;
  const errors: UserError[] = [];
  if (priceMicrosOf(pricePerMinute) === null)
    errors.push(
      userError(
        'INVALID_FORMAT',
        ['input', 'pricePerMinute'],
        'A price from 0 to 999999.999999, with at most 6 decimal places.',
      ),
    );
  if (!isCurrency(currency))
    errors.push(userError('INVALID_FORMAT', ['input', 'currency'], 'A code of ISO 4217, e.g. USD.'));
  for (const name of ['firstIncrementSeconds', 'incrementSeconds'] as const) {
    const seconds = input[name] ?? 1;
    if (seconds < 1 || seconds > MAX_INCREMENT_SECONDS)
      errors.push(
        userError('INVALID_FORMAT', ['input', name], `From 1 to ${MAX_INCREMENT_SECONDS} seconds.`),
      );
  }
  const field = ['input', 'validFrom'];
  if (validFrom && validFrom < now) errors.push(userError('IN_THE_PAST', field));
  if (validFrom && validFrom.getTime() - now.getTime() > MAX_AHEAD_MS)
    errors.push(userError('INVALID_FORMAT', field, 'At most ten years ahead.'));
  return errors;
}
