import { createParameterDecorator } from 'type-graphql';
import { forbidden, unauthenticated } from '../graphql/errors';
import type { Loaders } from './loaders';
import { canManageAccess } from './abilities';
import type { Identity } from './identity';
import { isAdmin, type Viewer } from './viewer';

/** What one request knows: who asks, under which id it is logged, and what it has loaded already. */
export interface RequestContext {
  readonly viewer: Viewer | null;
  /**
   * Who signed in at the issuer, whether or not an agency knows them; null for service tokens and for nobody.
   */
  readonly identity: Identity | null;
  readonly requestId: string;
  readonly loaders: Loaders;
}

/**
 * Injects the viewer into a resolver. The policy has refused requests without a viewer already; this does not
 * rely on it.
 */
export function CurrentViewer() {
  return createParameterDecorator<RequestContext>(({ context }) => {
    if (!context.viewer) throw unauthenticated();
    return context.viewer;
  });
}

/**
 * Injects the identity that the issuer vouches for. The policy has refused requests without one already; this
 * does not rely on it.
 */
export function CurrentIdentity() {
  return createParameterDecorator<RequestContext>(({ context }) => {
    if (!context.identity) throw unauthenticated();
    return context.identity;
  });
}

/**
 * Throws `FORBIDDEN` unless the viewer is an admin. Every service that touches keys calls it, and so does not
 * rely on the policy.
 */
export function requireAdmin(viewer: Viewer): void {
  if (!isAdmin(viewer)) throw forbidden();
}

/** Throws `FORBIDDEN` unless the viewer is an admin in person. Services that give others access call it. */
export function requireAccessManager(viewer: Viewer): void {
  if (!canManageAccess(viewer)) throw forbidden();
}
