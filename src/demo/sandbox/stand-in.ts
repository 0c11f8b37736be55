import type { Account, AccountName, Accounts } from './account';
import type { EventForm } from './events';
import type { KeySet } from './keys';
import type { PlacedCall, PlacedCalls } from './placed-calls';
import type { StandInReply, StandInRequest } from './server';

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

/**
 * A stand-in plays the part of a provider, with keys, accounts and answers of its own. It remembers the calls
 * that were placed with it.
 */
export interface StandIn {
  readonly keys: KeySet;
  readonly accounts: Accounts;
  readonly scene: Scene;
  readonly calls: PlacedCalls;
  /** Null where the form of the provider's events is not known. */
  readonly events: EventForm | null;
  /** A phone call comes in for an agent of the account. The result is null where no calls can be made. */
  readonly receive: (account: Account, agentId: string, caller: string, at?: Date) => PlacedCall | null;
  answer(request: StandInRequest): StandInReply;
}
