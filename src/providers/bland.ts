import { field, textField, withVariables, type ProviderAdapter } from './provider';

// AGENT_ID_INVALID says that the id is not a UUID, and so is not the id of any agent. AGENT_VERSION_NOT_FOUND
// and similar codes are about something else.
const NO_SUCH_AGENT: ReadonlySet<string> = new Set(['NOT_FOUND', 'AGENT_NOT_FOUND', 'AGENT_ID_INVALID']);

/** Bland refuses a whole request if one property in it is unknown. */
export const bland = {
  id: 'BLAND',
  name: 'Bland',
  baseUrls: { US: 'https://api.bland.ai' },
  // Older pages of Bland's documentation send the key without a scheme. Bland accepts both forms, and this is
  // the newer one.
  keyPresentation: { scheme: 'Bearer' },
  requiresFromNumber: false,
  fromNumberForm: 'E164',
  idForm: 'UUID',
  verify: { method: 'GET', path: '/v1/me' },

  agent: (providerAgentId) => ({ method: 'GET', path: `/v2/agents/${encodeURIComponent(providerAgentId)}` }),

  placeCall: ({ callId, providerAgentId, toNumber, fromNumber, variables }) => ({
    method: 'POST',
    path: '/v1/calls',
    body: {
      phone_number: toNumber,
      agent_id: providerAgentId,
      ...(fromNumber === null ? {} : { from: fromNumber }),
      metadata: { latchkey_call_id: callId },
      ...withVariables('request_data', variables),
    },
  }),

  callId: (json) => textField(json, 'call_id'),

  refusal(status, json) {
    // These statuses say enough by themselves: only a 401 is about the key, and a 5xx status is about nothing
    // but the provider.
    if (status === 401 || status === 429 || status >= 500) return null;
    if (codesIn(json).some((code) => NO_SUCH_AGENT.has(code))) return 'AGENT_NOT_FOUND';
    // Bland answers so for a suspended account, whatever its key may do: with 403, and without the code for a
    // missing scope.
    if (status === 403 && !codesIn(json).includes('INSUFFICIENT_SCOPE')) return 'PROVIDER_FAULT';
    return status < 300 && saysError(json) ? 'INVALID_REQUEST' : null;
  },
} as const satisfies ProviderAdapter;

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
