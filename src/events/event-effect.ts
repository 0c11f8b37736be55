import type { CallRow } from '../calls/call.entity';
import { applyInto } from '../calls/call-facts.service';
import { CallWrites } from '../calls/call-writes';
import { whatChanges } from '../calls/known';
import {
  lockUnanswered,
  makeProviderCalls,
  unansweredAmong,
  type ProviderCall,
} from '../calls/provider-call';
import { forgetUnheardEnds } from '../calls/unheard-end';
import { placeholders } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { KeyResolverService } from '../keys/resolution/key-resolver.service';
import { storedFacts, type CallFacts } from '../providers/call-facts';
import { accountName, CallsOfEvents, type EventOfCall } from './calls-of-events';
import type { EventEffect } from './event-worker';
import type { ProviderEventRow } from './provider-event.entity';

/** A call begins so long after its provider was asked for it, and not before but for clocks that differ. */
const PLACED_WITHIN_MS = 10 * 60 * 1000;
const CLOCKS_DIFFER_MS = 60 * 1000;

/**
 * Adds what events say to what is known of their calls. A call that Latchkey has never heard of is recorded,
 * if its agent is one of the agency's. An event that nobody vouches for is a sign to ask the provider, and
 * nothing that it says is believed.
 */
export function eventEffect(resolver: KeyResolverService): EventEffect {
  return async (tx, rows) => {
    const events = rows.map(eventOf);
    const heard = events.map(({ row: { receivedAt }, account }) => ({ ...account, receivedAt }));
    await forgetUnheardEnds(tx, heard);
    const unanswered = await unansweredOf(tx, events);
    const calls = await CallsOfEvents.lock(tx, events);
    const news = await newCalls(tx, resolver, calls, events);
    const toAsk = new Set(events.filter((event) => isToAsk(event, calls, news, unanswered)));
    const writes = new CallWrites();
    for (const event of events) {
      const made = unanswered.has(event) ? null : (news.get(event) ?? null);
      const known = calls.find(event);
      // The event before it may have recorded the call, from another account.
      if (known === 'OTHERS' && isOfAstray(event, calls)) toAsk.add(event);
      const call = await effectOf(tx, writes, known, made, event);
      if (call) calls.put(event, call);
    }
    await putToAsk(tx, [...toAsk]);
    await writes.write(tx);
  };
}

/**
 * Does the same for events of one account of which no provider can tell more, because its key was cleared or
 * replaced. Nobody vouches for those that are not signed. What may be of a call that was placed without an
 * answer is taken for that call, if it is of its agent, number, account and time; else it is another call.
 */
export function withoutAnswer(resolver: KeyResolverService): EventEffect {
  return async (tx, rows) => {
    const events = rows.filter(({ isSigned }) => isSigned).map(eventOf);
    const [first] = events;
    if (!first) return;
    const placed = await lockUnanswered(tx, first.account);
    const calls = await CallsOfEvents.lock(tx, events);
    const news = await newCalls(tx, resolver, calls, events);
    const writes = new CallWrites();
    for (const event of events) {
      const made = news.get(event) ?? null;
      const own = calls.find(event) ?? (made && takePlaced(placed, event, made));
      const call = await effectOf(tx, writes, own, made, event);
      if (call) calls.put(event, call);
    }
    await writes.write(tx);
  };
}

/**
 * Finds the placement of the call that an event tells of, and takes it off the list. Where several fit, as
 * when a placement was tried again, the nearest in time is meant. A placement with the key of another owner
 * is found with that key: to record its call here as well would have the client pay for it twice.
 */
function takePlaced(
  placed: CallRow[],
  { facts, account }: EventOfCall,
  { call, startedAt }: ProviderCall,
): CallRow | 'OTHERS' | null {
  const laterMs = ({ createdAt }: CallRow) => startedAt.getTime() - createdAt.getTime();
  const fits = placed.filter((each) => {
    const { agentId, toNumber, direction } = each;
    const isThen = laterMs(each) > -CLOCKS_DIFFER_MS && laterMs(each) < PLACED_WITHIN_MS;
    const isOther = toNumber !== null && facts.toNumber !== null && toNumber !== facts.toNumber;
    const isSameWay = facts.direction === null || facts.direction === direction;
    return agentId === call.agentId && isThen && isSameWay && !isOther;
  });
  const [nearest] = fits
    .filter(({ keyOwnerId }) => keyOwnerId === account.owner.id)
    .sort((one, other) => Math.abs(laterMs(one)) - Math.abs(laterMs(other)));
  if (!nearest) return fits.length > 0 ? 'OTHERS' : null;
  placed.splice(placed.indexOf(nearest), 1);
  return nearest;
}

function eventOf(row: ProviderEventRow): EventOfCall {
  const { ownerType: type, ownerId: id, agencyId, provider } = row;
  return { row, facts: storedFacts(row.facts), account: { owner: { type, id, agencyId }, provider } };
}

/** The events of each account. */
function byAccount(events: readonly EventOfCall[]): EventOfCall[][] {
  const names = new Set(events.map(({ account }) => accountName(account)));
  return [...names].map((name) => events.filter(({ account }) => accountName(account) === name));
}

/** The events of calls that may have been placed without an answer: only their provider can tell. */
async function unansweredOf(
  tx: Transaction,
  events: readonly EventOfCall[],
): Promise<ReadonlySet<EventOfCall>> {
  const unanswered = new Set<EventOfCall>();
  const ofAgents = events.filter(({ facts }) => facts.providerAgentId !== null);
  for (const own of byAccount(ofAgents)) {
    const [{ account } = {}] = own;
    const among = account ? await unansweredAmong(tx, account, own, ({ facts }) => facts) : [];
    for (const event of among) unanswered.add(event);
  }
  return unanswered;
}

/** Makes the calls that may have to be recorded, those of an account together. */
async function newCalls(
  tx: Transaction,
  resolver: KeyResolverService,
  calls: CallsOfEvents,
  events: readonly EventOfCall[],
): Promise<Map<EventOfCall, ProviderCall | null>> {
  const unknown = events.filter((event) => calls.find(event) === null);
  const made = new Map<EventOfCall, ProviderCall | null>();
  for (const own of byAccount(unknown)) {
    const [first] = own;
    if (!first) continue;
    const account = { ...first.account, versions: calls.versionsOf(first.account) };
    const told = own.map(({ facts, row }) => ({ facts, toldAt: row.occurredAt }));
    const found = await makeProviderCalls(tx, account, resolver, told);
    own.forEach((event, index) => made.set(event, found[index] ?? null));
  }
  return made;
}

/**
 * Whether nobody vouches for an event of a call that is not known, and may be one of the agency's agents, or
 * nothing tells whether it was placed here. What another account told of first, the provider shows to the one
 * that carried it.
 */
function isToAsk(
  event: EventOfCall,
  calls: CallsOfEvents,
  news: ReadonlyMap<EventOfCall, ProviderCall | null>,
  unanswered: ReadonlySet<EventOfCall>,
): boolean {
  const { providerCallId, providerAgentId } = event.facts;
  const found = calls.find(event);
  if (providerCallId === null) return false;
  if (found === 'OTHERS') return isOfAstray(event, calls);
  const isSure = event.row.isSigned && !unanswered.has(event);
  return found === null && !isSure && (providerAgentId === null || Boolean(news.get(event)));
}

function isOfAstray(event: EventOfCall, calls: CallsOfEvents): boolean {
  return event.facts.providerCallId !== null && calls.isAstray(event);
}

async function putToAsk(tx: Transaction, events: readonly EventOfCall[]): Promise<void> {
  if (events.length === 0) return;
  await tx.run(
    `UPDATE provider_events SET state = 'TO_ASK', dueAt = ? WHERE id IN (${placeholders(events)})`,
    [new Date(), ...events.map(({ row }) => row.id)],
  );
}

/** Returns the call as it is afterwards; null where there is none. */
async function effectOf(
  tx: Transaction,
  writes: CallWrites,
  known: CallRow | 'OTHERS' | null,
  made: ProviderCall | null,
  { row, facts }: EventOfCall,
): Promise<CallRow | null> {
  if (known === 'OTHERS') return null;
  const origin = { source: 'EVENT', knownAt: row.occurredAt ?? row.receivedAt } as const;
  if (!known && made && row.isSigned) {
    writes.record(made);
    return applyInto(tx, writes, made.call, facts, origin);
  }
  if (!known) return null;
  const next = row.isSigned ? await applyInto(tx, writes, known, facts, origin) : known;
  return isDoubtful(next, row.isSigned, facts) ? writes.askBy(next, new Date()) : next;
}

/**
 * Whether only the provider can tell what holds: nobody vouches for the event, or it contradicts what is
 * known although it counts as no newer. It may tell late of an earlier time, or be a correction, which some
 * providers date like what they correct.
 */
function isDoubtful(call: CallRow, isSigned: boolean, facts: CallFacts): boolean {
  const isAwaited = !isSigned && call.askAt !== null;
  return isAwaited || Object.keys(whatChanges(call, facts, true)).length > 0;
}
