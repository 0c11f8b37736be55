import type { Database } from '../platform/database';
import { forbidden } from '../platform/errors';
import { isId, newId } from '../platform/ids';
import { readPage, type Page, type PageArgs } from '../platform/page';
import { checkName } from '../platform/text';
import { userError, type UserError } from '../platform/user-error';
import { isServiceToken, newServiceToken, serviceTokenDigest, serviceTokenPrefix, type ServiceTokenRole } from './service-token';
import { ServiceTokenRow } from './service-token.entity';
import { canManageServiceTokens, PORTAL_PERMISSIONS, type Viewer } from './viewer';

/** In days. */
export const DEFAULT_LIFETIME = 90;
export const MAX_LIFETIME = 365;

const DAY_MS = 24 * 60 * 60 * 1000;
const LAST_USE_PRECISION_MS = 60 * 1000;

export interface NewServiceToken {
  readonly name: string;
  readonly role: ServiceTokenRole;
  readonly expiresInDays?: number | null;
}

export interface ServiceTokenResult {
  readonly serviceToken: ServiceTokenRow | null;
  readonly userErrors: readonly UserError[];
}

/** Tokens with which integrations of an agency authenticate. Managed by admins in person: a token cannot make another that outlives it. */
export class ServiceTokenService {
  constructor(private readonly database: Database) {}

  list(viewer: Viewer, args: PageArgs): Promise<Page<ServiceTokenRow>> {
    requireManager(viewer);
    return readPage(this.database.read.createQueryBuilder(ServiceTokenRow, 'token').where({ agencyId: viewer.agencyId }), args);
  }

  /** The token is in this answer and nowhere else. */
  async create(viewer: Viewer, input: NewServiceToken): Promise<ServiceTokenResult & { token: string | null }> {
    requireManager(viewer);
    const name = checkName(input.name, ['input', 'name']);
    const days = input.expiresInDays ?? DEFAULT_LIFETIME;
    const lifetime = days >= 1 && days <= MAX_LIFETIME ? null : userError('INVALID_FORMAT', ['input', 'expiresInDays'], `From 1 to ${MAX_LIFETIME} days.`);
    const userErrors = [name, lifetime].filter((part) => part !== null && typeof part === 'object');
    if (userErrors.length > 0) return { token: null, serviceToken: null, userErrors };
    const token = newServiceToken();
    const serviceToken = newRow(viewer, name as string, input.role, token, days);
    await this.database.write((tx) => tx.insert(ServiceTokenRow, serviceToken));
    return { token, serviceToken, userErrors: [] };
  }

  /** At once: the very next request with it is refused. Doing it twice changes nothing. */
  async revoke(viewer: Viewer, id: string): Promise<ServiceTokenResult> {
    requireManager(viewer);
    const where = { id: isId(id) ? id : '', agencyId: viewer.agencyId };
    return this.database.write(async (tx) => {
      const serviceToken = await tx.findOneBy(ServiceTokenRow, where);
      if (!serviceToken) return { serviceToken, userErrors: [userError('NOT_FOUND', ['input', 'serviceTokenId'])] };
      const revokedAt = serviceToken.revokedAt ?? new Date();
      await tx.update(ServiceTokenRow, where, { revokedAt });
      return { serviceToken: { ...serviceToken, revokedAt }, userErrors: [] };
    });
  }

  /** Who asks with an `Authorization` header that carries a service token. Null for one that is unknown, expired or revoked. */
  async viewerOf(authorization: string): Promise<Viewer | null> {
    const token = authorization.replace(/^Bearer +/i, '');
    if (!isServiceToken(token)) return null;
    const row = await this.database.read.findOneBy(ServiceTokenRow, { tokenDigest: serviceTokenDigest(token) });
    if (!row || row.revokedAt !== null || row.expiresAt <= new Date()) return null;
    await this.#noteUse(row);
    const { role, name, agencyId } = row;
    return { kind: 'SERVICE_TOKEN', role, name, agencyId, clientId: null, permissions: PORTAL_PERMISSIONS };
  }

  async #noteUse({ id, lastUsedAt }: ServiceTokenRow): Promise<void> {
    const now = new Date();
    if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < LAST_USE_PRECISION_MS) return;
    await this.database.write((tx) => tx.update(ServiceTokenRow, { id }, { lastUsedAt: now }));
  }
}

/** Whether a header carries a service token rather than a token of the issuer. */
export function carriesServiceToken(authorization: string | undefined): authorization is string {
  return authorization !== undefined && /^Bearer +lk_svc_/i.test(authorization);
}

function newRow({ agencyId }: Viewer, name: string, role: ServiceTokenRole, token: string, days: number): ServiceTokenRow {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + days * DAY_MS);
  const digests = { prefix: serviceTokenPrefix(token), tokenDigest: serviceTokenDigest(token) };
  return { id: newId(), agencyId, name, role, ...digests, createdAt, expiresAt, lastUsedAt: null, revokedAt: null };
}

function requireManager(viewer: Viewer): void {
  if (!canManageServiceTokens(viewer)) throw forbidden();
}
