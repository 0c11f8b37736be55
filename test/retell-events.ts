import { createHmac } from 'node:crypto';
import type { TestApp } from './harness';
import { ENDPOINTS, SET_WEBHOOK_SECRET } from './operations';

const SECRET = 'whs_0123456789abcdefghij';
/** When the calls of these events began, unless they say something else. */
export const START = Date.UTC(2026, 10, 27, 9);

export interface RetellCall {
  readonly call_id: string;
  readonly [name: string]: unknown;
}

/** Events are sent to an address of the owner's, signed by its secret. */
export async function eventsOf(running: TestApp, owner: string | null, instance = running) {
  const { webhookEndpoints } = await instance.data<{
    webhookEndpoints: { provider: string; url: string }[];
  }>(ENDPOINTS, { clientId: owner });
  const { pathname } = new URL(webhookEndpoints.find(({ provider }) => provider === 'RETELL')?.url ?? '');
  await running.data(SET_WEBHOOK_SECRET, { input: { clientId: owner, provider: 'RETELL', secret: SECRET } });
  return async (event: string, call: RetellCall, on = instance) => {
    const body = JSON.stringify({ event, call });
    const time = Date.now();
    const d = createHmac('sha256', SECRET).update(`${body}${time}`).digest('hex');
    const headers = { 'x-retell-signature': `v=${time},d=${d}` };
    const { status } = await fetch(`${on.url}${pathname}`, { method: 'POST', body, headers });
    expect(status).toBe(204);
  };
}

export const providerAgentIdOf = async (running: TestApp, id: string) =>
  (
    await running.app.database.read.rows<{ providerAgentId: string }>(
      'SELECT providerAgentId FROM agents WHERE id = ?',
      [id],
    )
  )[0]?.providerAgentId ?? '';

export const started = (id: string, more: object = {}): RetellCall => ({
  call_id: id,
  call_status: 'ongoing',
  start_timestamp: START,
  ...more,
});
export const over = (id: string, more: object = {}): RetellCall => ({
  ...started(id),
  call_status: 'ended',
  end_timestamp: START + 61_000,
  duration_ms: 61_000,
  disconnection_reason: 'user_hangup',
  ...more,
});
export const ENDED = {
  status: 'COMPLETED',
  durationMs: 61_000,
  endReason: 'HUNG_UP_BY_CALLEE',
  startedAt: new Date(START),
  endedAt: new Date(START + 61_000),
};
