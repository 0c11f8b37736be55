import type { StandInReply, StandInRequest } from './server';

export interface StandInAgent {
  readonly id: string;
  readonly name: string;
}

/** An account at a provider, with what belongs to it and exists in no other. */
export interface Account {
  readonly orgName: string;
  readonly orgId: string;
  readonly agents: readonly StandInAgent[];
  /** What its calls are placed from: a phone number, or the provider's id of one. */
  readonly fromNumber: string;
}

export type AccountName = 'agency' | 'client';
export type Accounts = Readonly<Record<AccountName, Account>>;

/** Keys to paste, one for each thing that happens to keys. None is a secret, and none looks like one. */
export interface KeySet {
  /** Of the agency's account. */
  readonly valid: string;
  /** Of a client's own account, which holds other agents. */
  readonly secondAccount: string;
  readonly revoked: string;
  readonly restricted: string;
  readonly rateLimited: string;
  readonly outOfFunds: string;
}

export type Standing = 'OK' | 'RESTRICTED' | 'RATE_LIMITED' | 'OUT_OF_FUNDS';

/** Who asks, and with what standing; null for a key that no account has (any more). */
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

/** What the demo's agencies and clients have at a provider when the demo starts for the first time. */
export interface Scene {
  /** The keys that are set; without a client, the key is the agency's own. */
  readonly keys: readonly {
    readonly agencyId: string;
    readonly clientId: string | null;
    readonly key: keyof KeySet;
  }[];
  /** `index` counts the agents of the account. `number` is what the id in the demo's data is made of. */
  readonly agents: readonly {
    readonly number: number;
    readonly name: string;
    readonly clientId: string | null;
    readonly account: AccountName;
    readonly index: number;
  }[];
  /** The keys that wait for an admin to accept or refuse them. */
  readonly handIns: readonly {
    readonly number: number;
    readonly clientId: string;
    readonly key: keyof KeySet;
    readonly handedInByKind: 'PERSON' | 'KEY_LINK';
    readonly handedInByName: string;
  }[];
  /** The client that is asked for a key of this provider by the one-time link that the demo prints. */
  readonly askedByLink?: string;
}

/** A provider's stand-in: its keys, its accounts, and what it answers. It remembers the calls that were placed with it. */
export interface StandIn {
  readonly keys: KeySet;
  readonly accounts: Accounts;
  readonly scene: Scene;
  answer(request: StandInRequest): StandInReply;
}

export type Handler = (request: StandInRequest, account: Account, id: string) => StandInReply;

/** By `GET /agents` or `GET /agents/:id`, where `:id` is the last segment. */
export type Handlers = Readonly<Record<string, Handler>>;

/** What the handler for a request answers; null when there is none. */
export function handle(handlers: Handlers, request: StandInRequest, account: Account): StandInReply | null {
  const { method, path } = request;
  const exact = handlers[`${method} ${path}`];
  if (exact) return exact(request, account, '');
  const lastSlash = path.lastIndexOf('/');
  const handler = handlers[`${method} ${path.slice(0, lastSlash)}/:id`];
  return handler ? handler(request, account, decodeURIComponent(path.slice(lastSlash + 1))) : null;
}

/** Calls placed with a stand-in, each seen by its own account only. */
export class PlacedCalls<C extends { readonly id: string }> {
  readonly #calls: { readonly account: Account; readonly call: C }[] = [];

  add(account: Account, call: C): C {
    this.#calls.push({ account, call });
    return call;
  }

  of(account: Account): C[] {
    return this.#calls.filter((each) => each.account === account).map(({ call }) => call);
  }

  find(account: Account, id: string): C | undefined {
    return this.of(account).find((call) => call.id === id);
  }

  existsElsewhere(account: Account, id: string): boolean {
    return this.#calls.some((each) => each.account !== account && each.call.id === id);
  }
}

export function isE164(value: unknown): value is string {
  return typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value);
}
