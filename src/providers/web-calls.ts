import type { OutboundRequest } from '../vault/outbound';
import type { AgentAtProvider } from './provider-agent';
import type { WebCallAccess } from './web-call-access';

/** A call that is held in a browser, or wherever else somebody connects to the provider. */
export interface WebCallToPlace extends AgentAtProvider {
  /** Latchkey's id of the call, which is sent as metadata. */
  readonly callId: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** How a provider starts calls without a phone. */
export interface WebCalls {
  request(call: WebCallToPlace): OutboundRequest;
  /** Reads what it takes to join the call. It is null where nobody could join by it. */
  access(json: unknown): WebCallAccess | null;
}
