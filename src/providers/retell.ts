import { textField, type ProviderAdapter } from './provider';

/** Retell AI, as its SDK 5.66 speaks to it. */
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

  placeCall: ({ callId, providerAgentId, toNumber, fromNumber }) => ({
    method: 'POST',
    path: '/v2/create-phone-call',
    body: {
      from_number: fromNumber,
      to_number: toNumber,
      override_agent_id: providerAgentId,
      metadata: { latchkey_call_id: callId },
    },
  }),

  callId: (json) => textField(json, 'call_id'),

  refusal(status, json) {
    const message = textField(json, 'message');
    // "Item +1... not found from phone-number": what the account lacks is the number to call from, not the agent.
    if (status === 404 && /not found from phone-number/i.test(message)) return 'INVALID_REQUEST';
    // The documented form of an asset of another account; a plain 404 is what is seen in practice.
    if (status === 422 && /under given api key/i.test(message)) return 'AGENT_NOT_FOUND';
    return null;
  },
} as const satisfies ProviderAdapter;
