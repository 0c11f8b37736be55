import { newId, digest } from '../platform/ids';
import type { Viewer } from '../access/viewer';
import type { KeyLinkRow } from './key-link.entity';

const HOUR_MS = 60 * 60 * 1000;

/** What a link asks for. */
type For = Pick<KeyLinkRow, 'clientId' | 'provider' | 'region'>;

export function newKeyLink(
  viewer: Viewer,
  what: For,
  token: string,
  code: string,
  hours: number,
): KeyLinkRow {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + hours * HOUR_MS);
  const digests = { tokenDigest: tokenDigest(token), codeDigest: codeDigest(token, code) };
  const { agencyId, id: createdBy, name: createdByName } = viewer;
  return {
    id: newId(),
    agencyId,
    ...what,
    ...digests,
    failedCodes: 0,
    refusedKeys: 0,
    createdByName,
    createdBy,
    createdAt,
    expiresAt,
    usedAt: null,
    revokedAt: null,
  };
}

/** Without a salt: the 256 random bits of a token cannot be guessed, and the link is looked up by this. */
export function tokenDigest(token: string): string {
  return digest('key link', token);
}

/** Bound to the token: whoever reads the database cannot try the million codes. */
export function codeDigest(token: string, code: string): string {
  return digest('key link code', token, code);
}

/** How an audit event names a link. */
export function nameOf({ id: keyLinkId, clientId, provider }: KeyLinkRow) {
  return { clientId, provider, keyLinkId };
}
