export interface StandInAgent {
  readonly id: string;
  readonly name: string;
}

/** An account at a provider has agents and a number that exist in no other account. */
export interface Account {
  readonly orgName: string;
  readonly orgId: string;
  readonly agents: readonly StandInAgent[];
  /** What is called like an agent at a provider that has other kinds as well. */
  readonly pathway?: StandInAgent;
  readonly persona?: StandInAgent;
  /**
   * Calls of the account are placed from this phone number, or from the number that has this id at the
   * provider.
   */
  readonly fromNumber: string;
  /** The phone number itself, where `fromNumber` is the id of one. */
  readonly phoneNumber?: string;
}

/** The first agent of an account answers at its number. */
export const NUMBER_LABEL = 'Main line';

export type AccountName = 'agency' | 'client';
export type Accounts = Readonly<Record<AccountName, Account>>;

export function isE164(value: unknown): value is string {
  return typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value);
}
