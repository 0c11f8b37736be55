import type { GatewayTable } from '../gateway-table';

/** What Bland calls a refusal of this status. */
const OWN_CODES: Readonly<Record<number, string>> = {
  401: 'AUTH_FAILURE',
  403: 'INSUFFICIENT_SCOPE',
  404: 'NOT_FOUND',
};

function failure(error: string, message: string) {
  return { data: null, errors: [{ error, message }] };
}

/** From Bland's documentation, which has no OpenAPI document. */
export const blandGateway: GatewayTable = {
  operations: `
    READ GET /v1/me
    READ GET /v1/calls from_number to_number from to limit ascending sort_by start_date end_date created_at duration_gt duration_lt completed batch_id answered_by inbound campaign_id
    READ GET /v1/calls/active
    READ GET /v1/calls/{call}
    READ GET /v1/calls/{call}/recording
    READ GET /v1/recordings/{call}
    READ GET /v1/agents
    READ GET /v2/agents limit
    READ GET /v2/agents/{agent}
    READ GET /v2/batches/list take skip
    READ GET /v2/batches/{}
    READ GET /v2/batches/{}/logs
    READ GET /v1/pathway
    READ GET /v1/pathway/{agent:PATHWAY}
    READ GET /v1/personas
    READ GET /v1/personas/{agent:PERSONA}
    READ GET /v1/outbound
    READ GET /v1/inbound
    READ GET /v1/inbound/{}
    READ GET /v1/voices
    PLACE_CALLS POST /v1/calls/{call}/stop`,
  placements: {
    '/v1/calls': {
      agents: { agent_id: 'AGENT', pathway_id: 'PATHWAY', persona_id: 'PERSONA' },
      // By this, Bland calls again by itself where it reached a voicemail.
      refused: ['retry'],
      toNumber: ['phone_number'],
      metadata: ['metadata'],
    },
  },
  example: {
    read: '/v2/agents/AGENT_ID',
    place: '/v1/calls',
    body: { agent_id: 'AGENT_ID', phone_number: '+14155550123' },
  },
  error: (status, message) => failure(OWN_CODES[status] ?? 'INVALID_REQUEST', message),
  notFound(what, id) {
    if (what === 'AGENT') return { status: 404, body: failure('NOT_FOUND', 'Agent not found') };
    const message = `Agent ${id} not found.`;
    return { status: 400, body: { status: 'error', message, code: 'AGENT_NOT_FOUND' } };
  },
  placed: (providerCallId) => ({
    status: 'success',
    message: 'Call successfully queued.',
    call_id: providerCallId,
    batch_id: null,
  }),
};
