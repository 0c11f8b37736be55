import type { Account, Accounts, KeySet, Scene } from './account';
import type { EventForm } from './events';
import type { PlacedCall, PlacedCalls } from './placed-calls';
import type { StandInReply, StandInRequest } from './server';

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
