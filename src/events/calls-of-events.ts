import { CallRow } from '../calls/call.entity';
import {
  accountOf,
  digestOfCall,
  isAstray,
  readVersions,
  type CallOfAccount,
  type OwnAccount,
} from '../calls/provider-call';
import { placeholders } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import type { CallFacts } from '../providers/call-facts';
import type { ProviderEventRow } from './provider-event.entity';

/** An event with what it says of its call, and the account that it came from. */
export interface EventOfCall {
  readonly row: ProviderEventRow;
  readonly facts: CallFacts;
  readonly account: OwnAccount;
}

type FoundCall = CallOfAccount & Pick<CallRow, 'id' | 'provider' | 'providerCallId'>;
type Versions = ReadonlyMap<string, number>;

const COLUMNS = 'id, agencyId, clientId, keySource, isOtherAccount, provider, providerCallId';

/** The calls of events that are worked together, as they are after each of these events. */
export class CallsOfEvents {
  /** Those that are locked, by their ids. */
  readonly #calls = new Map<string, CallRow>();
  /** The ids of the calls that began at a provider, by their digests. */
  readonly #recorded = new Map<string, string>();
  /** Who has the key of each account from which a call came that may be unknown. */
  readonly #versions = new Map<string, Versions>();
  /** All that events name, those of other accounts among them. */
  #found: readonly FoundCall[] = [];

  /** Finds and locks the calls, by a few statements for all of them. */
  static async lock(tx: Transaction, events: readonly EventOfCall[]): Promise<CallsOfEvents> {
    const calls = new CallsOfEvents();
    await calls.#lock(tx, events);
    return calls;
  }

  /**
   * Finds the call by Latchkey's own id, which was sent as metadata, or by the provider's. Either is believed
   * for calls of the account alone that the event came from: whoever holds another account can write any id.
   * A call that is on record by another account is not recorded a second time, because its client would pay
   * for it twice.
   */
  find(event: EventOfCall): CallRow | 'OTHERS' | null {
    const named = this.#calls.get(event.facts.latchkeyCallId ?? '');
    if (named && isOf(event, named)) return named;
    for (const call of this.#calls.values()) if (isOf(event, call)) return call;
    const recorded = this.#calls.get(this.#recorded.get(digestOf(event) ?? '') ?? '');
    if (recorded) return recorded;
    for (const call of this.#calls.values()) if (this.#isAlike(event, call)) return call;
    const isOthers = [...this.#found, ...this.#calls.values()].some((call) => isNamed(event, call));
    return isOthers ? 'OTHERS' : null;
  }

  /**
   * Whether another account told of the call first, although the event comes from the one that the chain gave
   * for it. Either may be wrong.
   */
  isAstray(event: EventOfCall): boolean {
    const owners = new Map(this.versionsOf(event.account)).set(event.account.owner.id, 0);
    return [...this.#found, ...this.#calls.values()].some(
      (call) => isNamed(event, call) && isAstray(call, owners),
    );
  }

  put(event: EventOfCall, call: CallRow): void {
    this.#calls.set(call.id, call);
    const digest = digestOf(event);
    if (digest !== null && call.providerCallId === event.facts.providerCallId)
      this.#recorded.set(digest, call.id);
  }

  versionsOf(account: OwnAccount): Versions {
    return this.#versions.get(accountName(account)) ?? new Map<string, number>();
  }

  async #lock(tx: Transaction, events: readonly EventOfCall[]): Promise<void> {
    const found = await findCalls(tx, events);
    const own = found.filter((call) => events.some((event) => isOf(event, call)));
    const rest = events.filter((event) => !own.some((call) => isOf(event, call)));
    for (const [digest, id] of await findRecorded(tx, rest)) this.#recorded.set(digest, id);
    const unknown = rest.filter((event) => !this.#recorded.has(digestOf(event) ?? ''));
    for (const { account } of unknown)
      if (!this.#versions.has(accountName(account)))
        this.#versions.set(accountName(account), await readVersions(tx, account));
    const alike = found.filter((call) => unknown.some((event) => this.#isAlike(event, call)));
    const ids = new Set([...[...own, ...alike].map(({ id }) => id), ...this.#recorded.values()]);
    for (const row of await tx.lockAll(CallRow, [...ids])) this.#calls.set(row.id, row);
    this.#found = found;
  }

  /** Whether it is a call of an owner who has the same key, and therefore the same account. */
  #isAlike(event: EventOfCall, call: FoundCall): boolean {
    return isNamed(event, call) && this.versionsOf(event.account).has(accountOf(call) ?? '');
  }
}

export function accountName({ owner, provider }: OwnAccount): string {
  return `${owner.id} ${provider}`;
}

// The provider's ids decide where both are known: metadata can be copied from one call to another. They are
// compared again, because MariaDB ignores case.
function isNamed({ facts, account }: EventOfCall, call: FoundCall): boolean {
  const { latchkeyCallId, providerCallId } = facts;
  return (
    call.agencyId === account.owner.agencyId &&
    call.provider === account.provider &&
    (providerCallId === null || call.providerCallId === null
      ? call.id === latchkeyCallId
      : call.providerCallId === providerCallId)
  );
}

function isOf(event: EventOfCall, call: FoundCall): boolean {
  return isNamed(event, call) && accountOf(call) === event.account.owner.id;
}

function digestOf({ facts: { providerCallId }, account }: EventOfCall): string | null {
  return providerCallId === null ? null : digestOfCall(account, providerCallId);
}

async function findCalls(read: Reader, events: readonly EventOfCall[]): Promise<FoundCall[]> {
  const ids = [...new Set(events.flatMap(({ facts }) => facts.latchkeyCallId ?? []))];
  const atProvider = new Map(
    events.flatMap(({ facts: { providerCallId }, account: { owner } }) =>
      providerCallId === null
        ? []
        : [[`${owner.agencyId} ${providerCallId}`, [owner.agencyId, providerCallId]] as const],
    ),
  );
  const either = [...atProvider.values()].map(() => '(agencyId = ? AND providerCallId = ?)').join(' OR ');
  const [byId, byProviderId] = await Promise.all([
    ids.length === 0
      ? []
      : read.rows<FoundCall>(`SELECT ${COLUMNS} FROM calls WHERE id IN (${placeholders(ids)})`, ids),
    either === ''
      ? []
      : read.rows<FoundCall>(`SELECT ${COLUMNS} FROM calls WHERE ${either}`, [...atProvider.values()].flat()),
  ]);
  return [...byId, ...byProviderId];
}

async function findRecorded(read: Reader, events: readonly EventOfCall[]): Promise<Map<string, string>> {
  const digests = [...new Set(events.flatMap((event) => digestOf(event) ?? []))];
  if (digests.length === 0) return new Map();
  const rows = await read.rows<{ digest: string; callId: string }>(
    `SELECT digest, callId FROM provider_calls WHERE digest IN (${placeholders(digests)})`,
    digests,
  );
  return new Map(rows.map(({ digest, callId }) => [digest, callId]));
}
