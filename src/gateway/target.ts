import { PROVIDERS, adapterOf, type Provider } from '../providers';
import { GatewayOperations, type GatewayTable } from '../providers/gateway-table';

export interface GatewayProvider {
  readonly id: Provider;
  readonly table: GatewayTable;
  readonly operations: GatewayOperations;
}

const providers = new Map<string, GatewayProvider>(
  PROVIDERS.flatMap((id) => {
    const { gateway: table } = adapterOf(id);
    return table
      ? [[id.toLowerCase(), { id, table, operations: new GatewayOperations(table) }] as const]
      : [];
  }),
);

const TARGET = /^\/gateway\/([a-z0-9_-]+)(\/[^?#]*)(?:\?([^#]*))?$/;

export interface Target {
  readonly provider: GatewayProvider;
  readonly path: string;
  readonly query: string;
}

/** Reads what a request asks for. The result is null where no provider has the address. */
export function readTarget(target: string): Target | null {
  const [, name = '', path = '', query = ''] = TARGET.exec(target) ?? [];
  const provider = providers.get(name);
  return provider ? { provider, path, query } : null;
}
