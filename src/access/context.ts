import DataLoader from 'dataloader';
import { createParameterDecorator } from 'type-graphql';
import { forbidden, tookTooLong, unauthenticated } from '../platform/errors';
import { canManageAccess, isAdmin, type Viewer } from './viewer';

/** What one request knows: who asks, under which id it is logged, and what it has loaded already. */
export interface RequestContext {
  readonly viewer: Viewer | null;
  readonly requestId: string;
  readonly loaders: Loaders;
}

/**
 * The batching loaders of one request, made on first use: look-ups of the same kind in one tick become one statement. They keep
 * nothing: of two mutations in one document, the second must not answer with what the first one saw.
 */
export class Loaders {
  readonly #byName = new Map<string, DataLoader<string, unknown>>();
  #stopped = false;

  /** Nothing more is loaded: the answer would come too late. */
  stop(): void {
    this.#stopped = true;
  }

  load<V>(name: string, id: string, batch: (ids: readonly string[]) => Promise<readonly V[]>): Promise<V> {
    if (this.#stopped) return Promise.reject(tookTooLong());
    const loader = this.#byName.get(name) ?? new DataLoader<string, unknown>((ids) => oncePerId(ids, batch), { cache: false });
    this.#byName.set(name, loader);
    return loader.load(id) as Promise<V>;
  }
}

async function oncePerId<V>(ids: readonly string[], batch: (ids: readonly string[]) => Promise<readonly V[]>): Promise<V[]> {
  const unique = [...new Set(ids)];
  const values = await batch(unique);
  const byId = new Map(unique.map((id, index) => [id, values[index] as V]));
  return ids.map((id) => byId.get(id) as V);
}

/** The one who asks. The policy has let it through; this refuses on its own all the same. */
export function CurrentViewer() {
  return createParameterDecorator<RequestContext>(({ context }) => {
    if (!context.viewer) throw unauthenticated();
    return context.viewer;
  });
}

/** For every service that touches keys: it refuses without relying on the policy. */
export function requireAdmin(viewer: Viewer): void {
  if (!isAdmin(viewer)) throw forbidden();
}

/** For services that let people, tokens and keys of others in. */
export function requireAccessManager(viewer: Viewer): void {
  if (!canManageAccess(viewer)) throw forbidden();
}
