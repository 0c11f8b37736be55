import { readCost } from './call-cost';
import type { CallEndReason, CallStatus } from './call-facts';
import { transcriptOf, type TurnForm } from './call-content';
import { ended, goingOn } from './call-outcome';
import { hmacClaim } from './event-signatures';
import { blandGateway } from './gateway/bland';
import { field, hasAny, textField } from './json';
import { readAgent, readEntries, type ListedAgent, type ListedNumber, type Listing } from './listing';
import { withVariables, type CallSpan, type ProviderAdapter } from './provider';
import type { ProviderAgentKind } from './provider-agent';
import { readDuration, readPastTime, readTime } from './read-times';
import { readId, readLatchkeyId, readNumber, readWord } from './read-values';

// AGENT_ID_INVALID says that the id is not a UUID, and so is not the id of any agent. AGENT_VERSION_NOT_FOUND
// and similar codes are about something else.
const NO_SUCH_AGENT: ReadonlySet<string> = new Set(['NOT_FOUND', 'AGENT_NOT_FOUND', 'AGENT_ID_INVALID']);

/**
 * Bland answers with 429 also where a number is blocked, or was called a moment ago. Then the account sends
 * no more than it may, and is not to be left alone for it.
 */
const NOT_TO_THIS_NUMBER = /\bto the same number\b|\bnumber is blacklisted\b/i;

/** The calls of a list have no transcripts. */
const PAGE_LENGTH = 500;
/** Bland lists no more agents than this, and has no second page of them. */
const AGENTS_LENGTH = 500;

const DAY_MS = 24 * 60 * 60 * 1000;

function dayOf(time: Date, daysLater: number): string {
  return new Date(time.getTime() + daysLater * DAY_MS).toISOString().slice(0, 10);
}

const QUEUE_STATUSES: Readonly<Record<string, CallStatus>> = {
  new: 'QUEUED',
  queued: 'QUEUED',
  allocated: 'QUEUED',
  started: 'IN_PROGRESS',
};
const OVER_IN_QUEUE = /^complete|_error$/;

/** Statuses that tell why a call has ended; `completed` and `unknown` do not. */
const END_REASONS: Readonly<Record<string, CallEndReason>> = {
  busy: 'BUSY',
  'no-answer': 'NO_ANSWER',
  canceled: 'CANCELED',
  failed: 'PROVIDER_FAULT',
};
const ENDED_BY: Readonly<Record<string, CallEndReason>> = {
  ASSISTANT: 'HUNG_UP_BY_AGENT',
  USER: 'HUNG_UP_BY_CALLEE',
};

/** Where each kind of agent is found, and by which property a call names it. It names one alone. */
const PLACES: Readonly<Record<ProviderAgentKind, { readonly path: string; readonly property: string }>> = {
  AGENT: { path: '/v2/agents', property: 'agent_id' },
  PATHWAY: { path: '/v1/pathway', property: 'pathway_id' },
  PERSONA: { path: '/v1/personas', property: 'persona_id' },
};

const TURNS: TurnForm = {
  speaker: 'user',
  text: 'text',
  speakers: { assistant: 'Agent', agent: 'Agent', robot: 'Agent', user: 'Person' },
};

/** Bland refuses a whole request if one property in it is unknown. */
export const bland = {
  id: 'BLAND',
  name: 'Bland',
  baseUrls: { US: 'https://api.bland.ai' },
  // Older pages of Bland's documentation send the key without a scheme. Bland accepts both forms, and this is
  // the newer one.
  keyPresentation: { scheme: 'Bearer' },
  // 120 requests a minute are the only limit that Bland states, for its own server of tools.
  backgroundRate: { perSecond: 2, burst: 5 },
  keyPrefixes: ['org_', 'sub-sk-'],
  requiresFromNumber: false,
  fromNumberForm: 'E164',
  idForm: 'UUID',
  verify: { method: 'GET', path: '/v1/me' },
  isVerified: (json) => hasAny(json, 'status', 'billing', 'total_calls'),

  agentKinds: ['AGENT', 'PATHWAY', 'PERSONA'],
  agent: ({ providerAgentId, providerAgentKind }) => ({
    method: 'GET',
    path: `${PLACES[providerAgentKind].path}/${encodeURIComponent(providerAgentId)}`,
  }),

  placeCall: ({ callId, providerAgentId, providerAgentKind, toNumber, fromNumber, variables }) => ({
    method: 'POST',
    path: '/v1/calls',
    body: {
      phone_number: toNumber,
      [PLACES[providerAgentKind].property]: providerAgentId,
      ...(fromNumber === null ? {} : { from: fromNumber }),
      metadata: { latchkey_call_id: callId },
      ...withVariables('request_data', variables),
    },
  }),

  webCalls: null,

  callId: (json) => textField(json, 'call_id'),

  costUnit: 'US_DOLLAR',
  call: (providerCallId) => ({ method: 'GET', path: `/v1/calls/${encodeURIComponent(providerCallId)}` }),

  readCall(json) {
    const inbound = field(json, 'inbound');
    const madeAt = readPastTime(json, 'created_at');
    return {
      providerCallId: readId(json, 'call_id', 'c_id'),
      latchkeyCallId: readLatchkeyId(field(json, 'metadata')),
      providerAgentId: agentIn(json),
      direction: typeof inbound === 'boolean' ? (inbound ? 'INBOUND' : 'OUTBOUND') : null,
      toNumber: numberIn(json, 'to'),
      fromNumber: numberIn(json, 'from'),
      ...(madeAt && { madeAt }),
      startedAt: readPastTime(json, 'started_at'),
      // As long as a call goes on, this is when it would be ended.
      endedAt: isOver(json) ? readPastTime(json, 'end_at') : null,
      ...outcomeOf(json),
      cost: isOver(json) ? readCost(field(json, 'price'), 'US_DOLLAR') : null,
    };
  },

  readContent: (json, providerCallId) => ({
    transcript: transcriptOf(field(json, 'transcripts'), TURNS),
    recording:
      textField(json, 'recording_url') === ''
        ? null
        : {
            by: 'REQUEST',
            request: { method: 'GET', path: `/v1/calls/${encodeURIComponent(providerCallId)}/recording` },
          },
  }),

  events: {
    setUp: {
      address: 'as the webhook of the organization, of an agent or of a number',
      secret: 'the webhook signing secret, which is shown once, when it is made',
    },
    // Where the event after a call is put off until the call is evaluated, its type says what else it holds.
    types: new Set([
      ...['call', 'queue', 'latency', 'webhook', 'tool', 'dynamic_data', 'evals', 'multiple', 'citations'],
      ...['post_transfer_transcript', 'corrected_transcript', 'dispositions', 'live_translation_transcript'],
    ]),
    claims: (body, header) => hmacClaim(header('x-webhook-signature'), body),
    // The event after a call is the call itself, and has no type. Others say which they are.
    read(json) {
      const type = textField(json, 'event_type') || textField(json, 'category');
      return textField(json, 'call_id') === '' ? null : { type: type || 'call', call: json, at: null };
    },
  },

  stopCall: {
    by: 'REQUEST',
    request: (providerCallId) => ({
      method: 'POST',
      path: `/v1/calls/${encodeURIComponent(providerCallId)}/stop`,
    }),
  },

  // Bland tells days apart but no hours, and does not say of which time zone they are.
  listCalls: ({ since, until, cursor }) => {
    const query = new URLSearchParams({
      start_date: dayOf(since, -1),
      end_date: dayOf(until, 1),
      from: cursor ?? '0',
      limit: String(PAGE_LENGTH),
    });
    return { method: 'GET', path: `/v1/calls?${query.toString()}` };
  },

  readCallList(json, span) {
    const listed = readEntries(field(json, 'calls'), (call) => call);
    if (!listed) return null;
    const end = Number(span.cursor ?? 0) + listed.length;
    // Bland may list fewer calls at once than it is asked for.
    const total = field(json, 'total_count');
    const isEnd = typeof total === 'number' ? end >= total : listed.length < PAGE_LENGTH;
    const isLast = isEnd || listed.length === 0;
    return { items: listed.filter((call) => isOfSpan(call, span)), next: isLast ? null : String(end) };
  },

  // By Bland's documentation, a list tells that a call is over, and neither how it ended nor its price. It
  // may name no agent either.
  isInPart: (json) =>
    agentIn(json) === null ||
    (isOver(json) && (textField(json, 'status') === '' || field(json, 'price') === undefined)),

  agentLists: [
    agentsAt(`/v2/agents?limit=${AGENTS_LENGTH}`, 'AGENT', (json) => field(json, 'data'), AGENTS_LENGTH),
    // These have no pages.
    agentsAt('/v1/pathway', 'PATHWAY', (json) => json),
    agentsAt('/v1/personas', 'PERSONA', (json) => field(json, 'data')),
  ],

  // A number that calls come in at can be called from as well. Neither list has pages.
  numberLists: [numbersAt('/v1/outbound', 'outbound_numbers'), numbersAt('/v1/inbound', 'inbound_numbers')],

  refusal(status, json) {
    if (status === 429 && NOT_TO_THIS_NUMBER.test(textField(json, 'message'))) return 'INVALID_REQUEST';
    // These statuses say enough by themselves: only a 401 is about the key, and a 5xx status is about nothing
    // but the provider.
    if (status === 401 || status === 429 || status >= 500) return null;
    if (codesIn(json).some((code) => NO_SUCH_AGENT.has(code))) return 'AGENT_NOT_FOUND';
    // Bland answers so for a suspended account, whatever its key may do: with 403, and without the code for a
    // missing scope.
    if (status === 403 && !codesIn(json).includes('INSUFFICIENT_SCOPE')) return 'PROVIDER_FAULT';
    return status < 300 && saysError(json) ? 'INVALID_REQUEST' : null;
  },
  gateway: blandGateway,
} as const satisfies ProviderAdapter;

function agentsAt(
  path: string,
  kind: ProviderAgentKind,
  listIn: (json: unknown) => unknown,
  most = Infinity,
): Listing<ListedAgent> {
  return {
    request: () => ({ method: 'GET', path }),
    read(json) {
      const items = readEntries(listIn(json), (agent) => readAgent(agent, 'id', 'name', kind));
      return items && { items, next: null, isCut: items.length >= most };
    },
  };
}

function numbersAt(path: string, name: string): Listing<ListedNumber> {
  return {
    request: () => ({ method: 'GET', path }),
    read(json) {
      const items = readEntries(field(json, name), (number) => number);
      return items && { items: items.flatMap((number) => readOwnNumber(number) ?? []), next: null };
    },
  };
}

function readOwnNumber(number: unknown): ListedNumber | null {
  const phoneNumber = readNumber(number, 'phone_number');
  if (phoneNumber === null) return null;
  const agentId = readId(number, 'agent_id', 'pathway_id');
  const providerAgentIds = agentId === null ? [] : [agentId];
  return { fromNumber: phoneNumber, phoneNumber, label: textField(number, 'label'), providerAgentIds };
}

/** A persona may go on to a pathway in the course of a call. */
function agentIn(json: unknown): string | null {
  return readId(json, 'agent_id', 'persona_id', 'pathway_id');
}

/** A list may hold more days than a span, and may not tell when a call began, but when it was asked for. */
function isOfSpan(json: unknown, { since, until }: CallSpan): boolean {
  const askedFor = readTime(json, 'started_at') === null ? readTime(json, 'created_at') : null;
  return askedFor === null || (askedFor >= since && askedFor <= until);
}

/** Bland's documentation shows some numbers without their country, which are in full among the variables. */
function numberIn(json: unknown, name: string): string | null {
  return readNumber(json, name) ?? readNumber(field(json, 'variables'), name);
}

// Bland reports errors in two forms: `{ status: 'error', code }` on its older routes and `{ data: null,
// errors: [{ error }] }` on the newer ones.
function codesIn(json: unknown): string[] {
  const errors = field(json, 'errors');
  return [
    textField(json, 'code'),
    ...(Array.isArray(errors) ? errors.map((each) => textField(each, 'error')) : []),
  ];
}

function saysError(json: unknown): boolean {
  const errors = field(json, 'errors');
  return textField(json, 'status') === 'error' || (Array.isArray(errors) && errors.length > 0);
}

/**
 * Bland has three words for the same: `completed` counts where they differ, and an error in the queue ends a
 * call before it can be completed.
 */
function isOver(json: unknown): boolean {
  const [queue, completed] = [textField(json, 'queue_status'), field(json, 'completed')];
  if (queue.endsWith('_error')) return true;
  if (typeof completed === 'boolean') return completed;
  const status = textField(json, 'status');
  return OVER_IN_QUEUE.test(queue) || status === 'completed' || readWord(END_REASONS, status) !== null;
}

function outcomeOf(json: unknown) {
  if (!isOver(json)) return goingOn(readWord(QUEUE_STATUSES, textField(json, 'queue_status')));
  const seemsConnected = !/^(pre_)?queue_error$/.test(textField(json, 'queue_status'));
  return ended(endReasonOf(json), connectedMs(json), seemsConnected);
}

// By Bland's documentation, `corrected_duration` includes the time in which the phone rings. It is a number
// of seconds, which the example there writes as text, and `call_length` is a number of minutes.
function connectedMs(json: unknown): number | null {
  const corrected = field(json, 'corrected_duration');
  const isText = typeof corrected === 'string' && /^\d{1,9}(\.\d{1,6})?$/.test(corrected);
  const seconds = isText ? Number(corrected) : corrected;
  return readDuration(field(json, 'call_length'), 60_000) ?? readDuration(seconds, 1000);
}

function endReasonOf(json: unknown): CallEndReason | null {
  const byStatus = readWord(END_REASONS, textField(json, 'status'));
  if (byStatus) return byStatus;
  const answeredBy = textField(json, 'answered_by');
  if (answeredBy === 'no-answer') return 'NO_ANSWER';
  if (answeredBy === 'voicemail') return 'VOICEMAIL';
  if (textField(json, 'transferred_to') !== '') return 'TRANSFERRED';
  if (/^(pre_queue|queue|call)_error$/.test(textField(json, 'queue_status'))) return 'PROVIDER_FAULT';
  const endedBy = textField(json, 'call_ended_by');
  return endedBy === '' ? null : (readWord(ENDED_BY, endedBy) ?? 'OTHER');
}
