import type { SealedKey } from '../keys/key-store';
import type { KeyResolverService, ResolvedKey } from '../keys/resolution/key-resolver.service';
import type { ProviderApi } from '../providers/provider-api';
import type { ProviderError } from '../providers/refusals';
import { UnreadableKey } from '../vault/cipher';
import type { CallFactsService } from './call-facts.service';
import type { CallRow } from './call.entity';

/** Why nobody can ask about a call: its owner has no key at the provider, or one that does not open. */
export type NoKey = 'NO_KEY_CONFIGURED' | 'KEY_UNREADABLE';

export interface Inquiry {
  /** The call as it is known afterwards. */
  readonly call: CallRow;
  /** What the provider said instead of a definitive answer; null where it gave one. */
  readonly error: ProviderError | null;
}

/**
 * A list that does not show a call at once may show it later. It is believed that a call was never placed
 * when this time has gone by since.
 */
export const NEVER_PLACED_AFTER_MS = 10 * 60 * 1000;

/** Asks providers about single calls, each with the key that the call's owner has now. */
export class CallInquiry {
  constructor(
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
    private readonly facts: CallFactsService,
  ) {}

  /** Opens the key that the owner of a call has now at its provider. */
  async keyFor(call: CallRow): Promise<ResolvedKey | NoKey> {
    return this.#open(await this.resolver.keyOfOwner(call));
  }

  /** Opens the key for asking what became of a call, also where another client's account carried it. */
  async keyOfBearer(call: CallRow): Promise<ResolvedKey | NoKey> {
    return this.#open(await this.resolver.keyOfBearer(call));
  }

  #open(sealed: SealedKey | null): ResolvedKey | NoKey {
    if (!sealed) return 'NO_KEY_CONFIGURED';
    try {
      return this.resolver.open(sealed, 'CALL_STATE');
    } catch (error) {
      if (error instanceof UnreadableKey) return 'KEY_UNREADABLE';
      throw error;
    }
  }

  /**
   * Asks for a call by its id at the provider, or looks for it by its metadata where that is not known, and
   * keeps what is answered.
   */
  async ask(call: CallRow, key: ResolvedKey, knownAt = new Date()): Promise<Inquiry> {
    const { account, version } = key;
    const { id, providerCallId, toNumber, createdAt } = call;
    const answer =
      providerCallId === null
        ? await this.providers.findPlacedCall(account, { callId: id, toNumber, createdAt })
        : await this.providers.askForCall(account, providerCallId);
    const origin = { source: 'ASKED', knownAt: latest(knownAt, call) } as const;
    if (answer.outcome === 'UNKNOWN') {
      await this.facts.noteDoubt(key, answer.error);
      return { call, error: answer.error };
    }
    if (answer.outcome === 'FOUND')
      return { call: (await this.facts.apply(id, answer.facts, origin)) ?? call, error: null };
    // Another key may be that of another account, whose list tells nothing of this call.
    const isSure =
      version === call.keyVersion && knownAt.getTime() - createdAt.getTime() >= NEVER_PLACED_AFTER_MS;
    const next = isSure ? await this.facts.concludeNeverPlaced(id, origin) : null;
    return { call: next ?? call, error: null };
  }
}

/**
 * Of which time an answer tells. It is later than all that was known when the call was asked about, also
 * where that is dated by a provider's clock that is ahead.
 */
function latest(askedAt: Date, { knownAt }: CallRow): Date {
  return knownAt !== null && knownAt >= askedAt ? new Date(knownAt.getTime() + 1) : askedAt;
}
