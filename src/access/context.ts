import { createParameterDecorator } from 'type-graphql';
import { forbidden, unauthenticated } from '../graphql/errors';
import type { Loaders } from '../graphql/loaders';
import type { Identity } from './identity';
import { canManageAccess, isAdmin, type Viewer } from './viewer';

/** What one request knows: who asks, under which id it is logged, and what it has loaded already. */
export interface RequestContext {
  readonly viewer: Viewer | null;
  /** Who signed in at the issuer, whether or not an agency knows them; null for service tokens and for nobody. */
  readonly identity: Identity | null;
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

/** Whoever signed in at the issuer. The policy has let them through; this refuses on its own all the same. */
export function CurrentIdentity() {
  return createParameterDecorator<RequestContext>(({ context }) => {
    if (!context.identity) throw unauthenticated();
    return context.identity;
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
