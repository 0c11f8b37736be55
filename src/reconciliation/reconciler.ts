import type { TenantDatabase } from '../access/tenant-database';
import { CallRow } from '../calls/call.entity';
import type { OwnAccount } from '../calls/provider-call';
import { noteDoubt, pauseOf } from '../keys/key-health';
import type { KeyResolverService, ResolvedKey } from '../keys/resolution/key-resolver.service';
import { leastIdOf } from '../platform/ids';
import type { CallFacts } from '../providers/call-facts';
import { MARGIN_MS, type ListedCall } from '../providers/call-lists';
import type { CallAnswer } from '../providers/call-requests';
import type { ReadPage } from '../providers/page-requests';
import type { ProviderAccount, ProviderApi } from '../providers/provider-api';
import type { ProviderErrorCode } from '../providers/provider-errors';
import type { ProviderError } from '../providers/refusals';
import { UnreadableKey } from '../vault/cipher';
import type { Vault } from '../vault/vault';
import { readAccount, readKey, type KeyedAccount } from './account';
import { Comparison } from './comparison';
import { differenceOf, type Difference } from './difference';

export interface Span {
  readonly since: Date;
  readonly until: Date;
}

/** Why an account was not compared, or not to its end. */
export type Obstacle = ProviderErrorCode | ObstacleOfKey | 'TOO_MANY_CALLS' | 'STOPPED';

/** Why nobody can ask with the key of an account, or can go on with the one with which the work began. */
const OBSTACLES_OF_KEY = ['NO_KEY_CONFIGURED', 'KEY_REPLACED', 'KEY_UNREADABLE'] as const;
type ObstacleOfKey = (typeof OBSTACLES_OF_KEY)[number];

/** What a provider says of one call: `ABSENT` where the account does not have it, or nothing definitive. */
export type AnswerForCall = 'FOUND' | 'ABSENT' | ProviderError;

/** What was found in an account. */
export interface Result {
  listed: number;
  /** Calls of which more became known, without a contradiction. */
  learnt: number;
  /** Calls that could be told neither to be there nor not. */
  undecided: number;
  /** Null where the account was compared to its end. */
  obstacle: Obstacle | null;
}

/** How the work goes on: between two requests, and when a provider takes no more of them for a while. */
export interface Pace {
  /** Waits. Answers false where the work is to end. */
  wait(ms: number): Promise<boolean>;
}

/** An account is listed in parts of so many days, so that what is held of each part stays small. */
const PART_MS = 7 * 24 * 60 * 60 * 1000;
/** More calls of a part are not compared. */
const MAX_CALLS = 200_000;
/** Of an account no more pages are read. */
const MAX_PAGES = 20_000;
/** How long a provider is left alone that does not say for how long, and how often and how long at most. */
const PAUSE_SECONDS = 30;
const MAX_PAUSE_SECONDS = 5 * 60;
const MAX_PAUSES = 20;
/** So many calls of a part are asked for one by one at most: those that the list should have. */
const MAX_ASKED = 200;
/**
 * So many calls of a part are asked for one by one at most of which the list leaves something out: those of
 * which not all is known, which takes three quarters of an hour at a rate of two a second, and those of which
 * all is known already, and whose cost may have been corrected.
 */
export const MOST_IN_FULL = { open: 5_000, settled: 500 };
const ROWS = 1000;

/** Compares what Latchkey knows of the calls of accounts with the lists of the providers. */
export class Reconciler {
  constructor(
    private readonly database: TenantDatabase,
    private readonly vault: Vault,
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
  ) {}

  /**
   * Compares an account, and applies what its provider says. It may end at any time: what was applied stays,
   * and the next run finds nothing new in it.
   */
  async reconcile(
    place: OwnAccount,
    { since, until }: Span,
    pace: Pace,
    onDifference: (difference: Difference) => void,
  ): Promise<Result & { readonly owners: readonly string[] }> {
    const result: Result = { listed: 0, learnt: 0, undecided: 0, obstacle: null };
    const found = await readAccount(this.database.read, this.vault.placeMacs, place);
    if (!found) return { ...result, obstacle: 'NO_KEY_CONFIGURED', owners: [place.owner.id] };
    const comparison = new Comparison(this.database, this.resolver, found);
    const run = new AccountRun(
      this.database,
      this.providers,
      found,
      () => this.#open(found),
      comparison,
      pace,
      result,
      onDifference,
    );
    const { read } = this.database;
    const pausedUntil = await pauseOf(read, place.owner.id, place.provider, new Date());
    if (pausedUntil) await run.wait((pausedUntil.getTime() - Date.now()) / 1000);
    for (let start = since; start < until && result.obstacle === null;) {
      const end = new Date(Math.min(start.getTime() + PART_MS, until.getTime()));
      await run.compare({ since: start, until: end });
      start = end;
    }
    // What keeps this key from being used says nothing of the others that are the same.
    const isOfKey = OBSTACLES_OF_KEY.some((each) => each === result.obstacle);
    return { ...result, owners: isOfKey ? [place.owner.id] : [...found.versions.keys()] };
  }

  /**
   * Asks for single calls of an account, and applies what its provider says: one of which Latchkey has never
   * heard is recorded. There is no answer where nobody can ask, because the owner has no key. Throws
   * `UnreadableKey`.
   */
  async *askFor(
    place: OwnAccount,
    providerCallIds: Iterable<string>,
  ): AsyncGenerator<{ readonly providerCallId: string; readonly answer: AnswerForCall }> {
    for (const providerCallId of providerCallIds) {
      const knownAt = new Date();
      const found = await readAccount(this.database.read, this.vault.placeMacs, place);
      if (!found) return;
      const answer = await this.#askOne(found, providerCallId);
      const comparison = new Comparison(this.database, this.resolver, found);
      if (answer.outcome === 'FOUND') await comparison.compareCertain([answer.facts], knownAt);
      yield { providerCallId, answer: answer.outcome === 'UNKNOWN' ? answer.error : answer.outcome };
    }
  }

  async #askOne(
    { key: sealed }: KeyedAccount,
    providerCallId: string,
  ): Promise<CallAnswer | { readonly outcome: 'ABSENT' }> {
    const key = this.resolver.open(sealed, 'RECONCILE');
    const answer = await this.providers.askForCall(key.account, providerCallId);
    if (answer.outcome === 'FOUND') return answer;
    const { code } = answer.error;
    // Some providers answer for a call of another account as for a key that is not accepted.
    const isAbsent =
      code === 'AGENT_NOT_FOUND' ||
      (code === 'KEY_INVALID' && (await this.providers.verifyKey(key.account)).status === 'VALID');
    if (isAbsent) return { outcome: 'ABSENT' };
    await noteDoubt(this.database, key, answer.error);
    return answer;
  }

  /** Opens the key of an account as it is now, or tells why it is not that of the beginning any more. */
  async #open({ key: { version }, ...place }: KeyedAccount): Promise<ResolvedKey | ObstacleOfKey> {
    const key = await readKey(this.database.read, this.vault.placeMacs, place);
    if (!key) return 'NO_KEY_CONFIGURED';
    if (key.version !== version) return 'KEY_REPLACED';
    try {
      return this.resolver.open(key, 'RECONCILE');
    } catch (error) {
      if (error instanceof UnreadableKey) return 'KEY_UNREADABLE';
      throw error;
    }
  }
}

type RecordedCall = Pick<CallRow, 'id' | 'providerCallId'>;

class AccountRun {
  #pauses = 0;
  #pages = 0;
  /** The ids of the calls of which the list leaves something out. */
  #inPart: { readonly open: string[]; readonly settled: string[] } = { open: [], settled: [] };

  constructor(
    private readonly database: TenantDatabase,
    private readonly providers: ProviderApi,
    private readonly keyed: KeyedAccount,
    private readonly open: () => Promise<ResolvedKey | ObstacleOfKey>,
    private readonly comparison: Comparison,
    private readonly pace: Pace,
    private readonly result: Result,
    private readonly onDifference: (difference: Difference) => void,
  ) {}

  async compare(span: Span): Promise<void> {
    const seen = new Set<string>();
    this.#inPart = { open: [], settled: [] };
    await this.#list(span, seen);
    await this.#askInFull();
    if (this.result.obstacle === null) await this.#findMissing(span, seen);
  }

  /** Compares page by page. After a pause it goes on with the page that it was to read. */
  async #list(span: Span, seen: Set<string>): Promise<void> {
    const begun = new Set<string | null>();
    for (let cursor: string | null = null; this.result.obstacle === null;) {
      const knownAt = new Date();
      const read = await this.#readPage(span, cursor);
      if (read === null) return;
      if (read.outcome === 'UNKNOWN') {
        await this.#mayGoOn(read.error);
        continue;
      }
      const { items, next } = read.page;
      const fresh = items.filter(({ providerCallId }) => !seen.has(providerCallId ?? ''));
      for (const { providerCallId } of fresh) seen.add(providerCallId ?? '');
      await this.#comparePage(
        fresh.filter((facts) => isWithin(facts, span)),
        knownAt,
      );
      this.#pages += 1;
      begun.add(cursor);
      if (next !== null && begun.has(next)) this.result.obstacle = 'PROVIDER_FAULT';
      else if (seen.size > MAX_CALLS || this.#pages > MAX_PAGES) this.result.obstacle = 'TOO_MANY_CALLS';
      else if (!(await this.pace.wait(0))) this.result.obstacle = 'STOPPED';
      if (next === null) return;
      cursor = next;
    }
  }

  #readPage(span: Span, cursor: string | null): Promise<ReadPage<ListedCall> | null> {
    return this.#send((account) => this.providers.listCalls(account, { ...span, cursor }));
  }

  /**
   * Sends one request. The key is opened for it alone: whoever sets or clears the key meanwhile destroys it,
   * and nothing more is asked with it. The result is null where it is not the key of the account any more.
   */
  async #send<T extends ReadPage<ListedCall> | CallAnswer>(
    request: (account: ProviderAccount) => Promise<T>,
  ): Promise<T | null> {
    const key = await this.open();
    if (typeof key === 'string') {
      this.result.obstacle = key;
      return null;
    }
    const answer = await request(key.account);
    // The key may have been revoked since it was good for the list.
    if (answer.outcome === 'UNKNOWN') await noteDoubt(this.database, key, answer.error);
    return answer;
  }

  async #comparePage(listed: readonly ListedCall[], knownAt: Date): Promise<void> {
    if (listed.length === 0) return;
    this.result.listed += listed.length;
    const { differences, learnt, doubtful, inPart } = await this.comparison.compare(listed, knownAt);
    this.#add(differences, learnt);
    this.#inPart.open.push(...idsOf(inPart.open));
    this.#inPart.settled.push(...idsOf(inPart.settled));
    for (const { providerCallId } of doubtful) {
      if (this.result.obstacle !== null) return;
      await this.#ask(providerCallId ?? '', null);
    }
  }

  /**
   * Asks for the calls of which the list leaves something out: first for those of which not all is known, and
   * then for the others, whose cost may have been corrected. What is left of the first keeps the account from
   * counting as compared.
   */
  async #askInFull(): Promise<void> {
    const { open, settled } = this.#inPart;
    const most = MOST_IN_FULL;
    for (const id of [...open.slice(0, most.open), ...settled.slice(0, most.settled)]) {
      if (this.result.obstacle !== null) return;
      await this.#ask(id, null);
    }
    this.result.undecided += Math.max(0, open.length - most.open);
    this.result.undecided += Math.max(0, settled.length - most.settled);
    if (open.length > most.open) this.result.obstacle ??= 'TOO_MANY_CALLS';
  }

  #add(differences: readonly Difference[], learnt: number): void {
    this.result.learnt += learnt;
    differences.forEach(this.onDifference);
  }

  /**
   * Finds the calls on record that the list should have. Some lists leave calls out, e.g. those that never
   * began, so that the provider is asked for each.
   */
  async #findMissing(span: Span, seen: ReadonlySet<string>): Promise<void> {
    let asked = 0;
    for await (const { id, providerCallId } of this.#recorded(span)) {
      if (providerCallId === null || seen.has(providerCallId)) continue;
      asked += 1;
      if (asked > MAX_ASKED) this.result.undecided += 1;
      else await this.#ask(providerCallId, await this.database.read.findOneBy(CallRow, { id }));
      if (this.result.obstacle !== null) return;
    }
  }

  /** With another version of a key it may have been another account, so that those calls are left out. */
  async *#recorded({ since, until }: Span): AsyncGenerator<RecordedCall> {
    const { read } = this.database;
    const { provider, versions } = this.keyed;
    const end = leastIdOf(new Date(until.getTime() - MARGIN_MS));
    for (const [ownerId, version] of versions) {
      let after: string | undefined = leastIdOf(new Date(since.getTime() + MARGIN_MS));
      while (after !== undefined) {
        const rows: RecordedCall[] = await read.rows<RecordedCall>(
          `SELECT id, providerCallId FROM calls${read.indexHint('calls_by_key')}
WHERE keyOwnerId = ? AND provider = ? AND keyVersion = ? AND id > ? AND id < ? ORDER BY id LIMIT ${ROWS}`,
          [ownerId, provider, version, after, end],
        );
        yield* rows;
        after = rows.length < ROWS ? undefined : rows.at(-1)?.id;
      }
    }
  }

  /** Asks for one call. `call` is the one that is on record. */
  async #ask(providerCallId: string, call: CallRow | null): Promise<void> {
    if (!(await this.pace.wait(0))) {
      this.result.obstacle = 'STOPPED';
      return;
    }
    const knownAt = new Date();
    const answer = await this.#send((account) => this.providers.askForCall(account, providerCallId));
    if (answer === null) return;
    if (answer.outcome === 'FOUND') {
      const { differences, learnt } = await this.comparison.compareCertain([answer.facts], knownAt);
      this.#add(differences, learnt);
      return;
    }
    const { error } = answer;
    if (error.code === 'RATE_LIMITED') {
      if (await this.#mayGoOn(error)) await this.#ask(providerCallId, call);
      else this.result.undecided += 1;
      return;
    }
    if (call && IS_ABSENT.has(error.code)) this.#add([differenceOf('UNKNOWN_TO_THEM', call, null)], 0);
    else this.result.undecided += 1;
  }

  /** Waits where the provider takes no more requests for a while. Otherwise it is an obstacle. */
  async #mayGoOn(error: ProviderError): Promise<boolean> {
    const { code, retryAfterSeconds } = error;
    if (code === 'RATE_LIMITED') return this.wait(Math.max(1, retryAfterSeconds ?? PAUSE_SECONDS));
    this.result.obstacle = code;
    return false;
  }

  /** Waits until the provider takes requests again, if that is not too long. Answers whether to go on. */
  async wait(seconds: number): Promise<boolean> {
    this.#pauses += 1;
    if (this.#pauses > MAX_PAUSES || seconds > MAX_PAUSE_SECONDS) this.result.obstacle = 'RATE_LIMITED';
    else if (!(await this.pace.wait(seconds * 1000))) this.result.obstacle = 'STOPPED';
    return this.result.obstacle === null;
  }
}

// The key has just been good for the list. Some providers answer for a call of another account as for a key
// that is not accepted.
const IS_ABSENT: ReadonlySet<ProviderErrorCode> = new Set(['AGENT_NOT_FOUND', 'KEY_INVALID']);

function idsOf(calls: readonly CallFacts[]): string[] {
  return calls.flatMap(({ providerCallId }) => providerCallId ?? []);
}

// Some providers list more than they are asked for.
function isWithin({ startedAt }: CallFacts, { since, until }: Span): boolean {
  return startedAt === null || (startedAt >= since && startedAt <= until);
}
