import { field, textField, type ProviderAdapter } from './provider';

// AGENT_ID_INVALID: not a UUID, so the id of no agent. AGENT_VERSION_NOT_FOUND and the like are about something else.
const NO_SUCH_AGENT: ReadonlySet<string> = new Set(['NOT_FOUND', 'AGENT_NOT_FOUND', 'AGENT_ID_INVALID']);

/** Bland. Unknown properties of a request make it refuse the whole. */
export const bland = {
  id: 'BLAND',
  name: 'Bland',
  baseUrls: { US: 'https://api.bland.ai' },
  // Older pages send the key without a scheme; both are accepted, and this is the newer.
  keyPresentation: { scheme: 'Bearer' },
  requiresFromNumber: false,
  fromNumberForm: 'E164',
  idForm: 'UUID',
  verify: { method: 'GET', path: '/v1/me' },

  agent: (providerAgentId) => ({ method: 'GET', path: `/v2/agents/${encodeURIComponent(providerAgentId)}` }),

  placeCall: ({ callId, providerAgentId, toNumber, fromNumber }) => ({
    method: 'POST',
    path: '/v1/calls',
    body: {
      phone_number: toNumber,
      agent_id: providerAgentId,
      ...(fromNumber === null ? {} : { from: fromNumber }),
      metadata: { latchkey_call_id: callId },
    },
  }),

  callId: (json) => textField(json, 'call_id'),

  refusal(status, json) {
    // These statuses say enough: only a 401 tells of the key, and a fault tells of nothing else.
    if (status === 401 || status === 429 || status >= 500) return null;
    if (codesIn(json).some((code) => NO_SUCH_AGENT.has(code))) return 'AGENT_NOT_FOUND';
    // Of a suspended account, whatever its key may do: 403 without the code for a missing scope.
    if (status === 403 && !codesIn(json).includes('INSUFFICIENT_SCOPE')) return 'PROVIDER_FAULT';
    return status < 300 && saysError(json) ? 'INVALID_REQUEST' : null;
  },
} as const satisfies ProviderAdapter;

// Two envelopes: `{ status: 'error', code }` of the older routes and `{ data: null, errors: [{ error }] }` of the newer.
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
