import type { OutboundReply, Send } from '../vault/outbound';
import type { CallContent } from './call-content';
import type { CallFacts } from './call-facts';
import type { ProviderAdapter } from './provider';
import { errorIn, errorOf, type ProviderError } from './refusals';

/** `UNKNOWN` means that nothing definitive was answered. */
export type CallAnswer =
  | { readonly outcome: 'FOUND'; readonly facts: CallFacts }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** Asks for one call. The answer counts only where it is about that call. */
export async function askForCall(
  adapter: ProviderAdapter,
  send: Send,
  providerCallId: string,
): Promise<CallAnswer> {
  return answerIn(adapter, await send(adapter.call(providerCallId)), providerCallId);
}

export function answerIn(adapter: ProviderAdapter, reply: OutboundReply, providerCallId: string): CallAnswer {
  const error = errorIn(adapter, reply);
  if (error) return { outcome: 'UNKNOWN', error };
  const facts = reply.kind === 'ANSWER' ? adapter.readCall(reply.json) : null;
  return facts?.providerCallId === providerCallId
    ? { outcome: 'FOUND', facts }
    : { outcome: 'UNKNOWN', error: errorOf('PROVIDER_FAULT', reply) };
}

/** `UNKNOWN` means that nothing definitive was answered. */
export type ContentAnswer =
  | { readonly outcome: 'FOUND'; readonly content: CallContent }
  | { readonly outcome: 'UNKNOWN'; readonly error: ProviderError };

/** Asks for one call and reads what was said in it. The answer counts only where it is about that call. */
export async function askForContent(
  adapter: ProviderAdapter,
  send: Send,
  providerCallId: string,
): Promise<ContentAnswer> {
  const reply = await send(adapter.call(providerCallId));
  const answer = answerIn(adapter, reply, providerCallId);
  if (answer.outcome === 'UNKNOWN') return answer;
  const json = reply.kind === 'ANSWER' ? reply.json : null;
  return { outcome: 'FOUND', content: adapter.readContent(json, providerCallId) };
}
