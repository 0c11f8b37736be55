import { textField, withVariables, type ProviderAdapter } from './provider';

/** The requests to Retell AI are those that its SDK 5.66 sends. */
export const retell = {
  id: 'RETELL',
  name: 'Retell',
  baseUrls: { US: 'https://api.retellai.com' },
  keyPresentation: { scheme: 'Bearer' },
  requiresFromNumber: true,
  fromNumberForm: 'E164',
  idForm: { prefix: 'agent_' },
  verify: { method: 'GET', path: '/get-api-key-info' },

  agent: (providerAgentId) => ({ method: 'GET', path: `/get-agent/${encodeURIComponent(providerAgentId)}` }),

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

  callId: (json) => textField(json, 'call_id'),

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
} as const satisfies ProviderAdapter;
