import { In } from 'typeorm';
import type { TenantDatabase } from '../access/tenant-database';
import { applyAll, applyInto } from '../calls/call-facts.service';
import { CallWrites, isSettled, type FactsOrigin } from '../calls/call-writes';
import { CallRow } from '../calls/call.entity';
import { whatChanges } from '../calls/known';
import {
  accountOf,
  digestOfCall,
  isAstray,
  makeProviderCalls,
  unansweredAmong,
} from '../calls/provider-call';
import { ProviderCallRow } from '../calls/provider-call.entity';
import { partsOf } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import type { KeyResolverService } from '../keys/resolution/key-resolver.service';
import type { CallFacts } from '../providers/call-facts';
import type { ListedCall } from '../providers/call-lists';
import type { KeyedAccount } from './account';
import { differenceOf, type Difference } from './difference';

/** What came of some calls of a list. */
export interface Compared {
  readonly differences: readonly Difference[];
  /** So many calls of which more became known, without a contradiction. */
  readonly learnt: number;
  /** These may have been placed by Latchkey without an answer. The list does not say. */
  readonly doubtful: readonly CallFacts[];
  /**
   * Of these the list leaves something out. Of those that are settled, all is known already; only their cost
   * may have been corrected.
   */
  readonly inPart: { readonly open: readonly CallFacts[]; readonly settled: readonly CallFacts[] };
}

/** So many calls are written in one transaction. */
const AT_ONCE = 50;

interface Sorted {
  readonly differences: readonly Difference[];
  readonly changed: readonly (readonly [callId: string, facts: CallFacts])[];
  readonly unknown: readonly CallFacts[];
  readonly inPart: Compared['inPart'];
}

const NONE_IN_PART: Compared['inPart'] = { open: [], settled: [] };

/** Compares calls as a provider lists them with those on record, many by a few statements. */
export class Comparison {
  readonly #owners: ReadonlySet<string>;

  constructor(
    private readonly database: TenantDatabase,
    private readonly resolver: KeyResolverService,
    private readonly account: KeyedAccount,
  ) {
    this.#owners = new Set(account.versions.keys());
  }

  async compare(listed: readonly ListedCall[], knownAt: Date): Promise<Compared> {
    const sorted = await this.#sort(listed, knownAt);
    const { inPart } = sorted;
    const { read } = this.database;
    const doubtful = await unansweredAmong(read, this.account, sorted.unknown, (facts) => facts);
    const news = sorted.unknown.filter((facts) => !doubtful.includes(facts));
    return { ...(await this.#write({ ...sorted, unknown: news }, knownAt)), doubtful, inPart };
  }

  /** Does the same for calls of which it is certain that Latchkey did not place them without an answer. */
  async compareCertain(listed: readonly CallFacts[], knownAt: Date): Promise<Compared> {
    const sorted = await this.#sort(
      listed.map((facts) => ({ ...facts, isInPart: false })),
      knownAt,
    );
    return { ...(await this.#write(sorted, knownAt)), doubtful: [], inPart: NONE_IN_PART };
  }

  async #write({ differences, changed, unknown }: Sorted, knownAt: Date) {
    const origin = { source: 'ASKED', knownAt, owners: this.#owners } as const;
    await inParts(changed, (part) =>
      this.database.writeWithoutViewer(async (tx) => {
        await applyAll(tx, part, origin);
      }),
    );
    const recorded: Difference[] = [];
    await inParts(unknown, async (part) => {
      recorded.push(...(await this.database.writeWithoutViewer((tx) => this.#record(tx, part, origin))));
    });
    const corrected = differences.filter(({ kind }) => kind === 'OTHER_COST').length;
    return { differences: [...differences, ...recorded], learnt: changed.length - corrected };
  }

  async #sort(listed: readonly ListedCall[], knownAt: Date): Promise<Sorted> {
    const find = await this.#finder(listed);
    const differences: Difference[] = [];
    const changed: (readonly [string, CallFacts])[] = [];
    const unknown: CallFacts[] = [];
    const [open, settled]: [CallFacts[], CallFacts[]] = [[], []];
    for (const { isInPart, ...facts } of listed) {
      const found = find(facts);
      if (found && !found.isOwn) differences.push(differenceOf('OTHER_ACCOUNT', found.call, facts));
      else if (isInPart) (found && isSettled(found.call) ? settled : open).push(facts);
      else if (!found) unknown.push(facts);
      else {
        const { call } = found;
        const changes = whatChanges(call, facts, call.knownAt === null || knownAt > call.knownAt);
        if (Object.keys(changes).length > 0 || isAstray(call, this.#owners)) changed.push([call.id, facts]);
        if (call.costStatus === 'KNOWN' && changes.costMicros !== undefined)
          differences.push(differenceOf('OTHER_COST', call, facts));
      }
    }
    return { differences, changed, unknown, inPart: { open, settled } };
  }

  /**
   * Reads the calls that these may be, by Latchkey's own id, which was sent as metadata, or by the
   * provider's. A call is its own where this account is to have carried it, whoever told of it first, or
   * where it was recorded from it.
   */
  async #finder(listed: readonly CallFacts[]) {
    const { owner, provider } = this.account;
    const { read } = this.database;
    const ids = listed.flatMap(({ latchkeyCallId }) => latchkeyCallId ?? []);
    const providerIds = listed.flatMap(({ providerCallId }) => providerCallId ?? []);
    const [byId, byProviderId] = await Promise.all([
      ids.length === 0 ? [] : read.findBy(CallRow, { id: In(ids) }),
      providerIds.length === 0
        ? []
        : read.findBy(CallRow, { agencyId: owner.agencyId, providerCallId: In(providerIds) }),
    ]);
    const own = (call: CallRow) => call.agencyId === owner.agencyId && call.provider === provider;
    const calls = new Map(byProviderId.filter(own).map((call) => [call.providerCallId, call]));
    const placed = new Map(byId.filter(own).map((call) => [call.id, call]));
    const recorded = await this.#recordedHere([...calls.values()]);
    return ({ latchkeyCallId, providerCallId }: CallFacts) => {
      const unanswered = placed.get(latchkeyCallId ?? '');
      const call = calls.get(providerCallId) ?? (unanswered?.providerCallId === null ? unanswered : null);
      const isOwn = call && (this.#isOwn(call) || isAstray(call, this.#owners) || recorded.has(call.id));
      return call && { call, isOwn };
    };
  }

  #isOwn(call: CallRow): boolean {
    const owner = accountOf(call);
    return owner !== null && this.#owners.has(owner);
  }

  async #recordedHere(calls: readonly CallRow[]): Promise<ReadonlySet<string>> {
    const digests = calls
      .filter((call) => !this.#isOwn(call))
      .flatMap(({ providerCallId }) => this.#digestsOf(providerCallId ?? ''));
    const rows = await readMarks(this.database.read, digests);
    return new Set(rows.map(({ callId }) => callId));
  }

  /** Which of these calls were recorded from this account before, although their rows say no id. */
  async #marksOf(tx: Transaction, providerIds: readonly string[]): Promise<ReadonlySet<string | null>> {
    const byDigest = new Map(
      providerIds.flatMap((id) => this.#digestsOf(id).map((digest): [string, string] => [digest, id])),
    );
    const rows = await readMarks(tx, [...byDigest.keys()]);
    return new Set(rows.map(({ digest }) => byDigest.get(digest) ?? null));
  }

  #digestsOf(providerCallId: string): string[] {
    const { provider, owner, versions } = this.account;
    return [...versions.keys()].map((id) =>
      digestOfCall({ owner: { ...owner, id }, provider }, providerCallId),
    );
  }

  async #record(
    tx: Transaction,
    unknown: readonly CallFacts[],
    origin: FactsOrigin,
  ): Promise<readonly Difference[]> {
    const { provider, owner } = this.account;
    const providerIds = unknown.flatMap(({ providerCallId }) => providerCallId ?? []);
    const since = await tx.findBy(CallRow, { agencyId: owner.agencyId, providerCallId: In(providerIds) });
    const known = new Set(
      since.filter((call) => call.provider === provider).map((call) => call.providerCallId),
    );
    const recorded = await this.#marksOf(tx, providerIds);
    const fresh = unknown.filter(
      ({ providerCallId }) => !known.has(providerCallId) && !recorded.has(providerCallId),
    );
    const told = fresh.map((facts) => ({ facts, toldAt: null }));
    const made = await makeProviderCalls(tx, this.account, this.resolver, told);
    const writes = new CallWrites();
    const differences: Difference[] = [];
    for (const [index, facts] of fresh.entries()) {
      const news = made[index] ?? null;
      if (news) writes.record(news);
      const call = news && (await applyInto(tx, writes, news.call, facts, origin));
      differences.push({ ...differenceOf('UNKNOWN_TO_US', call, facts), ourCost: null });
    }
    await writes.write(tx);
    return differences;
  }
}

/** There is a digest for each owner of an account: up to all clients of an agency, where all have one key. */
async function readMarks(read: Reader, digests: readonly string[]): Promise<ProviderCallRow[]> {
  const marks: ProviderCallRow[] = [];
  for (const some of partsOf(digests))
    marks.push(...(await read.findBy(ProviderCallRow, { digest: In(some) })));
  return marks;
}

async function inParts<T>(
  items: readonly T[],
  work: (part: readonly T[]) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < items.length; first += AT_ONCE) await work(items.slice(first, first + AT_ONCE));
}
