import type { StandInReply, StandInRequest } from './server';

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

/**
 * These keys are for pasting, one for each thing that can happen to a key. None of them is a secret, and none
 * looks like one.
 */
export interface KeySet {
  /** This key belongs to the agency's account. */
  readonly valid: string;
  /** This key belongs to a client's own account, which has other agents. */
  readonly secondAccount: string;
  readonly revoked: string;
  readonly restricted: string;
  readonly rateLimited: string;
  readonly outOfFunds: string;
}

export type Standing = 'OK' | 'RESTRICTED' | 'RATE_LIMITED' | 'OUT_OF_FUNDS';

/**
 * This tells which account a key belongs to and in what standing it is. It is null for a key that no account
 * has, or that none has any more.
 */
export function holderOf(
  keys: KeySet,
  key: string,
): { readonly account: AccountName; readonly standing: Standing } | null {
  switch (key) {
    case keys.valid:
      return { account: 'agency', standing: 'OK' };
    case keys.secondAccount:
      return { account: 'client', standing: 'OK' };
    case keys.restricted:
      return { account: 'client', standing: 'RESTRICTED' };
    case keys.rateLimited:
      return { account: 'client', standing: 'RATE_LIMITED' };
    case keys.outOfFunds:
      return { account: 'client', standing: 'OUT_OF_FUNDS' };
    default:
      return null;
  }
}

/**
 * A scene is what the demo's agencies and clients have at a provider when the demo starts for the first time.
 */
export interface Scene {
  /** These keys are set. Where there is no client, the key is the agency's own. */
  readonly keys: readonly {
    readonly agencyId: string;
    readonly clientId: string | null;
    readonly key: keyof KeySet;
  }[];
  /**
   * `index` is the position among the agents of the account. The id in the demo's data is made from `number`.
   */
  readonly agents: readonly {
    readonly number: number;
    readonly name: string;
    readonly clientId: string | null;
    readonly account: AccountName;
    readonly index: number;
  }[];
  /** These keys wait for an admin to accept or refuse them. */
  readonly handIns: readonly {
    readonly number: number;
    readonly clientId: string;
    readonly key: keyof KeySet;
    readonly handedInByKind: 'PERSON' | 'KEY_LINK';
    readonly handedInByName: string;
  }[];
  /** The one-time link that the demo prints asks this client for a key of this provider. */
  readonly askedByLink?: string;
}

export type Handler = (request: StandInRequest, account: Account, id: string) => StandInReply;

/**
 * A handler is found by its route, such as `GET /agents` or `GET /agents/:id`, where `:id` is one segment, or
 * `POST /agents/:id/stop`.
 */
export type Handlers = Readonly<Record<string, Handler>>;

/** The result is null when there is no handler for the request. */
export function handle(handlers: Handlers, request: StandInRequest, account: Account): StandInReply | null {
  const { method, path } = request;
  const exact = handlers[`${method} ${path}`];
  if (exact) return exact(request, account, '');
  const segments = path.split('/');
  for (const at of [segments.length - 1, segments.length - 2]) {
    const route = segments.map((segment, index) => (index === at ? ':id' : segment)).join('/');
    const handler = handlers[`${method} ${route}`];
    if (handler) return handler(request, account, decodeURIComponent(segments[at] ?? ''));
  }
  return null;
}

export function isE164(value: unknown): value is string {
  return typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value);
}
