import { randomUUID } from 'node:crypto';
import { field, textField } from '../../providers/json';
import { BRIGHTLINE, FJORD_HOTELS, HARBOR_DENTAL, MAPLE_REALTY } from '../ids';
import { isE164, NUMBER_LABEL, type Account, type Accounts } from './account';
import { hmacOf, type EventForm } from './events';
import { handle, type Handlers } from './handlers';
import { holderOf, type KeySet, type Standing } from './keys';
import { PlacedCalls, type Ending, type PlacedCall } from './placed-calls';
import { openFile, openFileReply } from './recording';
import { splitAuthorization, type StandInReply, type StandInRequest } from './server';
import type { Scene, StandIn } from './stand-in';

// Vapi's real keys are UUIDs, like all its ids; these are not, so that nobody takes them for real.
const KEYS: KeySet = {
  valid: 'demo-vapi-agency-valid-0001',
  secondAccount: 'demo-vapi-client-valid-0002',
  revoked: 'demo-vapi-revoked-0003',
  restricted: 'demo-vapi-restricted-0004',
  rateLimited: 'demo-vapi-rate-limited-0005',
  outOfFunds: 'demo-vapi-out-of-funds-0006',
};

const ACCOUNTS: Accounts = {
  agency: {
    orgName: 'Demo agency',
    orgId: '00000000-0000-4000-8000-00000000a000',
    agents: [
      { id: '00000000-0000-4000-8000-00000000a001', name: 'Front desk' },
      { id: '00000000-0000-4000-8000-00000000a002', name: 'Intake' },
      { id: '00000000-0000-4000-8000-00000000a003', name: 'Follow-up' },
      { id: '00000000-0000-4000-8000-00000000a004', name: 'After hours' },
    ],
    fromNumber: '00000000-0000-4000-8000-00000000a0ff',
    phoneNumber: '+14155550140',
  },
  client: {
    orgName: 'Demo client',
    orgId: '00000000-0000-4000-8000-00000000c000',
    agents: [
      { id: '00000000-0000-4000-8000-00000000c001', name: 'Concierge' },
      { id: '00000000-0000-4000-8000-00000000c002', name: 'Billing questions' },
    ],
    fromNumber: '00000000-0000-4000-8000-00000000c0ff',
    phoneNumber: '+14155550150',
  },
};

const SCENE: Scene = {
  keys: [
    { agencyId: BRIGHTLINE, clientId: null, key: 'valid' },
    { agencyId: BRIGHTLINE, clientId: HARBOR_DENTAL, key: 'secondAccount' },
  ],
  agents: [
    { number: 402, name: 'Harbor recall', clientId: HARBOR_DENTAL, account: 'client', index: 0 },
    { number: 405, name: 'Maple follow-up', clientId: MAPLE_REALTY, account: 'agency', index: 0 },
    { number: 410, name: 'Fjord concierge', clientId: FJORD_HOTELS, account: 'agency', index: 0 },
  ],
  handIns: [],
};

// None of the three is documented for the routes used here. Vapi's SDK honours Retry-After, and knows 403 for
// features and 402 for simulations that an organisation may not use.
const REFUSALS: Readonly<Record<Exclude<Standing, 'OK'>, StandInReply>> = {
  RESTRICTED: failure(403, 'Forbidden resource', 'Forbidden'),
  RATE_LIMITED: {
    ...failure(429, 'Too Many Requests', 'Too Many Requests'),
    headers: { 'retry-after': '30' },
  },
  OUT_OF_FUNDS: failure(402, 'Subscription has insufficient credits.', 'Payment Required'),
};

const WRONG_KEY =
  'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.';

export function startStandIn(): StandIn {
  const calls = new PlacedCalls();
  const handlers = handlersOver(calls);
  return {
    calls,
    keys: KEYS,
    accounts: ACCOUNTS,
    scene: SCENE,
    events: EVENTS,
    receive(account, agentId, caller, at) {
      const request = {
        assistantId: agentId,
        phoneNumberId: account.fromNumber,
        customer: { number: caller },
      };
      return calls.add(account, randomUUID(), request, 'inbound', at);
    },
    answer(request) {
      const file = openFileReply(request, calls);
      if (file) return file;
      // Whoever knows this address may end the call, so that no key is asked for.
      if (request.path.startsWith(CONTROL)) return control(request, calls);
      if (!request.authorization) return failure(401, 'Missing Authorization Header.', 'Unauthorized');
      const [scheme, key] = splitAuthorization(request.authorization);
      const holder = holderOf(KEYS, key);
      if (scheme !== 'Bearer' || !holder) return failure(401, WRONG_KEY, 'Unauthorized');
      if (holder.standing !== 'OK') return REFUSALS[holder.standing];
      const reply = handle(handlers, request, ACCOUNTS[holder.account]);
      return reply ?? failure(404, `Cannot ${request.method} ${request.path}`, 'Not Found');
    },
  };
}

function handlersOver(calls: PlacedCalls): Handlers {
  return {
    'GET /assistant': ({ query }, account) => listed(assistantsOf(account), query),
    'GET /phone-number': ({ query }, account) => listed([numberBody(account)], query),
    'GET /assistant/:id': (_request, account, id) => one(assistantsOf(account), id, 'Assistant'),
    'POST /call': (request, account) => createCall(request, account, calls),
    'GET /call': (request, account) => listCalls(request, calls.of(account)),
    'GET /call/:id/mono-recording': ({ headers }, account, id) => {
      const call = calls.find(account, id);
      return call?.wasHeld
        ? { status: 302, body: {}, headers: { location: signedLink(call, headers.host) } }
        : failure(404, 'Artifact not found.', 'Not Found');
    },
    'GET /call/:id': (request, account, id) => {
      const call = calls.find(account, id);
      call?.goOn();
      return call
        ? { status: 200, body: bodyOf(call, request.headers.host) }
        : failure(404, 'Call Not Found', 'Not Found');
    },
  };
}

function createCall(request: StandInRequest, account: Account, calls: PlacedCalls): StandInReply {
  const { body } = request;
  const assistantId = textField(body, 'assistantId');
  const phoneNumberId = textField(body, 'phoneNumberId');
  const number = field(field(body, 'customer'), 'number');
  const isWeb = isWebCall(body);
  if (!isWeb && !isE164(number))
    return failure(400, ['customer.number must be a valid phone number in the E.164 format'], 'Bad Request');
  if (!isWeb && !phoneNumberId)
    return failure(
      400,
      "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`.",
      'Bad Request',
    );
  if (!isWeb && phoneNumberId !== account.fromNumber)
    return missing('Phone Number', 'phoneNumberId', phoneNumberId);
  if (!account.agents.some(({ id }) => id === assistantId))
    return missing('Assistant', 'assistantId', assistantId);
  const call = calls.add(account, randomUUID(), body);
  const limits = { concurrencyBlocked: false, concurrencyLimit: 10, remainingConcurrentCalls: 9 };
  // Nobody can join it: nothing listens there.
  const transport = {
    provider: 'vapi.websocket',
    websocketCallUrl: `wss://127.0.0.1/${call.secret}/transport`,
  };
  return {
    status: 201,
    body: {
      ...bodyOf(call, request.headers.host),
      ...(isWeb && { transport }),
      subscriptionLimits: limits,
    },
  };
}

function isWebCall(body: unknown): boolean {
  return textField(field(body, 'transport'), 'provider') === 'vapi.websocket';
}

const CONTROL = '/control/';

function control({ method, path, body }: StandInRequest, calls: PlacedCalls): StandInReply {
  const call = calls.bySecret(path.slice(CONTROL.length));
  if (method !== 'POST' || !call || call.phase === 'ENDED')
    return failure(404, 'Call Not Found', 'Not Found');
  if (field(body, 'type') !== 'end-call') return failure(400, 'Unknown type', 'Bad Request');
  call.stop();
  return { status: 200, body: {} };
}

function listCalls(request: StandInRequest, calls: readonly PlacedCall[]): StandInReply {
  const { query } = request;
  const assistantId = query.get('assistantId');
  const fits = (call: PlacedCall) =>
    assistantId == null || field(call.request, 'assistantId') === assistantId;
  return listed(calls.filter(fits), query, (call) => bodyOf(call, request.headers.host));
}

/** A link that is signed and soon expires. The stand-in looks at neither. */
function signedLink(call: PlacedCall, host: string | undefined): string {
  return `${openFile(host, call)}?X-Amz-Expires=3600&X-Amz-Signature=demo`;
}

function artifactOf(call: PlacedCall, host: string | undefined): object {
  const role = { AGENT: 'bot', PERSON: 'user' } as const;
  const spoken = call.turns.map(({ by, text }) => ({ role: role[by], message: text }));
  return {
    messages: [{ role: 'system', message: 'You are a helpful receptionist.' }, ...spoken],
    recording: { mono: { combinedUrl: `http://${host}/private/${call.id}.wav` } },
    presignedMonoUrl: signedLink(call, host),
    presignedUrlsExpiresAt: new Date(Date.now() + 60 * 60 * 1000).toISOString(),
  };
}

function bodyOf(call: PlacedCall, host: string | undefined) {
  const { startedAt, endedAt } = call;
  return {
    ...beginningOf(call),
    status: STATUSES[call.phase],
    ...(call.phase !== 'ENDED' && { monitor: { controlUrl: `http://${host}${CONTROL}${call.secret}` } }),
    ...(startedAt && { startedAt: startedAt.toISOString() }),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    ...(call.phase === 'ENDED' && { endedReason: reasonOf(call) }),
    ...(call.wasHeld && { artifact: artifactOf(call, host) }),
    ...costOf(call),
  };
}

/** The call as it was when it began. */
function beginningOf({ id, account, createdAt, request, direction }: PlacedCall) {
  const asked = ['assistantId', 'phoneNumberId', 'customer', 'assistantOverrides'];
  return {
    ...stamps(id, account),
    createdAt: createdAt.toISOString(),
    ...Object.fromEntries(asked.map((name) => [name, field(request, name)])),
    type: isWebCall(request) ? 'vapi.websocketCall' : `${direction}PhoneCall`,
    status: 'queued',
  };
}

// In dollars, with no digit behind that a float could add.
function costOf({ cents }: PlacedCall) {
  return cents === null ? {} : { cost: Number((cents / 100).toFixed(4)) };
}

const STATUSES = { WAITING: 'queued', RINGING: 'ringing', GOING_ON: 'in-progress', ENDED: 'ended' } as const;

const REASONS: Readonly<Record<Ending, string>> = {
  CALLEE_HUNG_UP: 'customer-ended-call',
  AGENT_HUNG_UP: 'assistant-ended-call',
  VOICEMAIL: 'voicemail',
  STOPPED: 'manually-canceled',
  NO_ANSWER: 'customer-did-not-answer',
  BUSY: 'customer-busy',
  FAULT: 'call.in-progress.error-vapifault-worker-died',
};

function reasonOf({ ending }: PlacedCall): string {
  return REASONS[ending ?? 'FAULT'];
}

/** Each message repeats the call as it began, and tells what has become of it beside that. */
const EVENTS: EventForm = {
  of(call, at) {
    const common = { call: beginningOf(call), timestamp: at.getTime() };
    const isOver = call.phase === 'ENDED';
    const status = {
      message: {
        type: 'status-update',
        status: STATUSES[call.phase],
        ...(isOver && { endedReason: reasonOf(call) }),
        ...common,
      },
    };
    return isOver ? [status, { message: { ...common, ...reportOf(call) } }] : [status];
  },
  sign(body, secret, at, form = 'HMAC') {
    if (form === 'SECRET') return { 'x-vapi-secret': secret };
    if (form === 'BEARER') return { authorization: `Bearer ${secret}` };
    const time = String(at.getTime());
    return { 'x-timestamp': time, 'x-signature': hmacOf(secret, `${time}.${body}`) };
  },
};

function reportOf(call: PlacedCall) {
  const { startedAt, endedAt } = call;
  return {
    type: 'end-of-call-report',
    endedReason: reasonOf(call),
    ...(startedAt && { startedAt: startedAt.toISOString() }),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    ...costOf(call),
    costs: [],
    analysis: { summary: 'The caller asked for the opening hours.', successEvaluation: 'true' },
    artifact: { transcript: 'AI: How can I help you?\nUser: When do you open?', messages: [] },
  };
}

// The newest comes first.
function assistantsOf(account: Account) {
  return account.agents.map(({ id, name }, index) => ({
    ...stamps(id, account, new Date(OPENED - index * 1000)),
    name,
    model: { provider: 'openai', model: 'gpt-4.1' },
  }));
}

function numberBody(account: Account) {
  const { fromNumber, phoneNumber, agents } = account;
  const stamped = stamps(fromNumber, account, new Date(OPENED));
  return {
    ...stamped,
    provider: 'vapi',
    number: phoneNumber,
    name: NUMBER_LABEL,
    assistantId: agents[0]?.id,
  };
}

/** When the accounts were opened. */
const OPENED = Date.UTC(2026, 0);

function stamps(id: string, { orgId }: Account, at = new Date()) {
  return { id, orgId, createdAt: at.toISOString(), updatedAt: at.toISOString() };
}

function listed<T extends { readonly createdAt: Date | string }>(
  items: readonly T[],
  query: URLSearchParams,
  show: (item: T) => unknown = (item) => item,
): StandInReply {
  const [since, until] = ['createdAtGe', 'createdAtLe'].map((name) => query.get(name));
  const fits = ({ createdAt }: T) =>
    (since == null || new Date(createdAt) >= new Date(since)) &&
    (until == null || new Date(createdAt) <= new Date(until));
  const found = items.filter(fits).slice(0, Number(query.get('limit') ?? 100));
  return { status: 200, body: found.map(show) };
}

function one(items: readonly { readonly id: string }[], id: string, what: string): StandInReply {
  const item = items.find((each) => each.id === id);
  return item ? { status: 200, body: item } : failure(404, `${what} Not Found`, 'Not Found');
}

function missing(what: string, property: string, id: string): StandInReply {
  return failure(400, `Couldn't Get ${what}. \`${property}\` ${id} Does Not Exist.`, 'Bad Request');
}

function failure(statusCode: number, message: string | string[], error: string): StandInReply {
  return { status: statusCode, body: { message, error, statusCode } };
}
