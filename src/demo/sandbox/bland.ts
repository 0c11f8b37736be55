import { randomUUID } from 'node:crypto';
import { field, textField } from '../../providers/json';
import { BRIGHTLINE, CEDAR_CLINIC, HARBOR_DENTAL } from '../ids';
import { isE164, NUMBER_LABEL, type Account, type Accounts } from './account';
import { hmacOf, type EventForm } from './events';
import { handle, type Handlers } from './handlers';
import { holderOf, type KeySet, type Standing } from './keys';
import { PlacedCalls, type Ending, type PlacedCall } from './placed-calls';
import { recordingReply } from './recording';
import { splitAuthorization, type StandInReply, type StandInRequest } from './server';
import type { Scene, StandIn } from './stand-in';

const KEYS: KeySet = {
  valid: 'org_demo_bland_agency_valid_0001',
  secondAccount: 'org_demo_bland_client_valid_0002',
  revoked: 'org_demo_bland_revoked_0003',
  restricted: 'org_s_demo_bland_restricted_0004',
  rateLimited: 'org_demo_bland_rate_limited_0005',
  outOfFunds: 'org_demo_bland_out_of_funds_0006',
};

const ACCOUNTS: Accounts = {
  agency: {
    orgName: 'Demo agency',
    orgId: '00000000-0000-4000-9000-00000000a000',
    agents: [
      { id: '00000000-0000-4000-9000-00000000a001', name: 'Qualifier' },
      { id: '00000000-0000-4000-9000-00000000a002', name: 'Dispatcher' },
      { id: '00000000-0000-4000-9000-00000000a003', name: 'Collections' },
      { id: '00000000-0000-4000-9000-00000000a004', name: 'Win-back' },
    ],
    pathway: { id: '00000000-0000-4000-9000-00000000a0f1', name: 'Parcel pathway' },
    persona: { id: '00000000-0000-4000-9000-00000000a0f2', name: 'Blair' },
    fromNumber: '+14155550120',
  },
  client: {
    orgName: 'Demo client',
    orgId: '00000000-0000-4000-9000-00000000c000',
    agents: [
      { id: '00000000-0000-4000-9000-00000000c001', name: 'Order status' },
      { id: '00000000-0000-4000-9000-00000000c002', name: 'Returns' },
    ],
    pathway: { id: '00000000-0000-4000-9000-00000000c0f1', name: 'Returns pathway' },
    persona: { id: '00000000-0000-4000-9000-00000000c0f2', name: 'Robin' },
    fromNumber: '+14155550130',
  },
};

const SCENE: Scene = {
  keys: [{ agencyId: BRIGHTLINE, clientId: null, key: 'valid' }],
  agents: [
    { number: 403, name: 'Harbor reminders', clientId: HARBOR_DENTAL, account: 'agency', index: 0 },
    { number: 406, name: 'Cedar intake', clientId: CEDAR_CLINIC, account: 'agency', index: 1 },
  ],
  handIns: [
    {
      number: 501,
      clientId: HARBOR_DENTAL,
      key: 'secondAccount',
      handedInByKind: 'PERSON',
      handedInByName: 'Dr. Hana Harbor',
    },
  ],
  askedByLink: HARBOR_DENTAL,
};

const REFUSALS: Readonly<Record<Exclude<Standing, 'OK'>, StandInReply>> = {
  RESTRICTED: {
    status: 403,
    body: {
      data: null,
      errors: [
        { error: 'INSUFFICIENT_SCOPE', message: 'This key lacks a scope.', required_scope: 'calls:create' },
      ],
    },
    headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
  },
  RATE_LIMITED: failure(429, 'Rate limit exceeded.'),
  OUT_OF_FUNDS: failure(402, 'Insufficient balance.'),
};

// A request for a call may have these properties. Bland refuses a request that has anything else in it.
const CALL_PROPERTIES: ReadonlySet<string> = new Set(
  `phone_number from agent_id agent_version pathway_id pathway_version persona_id task request_data metadata webhook webhook_events
  max_duration record voice first_sentence timezone start_time dispositions language wait_for_greeting`.split(
    /\s+/,
  ),
);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

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
      const request = { agent_id: agentId, from: caller, phone_number: account.fromNumber };
      return calls.add(account, randomUUID(), request, 'inbound', at);
    },
    answer(request) {
      const [scheme, key] = splitAuthorization(request.authorization);
      const holder = holderOf(KEYS, key);
      // The key alone, without a scheme, is accepted too.
      if (!holder || !['', 'Bearer'].includes(scheme)) return refusal(401, 'AUTH_FAILURE', 'Unauthorized');
      // Bland's documentation says: "Every restricted key can also read your account details."
      const allowed =
        holder.standing === 'OK' || (holder.standing === 'RESTRICTED' && request.path === '/v1/me');
      if (!allowed) return REFUSALS[holder.standing];
      return (
        handle(handlers, request, ACCOUNTS[holder.account]) ?? refusal(404, 'NOT_FOUND', 'Route not found')
      );
    },
  };
}

const AGENT_HANDLERS: Handlers = {
  'GET /v1/agents': (_request, { agents }) => ({
    status: 200,
    body: { status: 'success', agents: agents.map(agentBody) },
  }),
  'GET /v2/agents': ({ query }, { agents }) => ({
    status: 200,
    body: { data: agents.slice(0, Number(query.get('limit') ?? 100)).map(agentBody), errors: null },
  }),
  'GET /v1/inbound': (_request, { fromNumber, agents }) => ({
    status: 200,
    body: {
      inbound_numbers: [{ phone_number: fromNumber, label: NUMBER_LABEL, agent_id: agents[0]?.id ?? null }],
    },
  }),
  'GET /v1/outbound': () => ({ status: 200, body: { outbound_numbers: [] } }),
  'GET /v2/agents/:id': (_request, { agents }, id) => {
    const agent = agents.find((each) => each.id === id);
    return agent
      ? { status: 200, body: { data: agentBody(agent), errors: null } }
      : refusal(404, 'NOT_FOUND', 'Agent not found');
  },
  'GET /v1/pathway': (_request, { pathway }) => ({
    status: 200,
    body: pathway ? [{ ...pathway, nodes: [], edges: [] }] : [],
  }),
  'GET /v1/personas': (_request, { persona }) => ({
    status: 200,
    body: { data: persona ? [persona] : [], errors: null },
  }),
  'GET /v1/pathway/:id': (_request, { pathway }, id) =>
    pathway?.id === id
      ? { status: 200, body: { name: pathway.name, nodes: [], edges: [] } }
      : failure(404, `Pathway with ID "${id}" not found`),
  'GET /v1/personas/:id': (_request, { persona }, id) =>
    persona?.id === id
      ? { status: 200, body: { data: persona, errors: null } }
      : refusal(404, 'NOT_FOUND', 'Persona not found'),
};

function handlersOver(calls: PlacedCalls): Handlers {
  return {
    'GET /v1/me': (_request, account) => {
      const billing = { current_balance: 25, refill_to: null };
      return { status: 200, body: { status: 'active', billing, total_calls: calls.of(account).length } };
    },
    ...AGENT_HANDLERS,
    'POST /v1/calls': (request, account) => createCall(request, account, calls),
    'GET /v1/calls': ({ query }, account) => listCalls(query, calls.of(account)),
    'GET /v1/calls/:id': ({ headers }, account, id) => {
      const call = calls.find(account, id);
      call?.goOn();
      return call
        ? { status: 200, body: { ...bodyOf(call), ...contentOf(call, headers.host) } }
        : noSuchCall(account, id, calls);
    },
    'GET /v1/calls/:id/recording': (request, account, id) =>
      calls.find(account, id)?.wasHeld
        ? recordingReply(request)
        : refusal(404, 'CALL_RECORDING_NOT_FOUND', 'Call recording not found'),
    'POST /v1/calls/:id/stop': (_request, account, id) => {
      const call = calls.find(account, id);
      if (!call) return noSuchCall(account, id, calls);
      if (call.phase === 'ENDED') return failure(400, 'Call is not active.');
      call.stop();
      return { status: 200, body: { status: 'success', message: 'Call ended successfully.' } };
    },
  };
}

function createCall({ body }: StandInRequest, account: Account, calls: PlacedCalls): StandInReply {
  const wrong = whatIsWrong(body, account);
  if (wrong) return wrong;
  const id = randomUUID();
  calls.add(account, id, body);
  return {
    status: 200,
    body: { status: 'success', message: 'Call successfully queued.', call_id: id, batch_id: null },
  };
}

function noSuchCall(account: Account, id: string, calls: PlacedCalls): StandInReply {
  // This 401 says nothing of the key. It means that the call belongs to another organisation.
  if (calls.existsElsewhere(account, id)) return refusal(401, 'AUTH_FAILURE', 'Unauthorized');
  return refusal(404, 'CALL_NOT_FOUND', 'Call not found');
}

/** Bland's list shows no metadata, and tells days apart but no hours. */
function listCalls(query: URLSearchParams, calls: readonly PlacedCall[]): StandInReply {
  const [first, last] = [query.get('start_date') ?? '', query.get('end_date') ?? '9'];
  const found = calls.filter(({ createdAt }) => {
    const day = createdAt.toISOString().slice(0, 10);
    return first <= day && day <= last;
  });
  const start = Number(query.get('from') ?? 0);
  const shown = found.slice(start, start + Number(query.get('limit') ?? 1000)).map((call) => {
    const { metadata: _metadata, ...rest } = bodyOf(call);
    return rest;
  });
  return { status: 200, body: { count: shown.length, total_count: found.length, calls: shown } };
}

function contentOf(call: PlacedCall, host = ''): object {
  if (!call.wasHeld) return {};
  const user = { AGENT: 'assistant', PERSON: 'user' } as const;
  const spoken = call.turns.map(({ by, text }) => ({ user: user[by], text }));
  return {
    transcripts: [{ user: 'agent-action', text: 'Ended call' }, ...spoken],
    recording_url: `http://${host}/v1/calls/${call.id}/recording`,
  };
}

function bodyOf(call: PlacedCall) {
  const { id, request, phase, startedAt, endedAt, createdAt } = call;
  const isOver = phase === 'ENDED';
  return {
    call_id: id,
    to: field(request, 'phone_number'),
    from: field(request, 'from') ?? call.account.fromNumber,
    inbound: call.direction === 'inbound',
    agent_id: field(request, 'agent_id'),
    pathway_id: field(request, 'pathway_id') ?? null,
    persona_id: field(request, 'persona_id') ?? null,
    metadata: field(request, 'metadata'),
    created_at: createdAt.toISOString(),
    queue_status: QUEUE_STATUSES[phase],
    completed: isOver,
    ...(startedAt && { started_at: startedAt.toISOString() }),
    // As long as the call goes on, that is when it would be ended.
    ...(startedAt && { end_at: (endedAt ?? new Date(startedAt.getTime() + MOST_MS)).toISOString() }),
    ...(isOver && {
      call_length: call.durationMs / 60_000,
      status: statusOf(call),
      corrected_duration: String(Math.round(call.durationMs / 1000) + 8),
    }),
    ...(isOver && whoEnded(call)),
    ...(call.cents !== null && { price: Number((call.cents / 100).toFixed(3)) }),
  };
}

const MOST_MS = 30 * 60 * 1000;

const QUEUE_STATUSES = {
  WAITING: 'queued',
  RINGING: 'allocated',
  GOING_ON: 'started',
  ENDED: 'complete',
} as const;

const STATUSES: Readonly<Partial<Record<Ending, string>>> = {
  STOPPED: 'canceled',
  NO_ANSWER: 'no-answer',
  BUSY: 'busy',
  FAULT: 'failed',
};

function statusOf({ ending, startedAt }: PlacedCall): string {
  return startedAt ? 'completed' : (STATUSES[ending ?? 'FAULT'] ?? 'failed');
}

function whoEnded({ ending, startedAt }: PlacedCall) {
  if (!startedAt) return {};
  if (ending === 'VOICEMAIL') return { answered_by: 'voicemail' };
  return { answered_by: 'human', call_ended_by: ending === 'CALLEE_HUNG_UP' ? 'USER' : 'ASSISTANT' };
}

/** The one event of a call comes after it, and is the call itself. */
const EVENTS: EventForm = {
  of: (call) => (call.phase === 'ENDED' ? [{ ...bodyOf(call), concatenated_transcript: TRANSCRIPT }] : []),
  sign: (body, secret) => ({ 'x-webhook-signature': hmacOf(secret, body) }),
};

const TRANSCRIPT = 'assistant: Where is your parcel? user: It has not arrived.';

function whatIsWrong(body: unknown, account: Account): StandInReply | null {
  const unknown = Object.keys(body ?? {}).filter((name) => !CALL_PROPERTIES.has(name));
  if (unknown.length > 0)
    return failure(400, 'Invalid parameters', { errors: unknown.map((name) => `Unknown property: ${name}`) });
  if (!isE164(field(body, 'phone_number')))
    return failure(400, 'Invalid parameters', { errors: ['phone_number must be in E.164 format'] });
  const from = field(body, 'from');
  if (from !== undefined && from !== account.fromNumber)
    return failure(400, "Invalid 'from' - must be a phone number string.");
  return wrongAgent(body, account);
}

// The stand-in places no calls of tasks, and takes one id alone.
function wrongAgent(body: unknown, { agents, pathway, persona }: Account): StandInReply | null {
  const [agentId, pathwayId, personaId] = ['agent_id', 'pathway_id', 'persona_id'].map((name) =>
    textField(body, name),
  );
  if ([agentId, pathwayId, personaId].filter(Boolean).length !== 1)
    return failure(400, 'Invalid parameters', { errors: ['One of task, pathway_id, agent_id is required'] });
  if (pathwayId)
    return pathwayId === pathway?.id ? null : failure(404, `Pathway with ID "${pathwayId}" not found`);
  if (personaId) return personaId === persona?.id ? null : failure(400, 'Invalid persona_id.');
  if (!UUID.test(agentId ?? ''))
    return failure(400, 'agent_id must be a UUID.', { code: 'AGENT_ID_INVALID' });
  const owned = agents.some(({ id }) => id === agentId);
  return owned ? null : failure(400, 'Agent not found.', { code: 'AGENT_NOT_FOUND' });
}

function agentBody({ id, name }: { readonly id: string; readonly name: string }) {
  return { id, name, status: 'published' };
}

function refusal(status: number, error: string, message: string): StandInReply {
  return { status, body: { data: null, errors: [{ error, message }] } };
}

function failure(status: number, message: string, more: object = {}): StandInReply {
  return { status, body: { status: 'error', message, ...more } };
}
