import { createParameterDecorator } from 'type-graphql';
import { forbidden, unauthenticated } from '../graphql/errors';
import type { Loaders } from '../graphql/loaders';
import { canManageAccess, isAdmin, type Viewer } from './viewer';

/** What one request knows: who asks, under which id it is logged, and what it has loaded already. */
export interface RequestContext {
  readonly viewer: Viewer | null;
  readonly requestId: string;
  readonly loaders: Loaders;
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
