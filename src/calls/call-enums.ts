import { enumOf } from '../graphql/schema-types';
import { CALL_DIRECTIONS, CALL_END_REASONS, CALL_STATUSES } from '../providers/call-facts';
import { CALL_KINDS, CALL_ORIGINS, COST_STATUSES } from './call.entity';

export const CallKindEnum = enumOf('CallKind', CALL_KINDS, 'What a call was placed for.', {
  TEST: 'A call by which an admin tries out an agent and its key.',
  LIVE: 'A call of everyday business.',
});
export const CallOriginEnum = enumOf('CallOrigin', CALL_ORIGINS, 'How a call came to Latchkey.', {
  API: 'It was started by `startTestCall`, `startCall` or `startWebCall`.',
  GATEWAY: "It was placed through the gateway, by the provider's own SDK.",
  PROVIDER:
    'It began at the provider itself: somebody called the agent, or placed the call with the account elsewhere.',
});
export const CallDirectionEnum = enumOf(
  'CallDirection',
  CALL_DIRECTIONS,
  'Who called whom, seen from the agent.',
  { OUTBOUND: 'The agent calls.', INBOUND: 'The agent is called.' },
);
export const CallStatusEnum = enumOf('CallStatus', CALL_STATUSES, 'How far a call has come.', {
  QUEUED: 'The provider has accepted the call and has not placed it yet.',
  RINGING: 'The phone rings.',
  IN_PROGRESS: 'Somebody has answered, and the call goes on.',
  COMPLETED: 'The call was answered and is over.',
  NO_ANSWER: 'Nobody answered.',
  BUSY: 'The line was busy.',
  CANCELED: 'The call was given up before it was answered.',
  FAILED:
    'The call did not come about: its provider refused it, in which case `error` says why, or something failed before it was answered.',
  UNKNOWN:
    'The provider was asked and has given no definitive answer: the call may have been placed. It is never placed again by itself.',
});

export const CallEndReasonEnum = enumOf(
  'CallEndReason',
  CALL_END_REASONS,
  "Why a call ended, in the platform's words.",
  {
    HUNG_UP_BY_CALLEE: 'The person whom the agent spoke with hung up.',
    HUNG_UP_BY_AGENT: 'The agent ended the call.',
    TRANSFERRED: 'The call was handed over to somebody else.',
    VOICEMAIL: 'A voicemail or an answering machine took the call.',
    NO_ANSWER: 'Nobody answered.',
    BUSY: 'The line was busy.',
    DECLINED: 'The call was declined.',
    INVALID_NUMBER: 'There is no such number, or it cannot be called.',
    MAX_DURATION: 'The call reached the greatest length that it may have.',
    INACTIVITY: 'Nobody said anything for too long.',
    CANCELED: 'The call was stopped, for example by `endCall`.',
    PROVIDER_REFUSED: 'The provider did not take the call on.',
    PROVIDER_FAULT: 'Something failed at the provider, or at whom it connects to.',
    OTHER: 'The provider gave another reason.',
  },
);
export const CostStatusEnum = enumOf('CostStatus', COST_STATUSES, 'Whether it is known what a call costs.', {
  PENDING: 'The provider has not told it yet.',
  KNOWN: 'The provider has told it. A later correction by the provider replaces it.',
  UNKNOWN: 'Nobody can tell it: the provider did not, or can no longer be asked. It is not zero.',
});
