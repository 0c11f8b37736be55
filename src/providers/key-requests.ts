import type { Send } from '../vault/outbound';
import type { ProviderAdapter } from './provider';
import type { AgentAtProvider } from './provider-agent';
import { PROVIDER_ERRORS, type AgentPresence, type KeyVerdictStatus } from './provider-errors';
import { errorIn, errorOf, type ProviderError } from './refusals';

export interface KeyVerdict {
  readonly status: KeyVerdictStatus;
  /** What was answered, unless the key is valid. */
  readonly error: ProviderError | null;
}

export async function verifyKey(adapter: ProviderAdapter, send: Send): Promise<KeyVerdict> {
  const reply = await send(adapter.verify);
  const error = errorIn(adapter, reply);
  if (error === null && reply.kind === 'ANSWER' && adapter.isVerified(reply.json))
    return { status: 'VALID', error };
  // The request asks for nothing that could be absent or wrong, so whatever answers like this is not the
  // provider's API.
  if (error === null || error.code === 'AGENT_NOT_FOUND' || error.code === 'INVALID_REQUEST')
    return { status: 'UNREACHABLE', error: errorOf('PROVIDER_FAULT', reply) };
  return { status: PROVIDER_ERRORS[error.code].verdict, error };
}

export async function findAgent(
  adapter: ProviderAdapter,
  send: Send,
  agent: AgentAtProvider,
): Promise<AgentPresence> {
  const { providerAgentId } = agent;
  // In a URL these two names lead to another path, however they are encoded. No agent has such an id.
  if (providerAgentId === '.' || providerAgentId === '..') return 'ABSENT';
  const error = errorIn(adapter, await send(adapter.agent(agent)));
  return error === null ? 'PRESENT' : PROVIDER_ERRORS[error.code].presence;
}
