import type { Provider } from '../../src/providers';
import type { CallToPlace } from '../../src/providers/provider';

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What a provider answers, in its own words. The compiler asks for these of every provider in the list. */
export interface ProviderFixtures {
  readonly call: CallToPlace;
  readonly verified: Reply;
  readonly agent: Reply;
  readonly placed: Reply;
  readonly placedId: string;
  /** Bodies of refusals, by status. */
  readonly refusals: Readonly<Record<401 | 402 | 403 | 429 | 500, unknown>>;
  /** Every known form of "there is no such agent in this account", when it is looked up or called with. */
  readonly noSuchAgent: readonly Reply[];
  /** Refusals of the request to place a call that are about something else than the agent. */
  readonly notAboutTheAgent: readonly Reply[];
}

const CALL_ID = '0197d0a2-0000-7000-8000-000000000001';

function nest(statusCode: number, message: string | string[]) {
  return { message, error: 'Error', statusCode };
}

export const fixtures: Readonly<Record<Provider, ProviderFixtures>> = {
  RETELL: {
    call: {
      callId: CALL_ID,
      providerAgentId: 'agent_1',
      toNumber: '+14155550199',
      fromNumber: '+14155550100',
    },
    verified: { status: 200, body: { org_name: 'Some org', api_key_name: null } },
    agent: {
      status: 200,
      body: { agent_id: 'agent_1', version: 3, some_new_field: { of: 'a later release' } },
    },
    placed: { status: 201, body: { call_id: 'call_1', call_status: 'a_status_of_a_later_release' } },
    placedId: 'call_1',
    refusals: {
      401: { status: 'error', message: 'Invalid API Key.' },
      402: { status: 'error', message: 'Trial has ended, please add payment method.' },
      403: { status: 'error', message: 'Forbidden' },
      429: { status: 'error', message: 'Account rate limited, please throttle your requests.' },
      500: { status: 'error', message: 'Internal server error' },
    },
    noSuchAgent: [
      { status: 404, body: { status: 'error', message: 'Item agent_1 not found from agent' } },
      { status: 422, body: { status: 'error', message: 'Cannot find requested asset under given api key.' } },
    ],
    notAboutTheAgent: [
      { status: 404, body: { status: 'error', message: 'Item +14155550100 not found from phone-number' } },
      { status: 422, body: { status: 'error', message: 'Something else cannot be processed.' } },
      { status: 400, body: { status: 'error', message: 'body/to_number must match pattern' } },
    ],
  },
  VAPI: {
    call: {
      callId: CALL_ID,
      providerAgentId: 'assistant-1',
      toNumber: '+14155550199',
      fromNumber: 'phone-number-1',
    },
    verified: { status: 200, body: [] },
    agent: { status: 200, body: { id: 'assistant-1', orgId: 'org-1', someNewField: 'of a later release' } },
    placed: { status: 201, body: { id: 'call-1', orgId: 'org-1', status: 'a-status-of-a-later-release' } },
    placedId: 'call-1',
    refusals: {
      401: nest(
        401,
        'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.',
      ),
      402: nest(402, 'Payment Required'),
      403: nest(403, 'Forbidden resource'),
      429: nest(429, 'Too Many Requests'),
      500: nest(500, 'Internal server error'),
    },
    noSuchAgent: [
      { status: 404, body: nest(404, 'Not Found') },
      { status: 400, body: nest(400, "Couldn't Get Assistant. `assistantId` assistant-1 Does Not Exist.") },
      { status: 400, body: nest(400, ["Couldn't Get Assistant. `assistantId` assistant-1 Does Not Exist."]) },
    ],
    notAboutTheAgent: [
      {
        status: 400,
        body: nest(400, "Couldn't Get Phone Number. `phoneNumberId` phone-number-1 Does Not Exist."),
      },
      { status: 400, body: { message: { toString: 1, valueOf: 1 } } },
      { status: 400, body: nest(400, ['customer.number must be a valid phone number in the E.164 format']) },
    ],
  },
  BLAND: {
    call: { callId: CALL_ID, providerAgentId: 'agent-1', toNumber: '+14155550199', fromNumber: null },
    verified: {
      status: 200,
      body: { status: 'a_status_of_a_later_release', billing: { current_balance: 0 }, total_calls: 0 },
    },
    agent: { status: 200, body: { data: { id: 'agent-1' }, errors: null } },
    placed: {
      status: 200,
      body: { status: 'success', message: 'Call successfully queued.', call_id: 'call-1', batch_id: null },
    },
    placedId: 'call-1',
    refusals: {
      401: { data: null, errors: [{ error: 'AUTH_FAILURE', message: 'Unauthorized' }] },
      402: { status: 'error', message: 'Insufficient balance.' },
      403: {
        data: null,
        errors: [{ error: 'INSUFFICIENT_SCOPE', message: 'No.', required_scope: 'calls:create' }],
      },
      429: { status: 'error', message: 'Rate limit exceeded.' },
      // Whatever a fault says besides, it is a fault.
      500: { data: null, errors: [{ error: 'NOT_FOUND', message: 'Internal server error' }] },
    },
    noSuchAgent: [
      { status: 404, body: { data: null, errors: [{ error: 'NOT_FOUND', message: 'Agent not found' }] } },
      { status: 200, body: { data: null, errors: [{ error: 'NOT_FOUND', message: 'Agent not found' }] } },
      { status: 400, body: { status: 'error', code: 'AGENT_NOT_FOUND' } },
      { status: 400, body: { status: 'error', code: 'AGENT_ID_INVALID' } },
    ],
    notAboutTheAgent: [
      { status: 400, body: { status: 'error', message: "Invalid 'from' - must be a phone number string." } },
      { status: 400, body: { status: 'error', code: 'AGENT_VERSION_NOT_FOUND' } },
      { status: 400, body: { status: 'error', code: 'constructor' } },
      { status: 200, body: { status: 'error', message: 'The call was not queued.', call_id: 'call-1' } },
    ],
  },
};
