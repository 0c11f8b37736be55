import { ratesOfCalls } from '../billing/rates-of-calls';
import type { Reader, Transaction } from '../database/transaction';
import { KEY_SOURCES, type KeySource } from '../keys/chain';
import type { KeyOwner } from '../keys/key-store';
import {
  LONGEST_AGO_MS,
  type KeyResolverService,
  type PastResolution,
} from '../keys/resolution/key-resolver.service';
import { digest } from '../platform/digest';
import { newId, newIdAt } from '../platform/ids';
import type { Provider } from '../providers';
import type { CallFacts } from '../providers/call-facts';
import { CallRow } from './call.entity';
import type { ProviderCallRow } from './provider-call.entity';
import { unknownCall } from './call-request';

/** No provider lets a call go on for longer. */
const LONGEST_CALL_MS = 24 * 60 * 60 * 1000;

/**
 * Makes the row of a call that began at the provider, by an account of which several owners may have the key.
 * It is recorded with what the chain gave for its agent when it began, whichever account it came from, and
 * stands among the calls of that time.
 */
export function newProviderCall(
  { agent, receipt }: PastResolution,
  { direction, toNumber }: CallFacts,
  at: Date | null,
  owners: ReadonlySet<string>,
): Omit<CallRow, 'rateId'> {
  const call = unknownCall(agent, receipt, idAt(at));
  const keySource = KEY_SOURCES.find((source) => receipt.keys[source] !== null) ?? null;
  const isOtherAccount = keySource === null || !owners.has(ownerOf(agent, keySource) ?? '');
  return {
    ...call,
    kind: 'LIVE',
    origin: 'PROVIDER',
    direction: direction ?? 'INBOUND',
    keySource,
    keyVersion: keySource && (receipt.keys[keySource]?.version ?? null),
    keyOwnerId: keySource && !isOtherAccount ? ownerOf(agent, keySource) : null,
    isOtherAccount,
    otherOwnerId: isOtherAccount ? bearerAmong(owners, agent) : null,
    toNumber,
  };
}

/** Of several owners of one account, the client of the call or its agency comes before others. */
function bearerAmong(
  owners: ReadonlySet<string>,
  { agencyId, clientId }: Pick<CallRow, 'agencyId' | 'clientId'>,
): string | null {
  return [clientId, agencyId, ...owners].find((id) => id !== null && owners.has(id)) ?? null;
}

/** An id of the time at which a call began, as far as what the provider says of it can be. */
function idAt(at: Date | null): string {
  const now = Date.now();
  const isLikely = at !== null && at.getTime() < now && now - at.getTime() < LONGEST_AGO_MS;
  return isLikely ? newIdAt(at) : newId();
}

function ownerOf(
  { agencyId, clientId }: Pick<CallRow, 'agencyId' | 'clientId'>,
  source: KeySource,
): string | null {
  return source === 'CLIENT' ? clientId : agencyId;
}

export type CallOfAccount = Pick<CallRow, 'agencyId' | 'clientId' | 'keySource' | 'isOtherAccount'>;

/** Returns the owner of the account that carried a call. It is null where its row does not say that. */
export function accountOf(call: CallOfAccount): string | null {
  const { agencyId, clientId, keySource, isOtherAccount } = call;
  if (keySource === null || isOtherAccount) return null;
  return ownerOf({ agencyId, clientId }, keySource);
}

export type Carrier = Pick<CallRow, 'keyOwnerId' | 'isOtherAccount' | 'otherOwnerId'>;

/** Whether another account told of a call first than that of its receipt, which one of these owners has. */
export function isAstray(
  { isOtherAccount, ...call }: CallOfAccount,
  owners: Pick<ReadonlySet<string>, 'has'>,
) {
  return isOtherAccount && owners.has(accountOf({ ...call, isOtherAccount: false }) ?? '');
}

/** The account of a receipt has carried a call that is shown with its key, whoever told of it first. */
export function carrierShownBy(
  call: CallOfAccount,
  owners: ReadonlySet<string> = new Set(),
): Partial<Carrier> {
  if (!isAstray(call, owners)) return {};
  return {
    keyOwnerId: accountOf({ ...call, isOtherAccount: false }),
    isOtherAccount: false,
    otherOwnerId: null,
  };
}

/** Returns who bears the cost of a call: the owner of the account that carried it, whatever key counted. */
export function bearerOf(call: CallOfAccount & Pick<CallRow, 'otherOwnerId'>): string | null {
  return call.isOtherAccount ? call.otherOwnerId : accountOf(call);
}

/** An account at a provider, by whose it is. */
export interface OwnAccount {
  readonly owner: KeyOwner;
  readonly provider: Provider;
}

/** An account of which several owners may have the key: then it is the account of all of them. */
export interface SharedAccount extends OwnAccount {
  /** The version of each owner's key. */
  readonly versions: ReadonlyMap<string, number>;
}

/** Joins keys `o` of all owners that have the same key as the owner of a key `k`, itself included. */
export const SAME_ACCOUNT =
  'o.agencyId = k.agencyId AND o.fingerprint = k.fingerprint AND o.provider = k.provider AND o.isSet = k.isSet';

/** Reads who has the same key as the owner of an account, who is one of them where it has a key. */
export async function readVersions(
  read: Reader,
  { owner, provider }: { readonly owner: Pick<KeyOwner, 'id'>; readonly provider: Provider },
): Promise<Map<string, number>> {
  const same = await read.rows<{ readonly ownerId: string; readonly version: number }>(
    `SELECT o.ownerId, o.version FROM api_keys k JOIN api_keys o ON ${SAME_ACCOUNT} WHERE k.ownerId = ? AND k.provider = ?`,
    [owner.id, provider],
  );
  return new Map(same.map(({ ownerId, version }) => [ownerId, version]));
}

/** By this a call that began at a provider is known to the account that it was recorded from. */
export function digestOfCall({ owner, provider }: OwnAccount, providerCallId: string): string {
  return digest(owner.id, provider, providerCallId);
}

/** By this it is recorded once, also where its events come to the addresses of two owners at once. */
function digestInAgency({ owner: { agencyId }, provider }: OwnAccount, providerCallId: string): string {
  return digest('AGENCY', agencyId, provider, providerCallId);
}

/**
 * Returns those of some calls that may have been placed without an answer, or are being placed: nothing tells
 * Latchkey's own id of them, and they are outbound. Those that were placed are to be read before the calls on
 * record: whichever is not among them any more has its id at the provider then.
 */
export async function unansweredAmong<Told>(
  read: Reader,
  { owner, provider }: OwnAccount,
  told: readonly Told[],
  factsOf: (each: Told) => CallFacts,
): Promise<readonly Told[]> {
  const candidates = told.filter((each) => {
    const { latchkeyCallId, direction } = factsOf(each);
    return latchkeyCallId === null && direction !== 'INBOUND';
  });
  if (candidates.length === 0) return [];
  const placed = await read.rows<Pick<CallRow, 'toNumber' | 'direction'>>(
    "SELECT toNumber, direction FROM calls WHERE agencyId = ? AND status = 'UNKNOWN' AND provider = ? AND providerCallId IS NULL",
    [owner.agencyId, provider],
  );
  const outbound = placed.filter(({ direction }) => direction === 'OUTBOUND');
  const numbers = new Set(outbound.map(({ toNumber }) => toNumber));
  return candidates.filter((each) => {
    const { toNumber } = factsOf(each);
    // Of a call through the gateway, the number may not be known.
    return toNumber === null ? placed.length > 0 : numbers.has(toNumber) || numbers.has(null);
  });
}

/** Locks the calls of an agency at a provider whose placement has no answer, whoever's key it was. */
export async function lockUnanswered(tx: Transaction, { owner, provider }: OwnAccount): Promise<CallRow[]> {
  const placed = await tx.rows<{ id: string }>(
    "SELECT id FROM calls WHERE agencyId = ? AND status = 'UNKNOWN' AND provider = ? AND providerCallId IS NULL",
    [owner.agencyId, provider],
  );
  const rows = await tx.lockAll(
    CallRow,
    placed.map(({ id }) => id),
  );
  return rows.filter(({ status, providerCallId }) => status === 'UNKNOWN' && providerCallId === null);
}

/** What was told of a call that began at a provider. */
export interface ToldCall {
  readonly facts: CallFacts;
  /** Of which time that tells, as far as is known. */
  readonly toldAt: Date | null;
}

/** A call that began at a provider, before it is inserted. */
export interface ProviderCall {
  readonly call: CallRow;
  /** When it began, as far as is known. */
  readonly startedAt: Date;
  readonly marks: readonly ProviderCallRow[];
}

/**
 * Makes the rows of calls of which Latchkey has never heard. They are null for a call whose agent is not one
 * of the agency's, or of whose agents several have its id, so that nobody can tell whose it is.
 */
export async function makeProviderCalls(
  read: Reader,
  { owner, provider, versions }: SharedAccount,
  resolver: KeyResolverService,
  calls: readonly ToldCall[],
): Promise<(ProviderCall | null)[]> {
  const owners = new Set([owner.id, ...versions.keys()]);
  const resolved = await resolver.resolveCalls(
    owner.agencyId,
    provider,
    calls.map((call) => ({ providerAgentId: call.facts.providerAgentId ?? '', at: timeOf(call) })),
  );
  const made = calls.map((told, index) => {
    const { providerCallId } = told.facts;
    const resolution = resolved[index];
    if (providerCallId === null || !resolution) return null;
    const at = timeOf(told);
    const call = newProviderCall(resolution, told.facts, at, owners);
    const account = { owner, provider };
    const digests = [digestOfCall(account, providerCallId), digestInAgency(account, providerCallId)];
    return { call, digests, startedAt: at ?? call.createdAt };
  });
  const started = made.map((each) => each && { ...each.call, startedAt: each.startedAt });
  const rates = await ratesOfCalls(
    read,
    started.filter((each) => each !== null),
  );
  return made.map((each, index) => {
    const start = started[index];
    if (!each || !start) return null;
    const call = { ...each.call, rateId: rates.get(start) ?? null };
    return {
      call,
      startedAt: each.startedAt,
      marks: each.digests.map((digest) => ({ digest, callId: call.id })),
    };
  });
}

/**
 * A call that was never connected has no start, and some events tell none: it began about when its provider
 * put it on record, and at the latest when it ended or was told of.
 */
function timeOf({ facts: { startedAt, madeAt, endedAt }, toldAt }: ToldCall): Date | null {
  const latest = endedAt ?? toldAt;
  // A call that was scheduled is on record long before it begins.
  const isMadeThen = madeAt && (!latest || latest.getTime() - madeAt.getTime() < LONGEST_CALL_MS);
  return startedAt ?? (isMadeThen ? madeAt : latest);
}
