import type { OutboundReply, Send } from '../vault/outbound';
import { answerIn } from './call-requests';
import { isOwnAddress, postTo } from './control-address';
import type { ProviderAdapter } from './provider';
import { errorIn, errorOf, isSuccess, type ProviderError } from './refusals';

/** Where requests without a key go at most, and how long they may take. */
export interface Control {
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

/** Asks the provider to end a call. The result is null where it has said that it does. */
export async function stopCall(
  adapter: ProviderAdapter,
  send: Send,
  { baseUrl, timeoutMs }: Control,
  providerCallId: string,
): Promise<ProviderError | null> {
  const stop = adapter.stopCall;
  if (stop.by === 'REQUEST') return stopError(adapter, await send(stop.request(providerCallId)));
  const reply = await send(adapter.call(providerCallId));
  const answer = answerIn(adapter, reply, providerCallId);
  if (answer.outcome === 'UNKNOWN') return answer.error;
  const address = reply.kind === 'ANSWER' ? stop.addressIn(reply.json) : '';
  if (!isOwnAddress(address, stop.domain, baseUrl)) return errorOf('PROVIDER_FAULT', reply);
  return postTo(address, stop.body, timeoutMs);
}

// Nothing need be said where a call was stopped: the status is enough.
function stopError(adapter: ProviderAdapter, reply: OutboundReply): ProviderError | null {
  if (reply.kind === 'NO_ANSWER' || !isSuccess(reply.status)) return errorIn(adapter, reply);
  const code = adapter.refusal(reply.status, reply.json);
  return code && errorOf(code, reply);
}
