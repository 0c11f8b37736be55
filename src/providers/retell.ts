import { readCost } from './call-cost';
import { OUT_OF_FUNDS, type CallEndReason, type CallFacts } from './call-facts';
import { linkTo, transcriptOf, type TurnForm } from './call-content';
import { ended, goingOn } from './call-outcome';
import { hmacClaim } from './event-signatures';
import { retellGateway } from './gateway/retell';
import { field, hasAny, textField } from './json';
import { readAgent, readEntries, type ListedNumber, type ListPage } from './listing';
import { withVariables, type ProviderAdapter } from './provider';
import { durationBetween, readDuration, readPastTime } from './read-times';
import { readId, readLatchkeyId, readNumber, readWord } from './read-values';
import { readToken } from './web-call-access';

/** A call with its transcript is long. */
const PAGE_LENGTH = 50;
const AGENTS_LENGTH = 100;

/** Every other reason of Retell's is `OTHER`, e.g. one of a later release. */
const END_REASONS: Readonly<Record<string, CallEndReason>> = {
  user_hangup: 'HUNG_UP_BY_CALLEE',
  agent_hangup: 'HUNG_UP_BY_AGENT',
  call_transfer: 'TRANSFERRED',
  transfer_bridged: 'TRANSFERRED',
  call_take_over: 'TRANSFERRED',
  voicemail_reached: 'VOICEMAIL',
  inactivity: 'INACTIVITY',
  max_duration_reached: 'MAX_DURATION',
  manual_stopped: 'CANCELED',
  registered_call_timeout: 'CANCELED',
  error_user_not_joined: 'CANCELED',
  dial_busy: 'BUSY',
  dial_no_answer: 'NO_ANSWER',
  user_declined: 'DECLINED',
  invalid_destination: 'INVALID_NUMBER',
  concurrency_limit_reached: 'PROVIDER_REFUSED',
  no_concurrency_fallback: 'PROVIDER_REFUSED',
  no_valid_payment: 'PROVIDER_REFUSED',
  scam_detected: 'PROVIDER_REFUSED',
  marked_as_spam: 'PROVIDER_REFUSED',
  telephony_provider_permission_denied: 'PROVIDER_REFUSED',
  telephony_provider_unavailable: 'PROVIDER_FAULT',
  dial_failed: 'PROVIDER_FAULT',
  sip_routing_error: 'PROVIDER_FAULT',
  error_llm_websocket_open: 'PROVIDER_FAULT',
  error_llm_websocket_lost_connection: 'PROVIDER_FAULT',
  error_llm_websocket_runtime: 'PROVIDER_FAULT',
  error_llm_websocket_corrupt_payload: 'PROVIDER_FAULT',
  error_no_audio_received: 'PROVIDER_FAULT',
  error_asr: 'PROVIDER_FAULT',
  error_retell: 'PROVIDER_FAULT',
  error_unknown: 'PROVIDER_FAULT',
};

/**
 * What was analyzed comes after the end and has the same times. The cost of a call that was transferred is
 * final at the end of the transfer.
 */
const AFTER_END_MS: Readonly<Record<string, number>> = { call_analyzed: 1, transfer_ended: 2 };

const DIRECTIONS: Readonly<Record<string, CallFacts['direction']>> = {
  inbound: 'INBOUND',
  outbound: 'OUTBOUND',
};

const TURNS: TurnForm = {
  speaker: 'role',
  text: 'content',
  speakers: { agent: 'Agent', user: 'Person', transfer_target: 'Third party' },
};

/** The requests to Retell AI are those that its SDK 5.66 sends. */
export const retell = {
  id: 'RETELL',
  name: 'Retell',
  baseUrls: { US: 'https://api.retellai.com' },
  keyPresentation: { scheme: 'Bearer' },
  // Retell publishes no limit of its requests.
  backgroundRate: { perSecond: 5, burst: 10 },
  keyPrefixes: ['key_'],
  requiresFromNumber: true,
  fromNumberForm: 'E164',
  idForm: { prefix: 'agent_' },
  verify: { method: 'GET', path: '/get-api-key-info' },
  isVerified: (json) => hasAny(json, 'org_name', 'api_key_name'),

  agentKinds: ['AGENT'],
  agent: ({ providerAgentId }) => ({
    method: 'GET',
    path: `/get-agent/${encodeURIComponent(providerAgentId)}`,
  }),

  placeCall: ({ callId, providerAgentId, toNumber, fromNumber, variables }) => ({
    method: 'POST',
    path: '/v2/create-phone-call',
    body: {
      from_number: fromNumber,
      to_number: toNumber,
      override_agent_id: providerAgentId,
      metadata: { latchkey_call_id: callId },
      ...withVariables('retell_llm_dynamic_variables', variables),
    },
  }),

  // The browser SDK joins by what this answers since its version 3.
  webCalls: {
    request: ({ callId, providerAgentId, variables }) => ({
      method: 'POST',
      path: '/v3/create-web-call',
      body: {
        agent_id: providerAgentId,
        metadata: { latchkey_call_id: callId },
        ...withVariables('retell_llm_dynamic_variables', variables),
      },
    }),
    access: readToken,
  },

  callId: (json) => textField(json, 'call_id'),

  takesUnpaidCalls: true,
  costUnit: 'US_CENT',
  call: (providerCallId) => ({ method: 'GET', path: `/v2/get-call/${encodeURIComponent(providerCallId)}` }),

  readCall(json) {
    const outcome = outcomeOf(json);
    return {
      providerCallId: readId(json, 'call_id'),
      latchkeyCallId: readLatchkeyId(field(json, 'metadata')),
      providerAgentId: readId(json, 'agent_id'),
      direction: readWord(DIRECTIONS, textField(json, 'direction')),
      toNumber: readNumber(json, 'to_number'),
      fromNumber: readNumber(json, 'from_number'),
      startedAt: readPastTime(json, 'start_timestamp'),
      endedAt: readPastTime(json, 'end_timestamp'),
      ...outcome,
      ...(textField(json, 'disconnection_reason') === 'no_valid_payment' && OUT_OF_FUNDS),
      cost: isOver(json) ? readCost(field(field(json, 'call_cost'), 'combined_cost'), 'US_CENT') : null,
    };
  },

  readContent: (json) => ({
    // Of an agent that keeps no personal data, Retell shows the scrubbed forms alone.
    transcript:
      transcriptOf(field(json, 'transcript_object'), TURNS) ??
      transcriptOf(field(json, 'scrubbed_transcript_with_tool_calls'), TURNS),
    // A link of an agent that has opted in is signed, and expires after 24 hours. Any other is for ever.
    recording: linkTo(
      textField(json, 'recording_url') || textField(json, 'scrubbed_recording_url'),
      field(json, 'opt_in_signed_url') === true,
    ),
  }),

  events: {
    setUp: {
      address: 'as the webhook of the account, or of each agent, whose webhook replaces that of the account',
      secret: 'the API key that has the webhook badge',
    },
    types: new Set([
      ...['call_started', 'call_ended', 'call_analyzed', 'transcript_updated'],
      ...['transfer_started', 'transfer_bridged', 'transfer_cancelled', 'transfer_ended'],
    ]),
    // https://docs.retellai.com/features/secure-webhook: the time is in milliseconds and behind the body. The
    // SDK takes capitals as well.
    claims(body, header) {
      const [, time = '', digest = ''] =
        /^v=(\d{1,15}),d=([0-9a-f]{64})$/i.exec(header('x-retell-signature')) ?? [];
      return hmacClaim(digest, Buffer.concat([body, Buffer.from(time)]), new Date(Number(time)));
    },
    read(json) {
      const type = textField(json, 'event');
      const call = field(json, 'call');
      const after = readWord(AFTER_END_MS, type);
      const end = after === null ? null : readPastTime(call, 'end_timestamp');
      return type === '' ? null : { type, call, at: end && new Date(end.getTime() + (after ?? 0)) };
    },
  },

  stopCall: {
    by: 'REQUEST',
    request: (providerCallId) => ({
      method: 'POST',
      path: `/v2/stop-call/${encodeURIComponent(providerCallId)}`,
    }),
  },

  // A call that was not connected has no start, which is not asked for where one call is looked for.
  listCalls: ({ callId, since, until, cursor }) => ({
    method: 'POST',
    path: '/v3/list-calls',
    body: {
      filter_criteria:
        callId === null
          ? { start_timestamp: { type: 'range', op: 'bt', value: [since.getTime(), until.getTime()] } }
          : { metadata: [{ type: 'string', op: 'eq', key: 'latchkey_call_id', value: callId }] },
      limit: PAGE_LENGTH,
      ...(cursor !== null && { pagination_key: cursor }),
    },
  }),

  readCallList: (json) => pageIn(json, (call) => call),

  agentLists: [
    {
      // Its chat agents place no calls.
      request: (cursor) => ({
        method: 'POST',
        path: `/v2/list-agents?${pageQuery(cursor)}`,
        body: { filter_criteria: { channel: { type: 'string', op: 'eq', value: 'voice' } } },
      }),
      read: (json) => pageIn(json, (agent) => readAgent(agent, 'agent_id', 'agent_name')),
    },
  ],

  numberLists: [
    {
      request: (cursor) => ({ method: 'GET', path: `/v2/list-phone-numbers?${pageQuery(cursor)}` }),
      read(json) {
        const page = pageIn(json, (number) => number);
        return page && { ...page, items: page.items.flatMap((number) => readOwnNumber(number) ?? []) };
      },
    },
  ],

  refusal(status, json) {
    const message = textField(json, 'message');
    // Retell answers "Item +1... not found from phone-number" when the account lacks the number to call from,
    // not the agent.
    if (status === 404 && /not found from phone-number/i.test(message)) return 'INVALID_REQUEST';
    // This is the documented answer for an asset of another account. In practice Retell answers with a plain
    // 404.
    if (status === 422 && /under given api key/i.test(message)) return 'AGENT_NOT_FOUND';
    return null;
  },
  gateway: retellGateway,
} as const satisfies ProviderAdapter;

function pageQuery(cursor: string | null): string {
  const query = { limit: String(AGENTS_LENGTH), ...(cursor !== null && { pagination_key: cursor }) };
  return new URLSearchParams(query).toString();
}

/** All lists of Retell's have this form. */
function pageIn<T>(json: unknown, read: (entry: unknown) => T | null): ListPage<T> | null {
  const [items, next] = [readEntries(field(json, 'items'), read), textField(json, 'pagination_key')];
  if (!items) return null;
  if (field(json, 'has_more') !== true) return { items, next: null };
  return next === '' ? null : { items, next };
}

// A number of somebody's own telephone system may be no number that can be called from here.
function readOwnNumber(number: unknown): ListedNumber | null {
  const phoneNumber = readNumber(number, 'phone_number');
  if (phoneNumber === null) return null;
  const bound = ['outbound_agents', 'inbound_agents'].flatMap((list) => field(number, list) ?? []);
  const providerAgentIds = [...new Set(bound.flatMap((agent) => readId(agent, 'agent_id') ?? []))];
  return { fromNumber: phoneNumber, phoneNumber, label: textField(number, 'nickname'), providerAgentIds };
}

const OVER: ReadonlySet<string> = new Set(['not_connected', 'ended', 'error']);

function isOver(json: unknown): boolean {
  return OVER.has(textField(json, 'call_status'));
}

function outcomeOf(json: unknown) {
  const status = textField(json, 'call_status');
  if (status === 'registered') return goingOn('QUEUED');
  if (status === 'ongoing') return goingOn('IN_PROGRESS');
  if (!isOver(json)) return goingOn(null);
  const reason = textField(json, 'disconnection_reason');
  const durationMs =
    readDuration(field(json, 'duration_ms'), 1) ??
    durationBetween(readPastTime(json, 'start_timestamp'), readPastTime(json, 'end_timestamp'));
  return ended(
    reason === '' ? null : (readWord(END_REASONS, reason) ?? 'OTHER'),
    status === 'not_connected' ? 0 : durationMs,
    status === 'ended',
  );
}
