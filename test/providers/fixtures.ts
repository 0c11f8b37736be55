import type { Provider } from '../../src/providers';
import type { CallContent } from '../../src/providers/call-content';
import type { CallFacts } from '../../src/providers/call-facts';
import type { ListedAgent, ListedNumber } from '../../src/providers/listing';
import type { CallToPlace } from '../../src/providers/provider';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What a provider answers, in its own words. Each provider has a file of them in the folder `fixtures`. */
export interface ProviderFixtures {
  readonly call: CallToPlace;
  readonly verified: Reply;
  readonly agent: Reply;
  readonly placed: Reply;
  readonly placedId: string;
  /** Bodies of refusals, by status. */
  readonly refusals: Readonly<Record<401 | 402 | 403 | 429 | 500, unknown>>;
  /** Every known form of "there is no such agent in this account", when it is looked up or called with. */
  readonly noSuchAgent: readonly Reply[];
  /** Refusals, after whatever was asked, that say nothing of the key. */
  readonly notAboutTheKey: readonly Reply[];
  /** Refusals of the request to place a call that are about something else than the agent. */
  readonly notAboutTheAgent: readonly Reply[];
  /** All pages of the lists of an account, in the order in which they are asked for, with what is on them. */
  readonly agentPages: readonly unknown[];
  readonly agents: readonly ListedAgent[];
  readonly numberPages: readonly unknown[];
  readonly numbers: readonly ListedNumber[];
  /** Calls as the provider shows them, with some of what is to be read in each. The first has it all. */
  readonly shownCalls: readonly {
    readonly what: string;
    readonly body: object;
    readonly facts: Partial<CallFacts>;
  }[];
  /** The same for what was said in the call `placedId`. The first has a transcript and a recording. */
  readonly contents: readonly {
    readonly what: string;
    readonly body: object;
    readonly content: CallContent;
  }[];
}

export const NOTHING: CallFacts = {
  providerCallId: null,
  latchkeyCallId: null,
  providerAgentId: null,
  direction: null,
  toNumber: null,
  fromNumber: null,
  status: null,
  startedAt: null,
  endedAt: null,
  durationMs: null,
  endReason: null,
  cost: null,
};

export const CALL_ID = '0197d0a2-0000-7000-8000-000000000001';

export function fixturesOf(provider: Provider): ProviderFixtures {
  const file = jest.requireActual<{ fixtures: ProviderFixtures }>(`./fixtures/${provider.toLowerCase()}`);
  return file.fixtures;
}
