import { PLAIN_AGENT, type MatchedOperation } from '../providers/gateway-table';
import { GatewayRefusal } from './refusals';
import type { Target } from './target';

/** All that may stand in the value of a query parameter: no space, and nothing that is not seen. */
const VALUE = /^[\w.~!$'()*,;:@/?%+-]*$/;

/** What the provider is asked for: an operation of its table, with the path and the query to be sent. */
export type AskedOperation = MatchedOperation;

/** Throws `GatewayRefusal` for what the table does not have. */
export function operationFor({ provider, path, query }: Target, method: string): AskedOperation {
  const found = provider.operations.find(method, path);
  if (!found) throw new GatewayRefusal('OPERATION_NOT_ALLOWED');
  if (query === '') return found;
  const parameters = query.split('&').map((part) => splitAt(part, '='));
  const names = parameters.map(([name]) => name);
  const areListed = parameters.every(
    ([name, value]) => found.operation.query.includes(name) && VALUE.test(value),
  );
  if (!areListed || new Set(names).size < names.length) throw new GatewayRefusal('QUERY_NOT_ALLOWED');
  const valueOf = (parameter: string | null) => parameters.find(([name]) => name === parameter)?.[1];
  const [agent, call] = [valueOf(found.operation.agentInQuery), valueOf(found.operation.callInQuery)];
  return {
    ...found,
    path: `${found.path}?${query}`,
    agent: agent === undefined ? found.agent : { id: decoded(agent), kind: PLAIN_AGENT },
    callId: call === undefined ? found.callId : decoded(call),
  };
}

function splitAt(text: string, separator: string): [name: string, value: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    throw new GatewayRefusal('QUERY_NOT_ALLOWED');
  }
}
