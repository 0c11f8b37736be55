import { PLAIN_AGENT, type GatewayPlacement, type NamedAgent } from '../providers/gateway-table';
import { field } from '../providers/json';
import { withMember } from './json-members';
import { NotAddable } from './json-text';
import { GatewayRefusal } from './refusals';

/** What the body of a request asks for. */
interface AskedCall {
  readonly text: string;
  readonly agent: NamedAgent;
  readonly toNumber: string | null;
  /** Nobody is dialled. */
  readonly isWebCall: boolean;
}

/** Reads what is asked for, as JSON in UTF-8. Throws `GatewayRefusal`. */
export function readPlacement(placement: GatewayPlacement, body: Buffer | null): AskedCall {
  const { agents, refused, toNumber } = placement;
  const text = textOf(body ?? Buffer.alloc(0));
  const json = parse(text);
  if (refused.some((name) => field(json, name) != null)) throw new GatewayRefusal('INVALID_BODY');
  const named = Object.entries(agents).filter(([name]) => field(json, name) != null);
  const [[name, kind] = ['', PLAIN_AGENT] as const, ...more] = named;
  if (more.length > 0) throw new GatewayRefusal('INVALID_BODY');
  const id = field(json, name);
  if (typeof id !== 'string' || !/^[\x21-\x7E]{1,128}$/.test(id)) throw new GatewayRefusal('AGENT_REQUIRED');
  const number = toNumber?.reduce<unknown>((inner, name) => field(inner, name), json);
  const isNumber = typeof number === 'string' && /^\+[1-9]\d{6,14}$/.test(number);
  const isWebCall = toNumber === null || (placement.isWebCall?.(json) ?? false);
  return { text, agent: { id, kind }, toNumber: isNumber ? number : null, isWebCall };
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new GatewayRefusal('INVALID_BODY');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new GatewayRefusal('INVALID_BODY');
  }
}

/** Adds the metadata by which the call is found again. Throws `GatewayRefusal`. */
export function withLatchkeyId(text: string, { metadata }: GatewayPlacement, callId: string): string {
  try {
    return withMember(text, metadata, 'latchkey_call_id', callId);
  } catch (error) {
    throw error instanceof NotAddable ? new GatewayRefusal('INVALID_BODY') : error;
  }
}
