import type { Accounts, KeySet, Scene } from './account';
import type { PlacedCalls } from './placed-calls';
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
  answer(request: StandInRequest): StandInReply;
}
