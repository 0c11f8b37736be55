import { field, textField, withVariables, type ProviderAdapter } from './provider';

/** Vapi runs a separate endpoint for organisations in the EU, which have accounts and keys of their own. */
export const vapi = {
  id: 'VAPI',
  name: 'Vapi',
  baseUrls: { US: 'https://api.vapi.ai', EU: 'https://api.eu.vapi.ai' },
  keyPresentation: { scheme: 'Bearer' },
  requiresFromNumber: true,
  fromNumberForm: 'ID',
  idForm: 'UUID',
  // Vapi itself tests a private key in this way. It has no route that tells whose key it is.
  verify: { method: 'GET', path: '/assistant?limit=1' },

  agent: (providerAgentId) => ({ method: 'GET', path: `/assistant/${encodeURIComponent(providerAgentId)}` }),

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

  callId: (json) => textField(json, 'id'),

  refusal(status, json) {
    // `message` is a string, or a list of them when several things are wrong.
    const messages = [field(json, 'message')].flat().filter((each) => typeof each === 'string');
    return status === 400 && messages.some((each) => /couldn.t get assistant/i.test(each))
      ? 'AGENT_NOT_FOUND'
      : null;
  },
} as const satisfies ProviderAdapter;
