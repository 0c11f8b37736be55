import { readCost } from './call-cost';
import { OUT_OF_FUNDS, type CallEndReason, type CallFacts, type CallStatus } from './call-facts';
import { linkTo, transcriptOf, type Recording, type TurnForm } from './call-content';
import { ended, goingOn } from './call-outcome';
import { hmacClaim, secretClaim } from './event-signatures';
import { vapiGateway } from './gateway/vapi';
import { field, isObject, textField } from './json';
import { readAgent, readEntries, type ListPage } from './listing';
import { withVariables, type ProviderAdapter } from './provider';
import { durationBetween, readPastTime, readTime } from './read-times';
import { readId, readLatchkeyId, readNumber, readWord } from './read-values';
import { readSocketUrl } from './web-call-access';

/** A call with its transcript is long. */
const PAGE_LENGTH = 50;
const AGENTS_LENGTH = 100;
/** The most that Vapi lists at once. */
const LONGEST_PAGE = 1000;

const STATUSES: Readonly<Record<string, CallStatus>> = {
  scheduled: 'QUEUED',
  queued: 'QUEUED',
  ringing: 'RINGING',
  'in-progress': 'IN_PROGRESS',
  forwarding: 'IN_PROGRESS',
};

const DIRECTIONS: Readonly<Record<string, CallFacts['direction']>> = {
  inboundPhoneCall: 'INBOUND',
  outboundPhoneCall: 'OUTBOUND',
  webCall: 'INBOUND',
  'vapi.websocketCall': 'INBOUND',
};

/**
 * Vapi knows more than 600 reasons, and adds to them. The first form that a reason has decides; every other
 * reason is `OTHER`.
 */
const END_REASONS: readonly (readonly [RegExp, CallEndReason])[] = [
  [/^customer-busy$/, 'BUSY'],
  [/^customer-did-not-answer$/, 'NO_ANSWER'],
  [/misdialed$/, 'INVALID_NUMBER'],
  [/^voicemail$/, 'VOICEMAIL'],
  [/^exceeded-max-duration$/, 'MAX_DURATION'],
  [/^silence-timed-out$/, 'INACTIVITY'],
  [/^assistant-forwarded-call$|-returned-forwarding-phone-number$/, 'TRANSFERRED'],
  [/^customer-ended-call|twilio-completed-call$|sip-completed-call$|^vonage-completed$/, 'HUNG_UP_BY_CALLEE'],
  [/^assistant-(ended-call|said-end-call-phrase)/, 'HUNG_UP_BY_AGENT'],
  [/^(manually-canceled|scheduled-call-deleted|call-deleted)$|before-call-connect$/, 'CANCELED'],
  [/^call\.start\.error-(subscription|fraud-check|vapi-number|enterprise-feature)/, 'PROVIDER_REFUSED'],
  [/^vonage-rejected$|^call\.start\.|^assistant-(not-|request-)/, 'PROVIDER_REFUSED'],
  [/error|failed-to-connect|^worker-shutdown$|-closed-websocket$|-disconnected$/, 'PROVIDER_FAULT'],
];

const TURNS: TurnForm = {
  speaker: 'role',
  text: 'message',
  speakers: { bot: 'Agent', assistant: 'Agent', user: 'Person' },
};
const DAY_MS = 24 * 60 * 60 * 1000;

/** The balance or the subscription of the account does not allow calls. */
const NO_FUNDS =
  /^call\.start\.error-subscription-(frozen|insufficient-credits|upgrade-failed|wallet-does-not-exist)$/;

/** Vapi runs a separate endpoint for organisations in the EU, which have accounts and keys of their own. */
export const vapi = {
  id: 'VAPI',
  name: 'Vapi',
  baseUrls: { US: 'https://api.vapi.ai', EU: 'https://api.eu.vapi.ai' },
  keyPresentation: { scheme: 'Bearer' },
  // Vapi publishes no limit of its requests.
  backgroundRate: { perSecond: 5, burst: 10 },
  // They are UUIDs, like its ids.
  keyPrefixes: [],
  requiresFromNumber: true,
  fromNumberForm: 'ID',
  idForm: 'UUID',
  // Vapi itself tests a private key in this way. It has no route that tells whose key it is.
  verify: { method: 'GET', path: '/assistant?limit=1' },
  isVerified: Array.isArray,

  agentKinds: ['AGENT'],
  agent: ({ providerAgentId }) => ({
    method: 'GET',
    path: `/assistant/${encodeURIComponent(providerAgentId)}`,
  }),

  placeCall: ({ callId, providerAgentId, toNumber, fromNumber, variables }) => ({
    method: 'POST',
    path: '/call',
    body: {
      assistantId: providerAgentId,
      phoneNumberId: fromNumber,
      customer: { number: toNumber },
      // Vapi takes no metadata for a call itself, only for its assistant.
      assistantOverrides: {
        metadata: { latchkey_call_id: callId },
        ...withVariables('variableValues', variables),
      },
    },
  }),

  // A private key starts no call of Vapi's own browser SDK, which has a public key, but one over a WebSocket.
  webCalls: {
    request: ({ callId, providerAgentId, variables }) => ({
      method: 'POST',
      path: '/call',
      body: {
        assistantId: providerAgentId,
        assistantOverrides: {
          metadata: { latchkey_call_id: callId },
          ...withVariables('variableValues', variables),
        },
        transport: {
          provider: 'vapi.websocket',
          audioFormat: { format: 'pcm_s16le', container: 'raw', sampleRate: 16_000 },
        },
      },
    }),
    access(json) {
      const url = readSocketUrl(field(json, 'transport'), 'websocketCallUrl');
      return url === null
        ? null
        : { url, accessToken: null, transport: 'vapi.websocket', iceServers: [], expiresAt: null };
    },
  },

  callId: (json) => textField(json, 'id'),

  takesUnpaidCalls: true,
  costUnit: 'US_DOLLAR',
  call: (providerCallId) => ({ method: 'GET', path: `/call/${encodeURIComponent(providerCallId)}` }),

  readCall(json) {
    const [startedAt, endedAt] = [readPastTime(json, 'startedAt'), readPastTime(json, 'endedAt')];
    const [customer, own] = [field(json, 'customer'), field(json, 'phoneNumber')].map((party) =>
      readNumber(party, 'number'),
    );
    const madeAt = readPastTime(json, 'createdAt');
    const direction = readWord(DIRECTIONS, textField(json, 'type'));
    const isInbound = direction === 'INBOUND';
    return {
      providerCallId: readId(json, 'id'),
      latchkeyCallId: readLatchkeyId(field(field(json, 'assistantOverrides'), 'metadata')),
      providerAgentId: readId(json, 'assistantId'),
      direction,
      toNumber: (isInbound ? own : customer) ?? null,
      fromNumber: (isInbound ? customer : own) ?? null,
      ...(madeAt && { madeAt }),
      startedAt,
      endedAt,
      ...outcomeOf(json, durationBetween(startedAt, endedAt)),
      ...(NO_FUNDS.test(textField(json, 'endedReason')) && OUT_OF_FUNDS),
      cost: isOver(json) ? readCost(field(json, 'cost'), 'US_DOLLAR') : null,
    };
  },

  // Older calls have the messages and the recording beside the artifact.
  readContent(json, providerCallId) {
    const artifact = field(json, 'artifact');
    return {
      transcript:
        transcriptOf(field(artifact, 'messages'), TURNS) ?? transcriptOf(field(json, 'messages'), TURNS),
      recording: recordingIn(json, artifact, providerCallId),
    };
  },

  events: {
    setUp: {
      address:
        'as the server URL of the organization, unless an assistant or a phone number has a server of its own',
      secret:
        'what the credential of that server holds: the secret of HMAC, the bearer token, or the X-Vapi-Secret',
    },
    // The others repeat the call as it was when it began.
    types: new Set(['status-update', 'end-of-call-report', 'assistant.started', 'transfer-update']),
    // Vapi signs as the agency has configured it: by a keyed hash, of which these are the default headers and
    // the default payload, by a bearer token, or by the older header with the secret itself.
    claims(body, header) {
      const time = header('x-timestamp');
      const signed = time === '' ? body : Buffer.concat([Buffer.from(`${time}.`), body]);
      const digest = header('x-signature').replace(/^sha(1|256|512)=/, '');
      const [, token = ''] = /^Bearer +(\S+)$/i.exec(header('authorization')) ?? [];
      return [
        ...hmacClaim(digest, signed, time === '' ? null : timeOf(time)),
        ...secretClaim(header('x-vapi-secret')),
        ...secretClaim(token),
      ];
    },
    read(json) {
      const message = field(json, 'message');
      const type = textField(message, 'type');
      const at = readTime(message, 'timestamp');
      return type === '' ? null : { type, call: callIn(type, message), at };
    },
  },

  // There is no request for it: `DELETE` erases what is known of a call, and does not end it.
  stopCall: {
    by: 'ADDRESS',
    addressIn: (json) => textField(field(json, 'monitor'), 'controlUrl'),
    domain: 'vapi.ai',
    body: { type: 'end-call' },
  },

  listCalls: ({ since, until, cursor }) => {
    const { time, length } = pageOf(cursor, PAGE_LENGTH);
    const query = new URLSearchParams({
      limit: String(length),
      createdAtGe: since.toISOString(),
      createdAtLe: time ?? until.toISOString(),
    });
    return { method: 'GET', path: `/call?${query.toString()}` };
  },

  readCallList: (json, { cursor }) => pageIn(json, PAGE_LENGTH, cursor, (call) => call),

  agentLists: [
    {
      request: (cursor) => ({ method: 'GET', path: `/assistant?${pageQuery(cursor)}` }),
      read: (json, cursor) => pageIn(json, AGENTS_LENGTH, cursor, (agent) => readAgent(agent, 'id', 'name')),
    },
  ],

  numberLists: [
    {
      request: (cursor) => ({ method: 'GET', path: `/phone-number?${pageQuery(cursor)}` }),
      read: (json, cursor) =>
        pageIn(json, AGENTS_LENGTH, cursor, (number) => {
          const fromNumber = readId(number, 'id');
          const assistantId = readId(number, 'assistantId');
          return fromNumber === null
            ? null
            : {
                fromNumber,
                phoneNumber: readNumber(number, 'number'),
                label: textField(number, 'name'),
                providerAgentIds: assistantId === null ? [] : [assistantId],
              };
        }),
    },
  ],

  refusal(status, json) {
    // `message` is a string, or a list of them when several things are wrong.
    const messages = [field(json, 'message')].flat().filter((each) => typeof each === 'string');
    return status === 400 && messages.some((each) => /couldn.t get assistant/i.test(each))
      ? 'AGENT_NOT_FOUND'
      : null;
  },
  gateway: vapiGateway,
} as const satisfies ProviderAdapter;

function pageQuery(cursor: string | null): string {
  const { time, length } = pageOf(cursor, AGENTS_LENGTH);
  const query = { limit: String(length), ...(time !== null && { createdAtLe: time }) };
  return new URLSearchParams(query).toString();
}

/** A cursor is the time from which a page goes on, and behind it `longest` for one of the greatest length. */
function pageOf(cursor: string | null, usual: number): { time: string | null; length: number } {
  const [time = null, longest] = cursor?.split(' ') ?? [];
  return { time, length: longest === undefined ? usual : LONGEST_PAGE };
}

/**
 * The newest comes first in all lists of Vapi's, and there is no cursor: the next page goes on from the time
 * of the last entry. That entry is on it again, and others of the same time are not left out. Where a whole
 * page is of one time, as calls that were made together may be, a longer one is asked for.
 */
function pageIn<T>(
  json: unknown,
  usual: number,
  cursor: string | null,
  read: (entry: unknown) => T | null,
): ListPage<T> | null {
  const items = readEntries(json, read);
  if (!items || !Array.isArray(json)) return null;
  const { time, length } = pageOf(cursor, usual);
  const [newest, next] = [json[0], json.at(-1)].map((entry) => readTime(entry, 'createdAt')?.toISOString());
  // The list begins again.
  if (time !== null && newest !== undefined && newest > time) return null;
  if (items.length < length) return { items, next: null };
  if (next === undefined || (next === time && length === LONGEST_PAGE)) return null;
  return { items, next: next === time ? `${next} longest` : next };
}

// The report of the end of a call tells how it ended beside a call whose status may be an earlier one.
function isOver(json: unknown): boolean {
  return textField(json, 'status') === 'ended' || textField(json, 'endedReason') !== '';
}

/**
 * Vapi tells no duration. A call that was never connected has no start, and neither has the message that one
 * has ended, whatever it was: only the report that follows tells whether it was connected.
 */
function outcomeOf(json: unknown, durationMs: number | null) {
  if (!isOver(json)) return goingOn(readWord(STATUSES, textField(json, 'status')));
  const reason = textField(json, 'endedReason');
  const found = END_REASONS.find(([form]) => form.test(reason))?.[1] ?? 'OTHER';
  const outcome = ended(reason === '' ? null : found, durationMs, false);
  const isGuessed = durationMs === null && outcome.status === 'FAILED' && field(json, 'isReported') === false;
  return isGuessed ? goingOn(null) : outcome;
}

// An event repeats the call as it was when it began. What has become of it stands beside the call.
function callIn(type: string, message: unknown): unknown {
  const beside = ['status', 'startedAt', 'endedAt', 'endedReason', 'cost'].flatMap((name) => {
    const value = field(message, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const isReport = type === 'end-of-call-report';
  const call = field(message, 'call');
  return {
    ...(isObject(call) ? call : {}),
    // What a call had cost when it began is not what it costs.
    cost: undefined,
    ...Object.fromEntries(beside),
    ...(isReport ? { status: 'ended' } : { isReported: false }),
  };
}

// Vapi's documentation does not give the unit: seconds since 1970 have ten digits until 2286.
function timeOf(text: string): Date {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  return new Date(text.length <= 10 ? number * 1000 : number);
}

// The links of the recording itself are not open to anybody. The one that is signed is, for a while, and the
// request answers with another such link.
function recordingIn(json: unknown, artifact: unknown, providerCallId: string): Recording | null {
  const expiresAt = readTime(artifact, 'presignedUrlsExpiresAt');
  const isShortLived = expiresAt !== null && expiresAt.getTime() < Date.now() + DAY_MS;
  const signed = isShortLived ? linkTo(textField(artifact, 'presignedMonoUrl'), true) : null;
  if (signed) return signed;
  const isThere =
    textField(field(field(artifact, 'recording'), 'mono'), 'combinedUrl') ||
    textField(artifact, 'recordingUrl') ||
    textField(json, 'recordingUrl');
  if (isThere === '') return null;
  const path = `/call/${encodeURIComponent(providerCallId)}/mono-recording`;
  return { by: 'REQUEST', request: { method: 'GET', path } };
}
