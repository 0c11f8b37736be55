import type { GatewayTable, Missing, OwnAnswer } from '../providers/gateway-table';

/** Why the gateway itself refuses a request, with the status and the words of its answer. */
export const REFUSALS = {
  MALFORMED_REQUEST: [400, 'The request cannot be passed on as it was written.'],
  TOKEN_REFUSED: [401, 'The gateway token is missing, unknown, expired or revoked.'],
  NO_KEY_CONFIGURED: [401, 'There is no key for this request. An agency admin can set one.'],
  KEY_UNREADABLE: [401, 'The key for this request does not open. An agency admin can set it again.'],
  PROVIDER_NOT_ALLOWED: [403, 'The gateway token does not reach this provider.'],
  SCOPE_MISSING: [403, 'The gateway token is not good for this operation.'],
  CLIENT_ARCHIVED: [403, 'The client of the agent is archived: its agents place no calls.'],
  OPERATION_NOT_ALLOWED: [404, 'The gateway does not pass on this operation.'],
  QUERY_NOT_ALLOWED: [400, 'The gateway does not pass on a query parameter of this request.'],
  BODY_TOO_LARGE: [413, 'The body of the request is too large.'],
  INVALID_BODY: [400, 'The body must be one JSON object that names the agent and places one call.'],
  AGENT_REQUIRED: [400, 'The request does not name the agent that is to place the call.'],
  AGENT_AMBIGUOUS: [400, 'Several entries stand for this agent. An agency admin can put that right.'],
  AGENTS_OF_SEVERAL_ACCOUNTS: [
    400,
    'The request names agents whose keys are not the same one, or more than 10 agents. Ask for fewer at once.',
  ],
  IDEMPOTENCY_CONFLICT: [422, 'The idempotency key was used for another request.'],
  ACCESS_GIVEN_ONCE: [409, 'The web call was created, and what it takes to join it was given out once.'],
  TOO_MANY_STREAMS: [429, 'The gateway token has too many answers on their way. Try again later.'],
  RATE_LIMITED: [429, 'The gateway token has asked too often. Try again later.'],
  PROVIDER_FAULT: [502, 'The provider gave no answer that can be passed on.'],
  PROVIDER_UNREACHABLE: [502, 'The provider could not be reached.'],
  OUTCOME_UNKNOWN: [502, 'It is not known whether the call was placed. It is not placed again.'],
  UNAVAILABLE: [503, 'The gateway cannot work at the moment. Try again later.'],
  PROVIDER_TIMEOUT: [504, 'The provider did not answer in time.'],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

export type Reason = keyof typeof REFUSALS | 'AGENT_NOT_FOUND';

/** The header that says why, in a word of Latchkey's own. */
export const REASON_HEADER = 'latchkey-reason';

/** The request is answered without its provider, or in place of it. */
export class GatewayRefusal extends Error {
  constructor(
    readonly reason: Reason,
    readonly own: OwnAnswer | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(reason);
  }

  /** Returns the answer in the provider's own form, so that its SDK raises the error that it usually does. */
  answer(table: GatewayTable): OwnAnswer {
    if (this.own) return this.own;
    const [status, message] = this.reason === 'AGENT_NOT_FOUND' ? [404, 'Not found.'] : REFUSALS[this.reason];
    return { status, body: table.error(status, message) };
  }
}

/** What is wrong with a gateway token, as a code for the log. The answer does not tell it. */
export type TokenRefusal = `GATEWAY_TOKEN_${'MISSING' | 'MALFORMED' | 'UNKNOWN' | 'EXPIRED' | 'REVOKED'}`;

export class TokenRefused extends GatewayRefusal {
  constructor(readonly refusal: TokenRefusal) {
    super('TOKEN_REFUSED');
  }
}

export function notFound(table: GatewayTable, what: Missing, id: string): GatewayRefusal {
  return new GatewayRefusal('AGENT_NOT_FOUND', table.notFound(what, id));
}
