import { bland } from './bland';
import type { ProviderAdapter } from './provider';
import { retell } from './retell';
import { vapi } from './vapi';

/**
 * This is the list of all providers. A provider is one file and one line here, and everything else that
 * enumerates providers is derived from this list.
 */
export const providers = [retell, vapi, bland] as const satisfies readonly ProviderAdapter[];

export type Provider = (typeof providers)[number]['id'];

export const PROVIDERS: readonly Provider[] = providers.map(({ id }) => id);

const adapters = new Map<Provider, ProviderAdapter>(providers.map((adapter) => [adapter.id, adapter]));

export function adapterOf(id: Provider): ProviderAdapter {
  const adapter = adapters.get(id);
  if (!adapter) throw new Error('There is no such provider');
  return adapter;
}
