import { digest } from '../platform/digest';
import { newId } from '../platform/ids';
import type { Viewer } from '../access/viewer';
import { linkTokenDigest } from '../vault/own-tokens';
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
  const digests = { tokenDigest: linkTokenDigest(token), codeDigest: codeDigest(token, code) };
  const { agencyId, id: createdBy, name: createdByName } = viewer;
  return {
    id: newId(),
    agencyId,
    ...what,
    ...digests,
    failedCodes: 0,
    refusedKeys: 0,
    askedKeys: 0,
    askedAt: null,
    createdByName,
    createdBy,
    createdAt,
    expiresAt,
    usedAt: null,
    revokedAt: null,
  };
}

/**
 * Digests a code together with its token, so that whoever reads the database cannot try the million codes.
 */
export function codeDigest(token: string, code: string): string {
  return digest('key link code', token, code);
}

/** Returns the fields by which an audit event names a link. */
export function nameOf({ id: keyLinkId, clientId, provider }: KeyLinkRow) {
  return { clientId, provider, keyLinkId };
}
