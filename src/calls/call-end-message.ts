import type { Announcement } from '../outbox/message-types';
import type { CallRow } from './call.entity';

/** What webhooks are told of a call that has ended. What it costs may not be known yet. */
export function endOf({ agencyId, endedAt, updatedAt, ...call }: CallRow): Announcement {
  const { id: callId, clientId, agentId, provider, kind, direction, keySource } = call;
  const { status, durationMs, endReason } = call;
  const data = { callId, clientId, agentId, provider, kind, direction, keySource };
  return {
    agencyId,
    type: 'CALL_ENDED',
    at: endedAt ?? updatedAt,
    data: { ...data, status, durationMs, endReason },
  };
}
