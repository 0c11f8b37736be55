import { randomUUID } from 'node:crypto';
import { field, textField } from '../../providers/json';
import {
  BRIGHTLINE,
  CEDAR_CLINIC,
  FJORD_HOTELS,
  HARBOR_DENTAL,
  MAPLE_REALTY,
  NORTHWIND,
  OLD_MILL_MOTORS,
} from '../ids';
import { isE164, NUMBER_LABEL, type Account, type Accounts } from './account';
import { hmacOf, type EventForm } from './events';
import { handle, type Handlers } from './handlers';
import { holderOf, type KeySet, type Standing } from './keys';
import { PlacedCalls, type Ending, type PlacedCall } from './placed-calls';
import { openFile, openFileReply } from './recording';
import { splitAuthorization, type StandInReply, type StandInRequest } from './server';
import type { Scene, StandIn } from './stand-in';

const KEYS: KeySet = {
  valid: 'key_demo_retell_agency_valid_0001',
  secondAccount: 'key_demo_retell_client_valid_0002',
  revoked: 'key_demo_retell_revoked_0003',
  restricted: 'key_demo_retell_restricted_0004',
  rateLimited: 'key_demo_retell_rate_limited_0005',
  outOfFunds: 'key_demo_retell_out_of_funds_0006',
};

const ACCOUNTS: Accounts = {
  agency: {
    orgName: 'Demo agency',
    orgId: 'org_demo_agency',
    agents: [
      { id: 'agent_demo_agency_reception', name: 'Reception' },
      { id: 'agent_demo_agency_booking', name: 'Booking' },
      { id: 'agent_demo_agency_reminder', name: 'Reminder' },
      { id: 'agent_demo_agency_survey', name: 'Survey' },
    ],
    fromNumber: '+14155550100',
  },
  client: {
    orgName: 'Demo client',
    orgId: 'org_demo_client',
    agents: [
      { id: 'agent_demo_client_support', name: 'Support' },
      { id: 'agent_demo_client_sales', name: 'Sales' },
    ],
    fromNumber: '+14155550110',
  },
};

const SCENE: Scene = {
  keys: [
    { agencyId: BRIGHTLINE, clientId: null, key: 'valid' },
    { agencyId: BRIGHTLINE, clientId: HARBOR_DENTAL, key: 'secondAccount' },
    { agencyId: NORTHWIND, clientId: null, key: 'valid' },
  ],
  agents: [
    { number: 401, name: 'Harbor front desk', clientId: HARBOR_DENTAL, account: 'client', index: 0 },
    { number: 404, name: 'Maple viewings', clientId: MAPLE_REALTY, account: 'agency', index: 0 },
    { number: 407, name: 'Old Mill service', clientId: OLD_MILL_MOTORS, account: 'agency', index: 2 },
    { number: 408, name: 'Brightline sales', clientId: null, account: 'agency', index: 1 },
    { number: 409, name: 'Fjord reservations', clientId: FJORD_HOTELS, account: 'agency', index: 0 },
  ],
  handIns: [
    {
      number: 502,
      clientId: CEDAR_CLINIC,
      key: 'secondAccount',
      handedInByKind: 'KEY_LINK',
      handedInByName: 'One-time link',
    },
  ],
};

const REFUSALS: Readonly<Record<Exclude<Standing, 'OK'>, StandInReply>> = {
  // How Retell refuses a restricted key is not documented. Its SDK has an error class for 403.
  RESTRICTED: failure(403, 'This API key does not have permission to perform this action.'),
  RATE_LIMITED: failure(429, 'Account rate limited, please throttle your requests.'),
  OUT_OF_FUNDS: failure(402, 'Trial has ended, please add payment method.'),
};

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
      const request = { override_agent_id: agentId, from_number: caller, to_number: account.fromNumber };
      return calls.add(account, newCallId(), request, 'inbound', at);
    },
    answer(request) {
      const file = openFileReply(request, calls);
      if (file) return file;
      if (!request.authorization)
        return { status: 401, body: { error_message: 'Authorization header required' } };
      const [scheme, key] = splitAuthorization(request.authorization);
      const holder = holderOf(KEYS, key);
      if (scheme !== 'Bearer' || !holder) return failure(401, 'Invalid API Key.');
      if (holder.standing !== 'OK') return REFUSALS[holder.standing];
      return handle(handlers, request, ACCOUNTS[holder.account]) ?? failure(404, 'Not Found');
    },
  };
}

function handlersOver(calls: PlacedCalls): Handlers {
  return {
    'GET /get-api-key-info': (_request, { orgName }) => ({
      status: 200,
      body: { org_name: orgName, api_key_name: null },
    }),
    'GET /get-agent/:id': (_request, { agents }, id) => {
      const agent = agents.find((each) => each.id === id);
      return agent ? { status: 200, body: agentBody(agent.id, agent.name) } : notFound(id, 'agent');
    },
    'GET /list-agents': ({ query }, { agents }) => listAgents(query, agents),
    'POST /v2/list-agents': ({ query }, { agents }) =>
      listed(
        agents.map(({ id, name }) => agentBody(id, name)),
        query,
      ),
    'GET /v2/list-phone-numbers': ({ query }, account) => listed([numberBody(account)], query),
    'POST /v2/create-phone-call': (request, account) => createCall(request, account, calls),
    'POST /v3/create-web-call': (request, account) => createWebCall(request, account, calls),
    'GET /v2/get-call/:id': ({ headers }, account, id) => {
      const call = calls.find(account, id);
      call?.goOn();
      return call
        ? { status: 200, body: { ...bodyOf(call), ...contentOf(call, headers.host) } }
        : noSuchCall();
    },
    'POST /v2/stop-call/:id': (_request, account, id) => {
      const call = calls.find(account, id);
      if (!call) return noSuchCall();
      if (call.phase === 'ENDED') return failure(400, 'Call is not ongoing.');
      call.stop();
      return { status: 204, body: undefined };
    },
    'POST /v3/list-calls': ({ body }, account) => listCalls(body, calls.of(account)),
  };
}

function createCall({ body }: StandInRequest, account: Account, calls: PlacedCalls): StandInReply {
  const from = field(body, 'from_number');
  const to = field(body, 'to_number');
  const agentId = textField(body, 'override_agent_id') || account.agents[0]?.id;
  if (!isE164(from)) return failure(400, 'body/from_number must be a phone number in E.164 format');
  if (!isE164(to)) return failure(400, 'body/to_number must be a phone number in E.164 format');
  if (from !== account.fromNumber) return notFound(from, 'phone-number');
  if (!account.agents.some(({ id }) => id === agentId)) return notFound(String(agentId), 'agent');
  const asked = { ...(body as object), override_agent_id: agentId };
  return { status: 201, body: bodyOf(calls.add(account, newCallId(), asked)) };
}

/** Nobody can join it: the token is made up. */
function createWebCall({ body }: StandInRequest, account: Account, calls: PlacedCalls): StandInReply {
  const agentId = textField(body, 'agent_id');
  if (!account.agents.some(({ id }) => id === agentId)) return notFound(agentId, 'agent');
  const call = calls.add(account, newCallId(), { ...(body as object), override_agent_id: agentId });
  const access = { access_token: `demo-token-${call.secret}`, expires_at: Date.now() + 30_000 };
  const server = { urls: ['turn:127.0.0.1:3478'], username: 'demo', credential: `demo-${call.secret}` };
  return { status: 201, body: { call_id: call.id, ...access, transport: 'gateway', ice_servers: [server] } };
}

function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}

/** The older list is an array, and a page of it begins behind the agent that the request names. */
function listAgents(query: URLSearchParams, agents: Account['agents']): StandInReply {
  const after = query.get('pagination_key') ?? '';
  const start = after === '' ? 0 : agents.findIndex(({ id }) => id === after) + 1;
  const page = agents.slice(start, start + Number(query.get('limit') ?? 1000));
  return { status: 200, body: page.map(({ id, name }) => agentBody(id, name)) };
}

/** Filters by metadata and by the start alone, which is all that Latchkey asks for. */
function listCalls(body: unknown, calls: readonly PlacedCall[]): StandInReply {
  const criteria = field(body, 'filter_criteria');
  const [filter] = [field(criteria, 'metadata')].flat();
  const span = field(field(criteria, 'start_timestamp'), 'value');
  const [since = 0, until = Infinity] = Array.isArray(span) ? span.map(Number) : [];
  const fits = ({ request, startedAt }: PlacedCall) =>
    (filter === undefined ||
      textField(field(request, 'metadata'), textField(filter, 'key')) === textField(filter, 'value')) &&
    (span === undefined || (startedAt !== null && +startedAt >= since && +startedAt <= until));
  const page = new URLSearchParams({
    pagination_key: textField(body, 'pagination_key'),
    limit: JSON.stringify(field(body, 'limit') ?? 50),
  });
  return listed(calls.filter(fits), page, bodyOf);
}

function contentOf(call: PlacedCall, host: string | undefined): object {
  if (!call.wasHeld) return {};
  const role = { AGENT: 'agent', PERSON: 'user' } as const;
  return {
    transcript_object: call.turns.map(({ by, text }) => ({ role: role[by], content: text, words: [] })),
    recording_url: openFile(host, call),
  };
}

function bodyOf(call: PlacedCall) {
  const { id, request, phase, startedAt, endedAt } = call;
  return {
    call_id: id,
    call_type: field(request, 'to_number') === undefined ? 'web_call' : 'phone_call',
    call_status: statusOf(call),
    agent_id: field(request, 'override_agent_id'),
    agent_version: 0,
    ...(field(request, 'to_number') !== undefined && { direction: call.direction }),
    from_number: field(request, 'from_number'),
    to_number: field(request, 'to_number'),
    metadata: field(request, 'metadata'),
    ...(startedAt && { start_timestamp: startedAt.getTime() }),
    ...(endedAt && { end_timestamp: endedAt.getTime(), duration_ms: call.durationMs }),
    ...(phase === 'ENDED' && { disconnection_reason: reasonOf(call) }),
    ...(call.cents !== null && {
      call_cost: {
        combined_cost: call.cents,
        product_costs: [],
        total_duration_seconds: Math.ceil(call.durationMs / 1000),
        total_duration_unit_price: 0.125,
      },
    }),
  };
}

function statusOf({ phase, startedAt }: PlacedCall): string {
  if (phase === 'ENDED') return startedAt ? 'ended' : 'not_connected';
  return phase === 'GOING_ON' ? 'ongoing' : 'registered';
}

const REASONS: Readonly<Record<Ending, string>> = {
  CALLEE_HUNG_UP: 'user_hangup',
  AGENT_HUNG_UP: 'agent_hangup',
  VOICEMAIL: 'voicemail_reached',
  STOPPED: 'manual_stopped',
  NO_ANSWER: 'dial_no_answer',
  BUSY: 'dial_busy',
  FAULT: 'error_retell',
};

function reasonOf({ ending }: PlacedCall): string {
  return REASONS[ending ?? 'FAULT'];
}

/** A call that is not connected has no start, and all have an end and an analysis. */
const EVENTS: EventForm = {
  of(call) {
    const body = { ...bodyOf(call), transcript: TRANSCRIPT };
    if (call.phase === 'GOING_ON') return [{ event: 'call_started', call: bodyOf(call) }];
    if (call.phase !== 'ENDED') return [];
    const call_analysis = { call_summary: SUMMARY, call_successful: call.startedAt !== null };
    return [
      { event: 'call_ended', call: body },
      { event: 'call_analyzed', call: { ...body, call_analysis } },
    ];
  },
  sign: (body, secret, at) => ({
    'x-retell-signature': `v=${at.getTime()},d=${hmacOf(secret, `${body}${at.getTime()}`)}`,
  }),
};

const TRANSCRIPT = 'Agent: How can I help you?\nUser: I would like to move my appointment.';
const SUMMARY = 'The caller moved an appointment.';

function noSuchCall(): StandInReply {
  return failure(422, 'Cannot find requested asset under given api key.');
}

function agentBody(id: string, name: string) {
  const speech = {
    voice_id: 'retell-Cimo',
    language: 'en-US',
    response_engine: { type: 'retell-llm', llm_id: 'llm_demo', version: 0 },
  };
  return { agent_id: id, agent_name: name, channel: 'voice', version: 0, is_published: true, ...speech };
}

function numberBody({ fromNumber, agents: [first] }: Account) {
  const bound = first ? [{ agent_id: first.id, weight: 1 }] : [];
  return {
    phone_number: fromNumber,
    phone_number_type: 'retell-twilio',
    nickname: NUMBER_LABEL,
    inbound_agents: bound,
    outbound_agents: bound,
  };
}

function listed<T>(
  found: readonly T[],
  query: URLSearchParams,
  show: (entry: T) => unknown = (entry) => entry,
): StandInReply {
  const start = Number(query.get('pagination_key') ?? 0);
  const end = start + Number(query.get('limit') ?? 50);
  const more = end < found.length && { pagination_key: String(end) };
  return {
    status: 200,
    body: { items: found.slice(start, end).map(show), has_more: more !== false, ...more },
  };
}

function notFound(id: string, what: string): StandInReply {
  return failure(404, `Item ${id} not found from ${what}`);
}

function failure(status: number, message: string): StandInReply {
  return { status, body: { status: 'error', message } };
}
