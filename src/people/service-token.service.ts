import { requireAccessManager } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { AccessGranter } from './access-granters';
import { tokensInForce, withdrawRows } from './revocable-rows';
import { newServiceToken, serviceTokenDigest, serviceTokenPrefix } from './service-token';
import { ServiceTokenRow } from './service-token.entity';
import type { AgencyRole, Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import type { TenantDatabase } from '../access/tenant-database';
import type { Reader, Transaction } from '../database/transaction';
import { newId } from '../platform/ids';
import type { GrantedAccess } from './granted-access';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { checkName } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';

/** The lifetimes are in days. */
export const DEFAULT_LIFETIME = 90;
export const MAX_LIFETIME = 365;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface NewServiceToken {
  readonly name: string;
  readonly role: AgencyRole;
  readonly expiresInDays?: number | null;
}

export interface ServiceTokenResult {
  readonly serviceToken: ServiceTokenRow | null;
  readonly userErrors: readonly UserError[];
}

/**
 * The tokens with which integrations of an agency authenticate. Only admins in person manage them, so that no
 * token can make another one that outlives it.
 */
export class ServiceTokenService implements AccessGranter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  list(viewer: Viewer, args: PageArgs): Promise<Page<ServiceTokenRow>> {
    requireAccessManager(viewer);
    const { read } = this.database;
    const query = read.createQueryBuilder(ServiceTokenRow, 'token').where(visibleTo(viewer));
    return readPage(read, query, args, 'ASC', 'service_tokens_by_agency');
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(ServiceTokenRow | null)[]> {
    requireAccessManager(viewer);
    return findOwnMany(this.database.read, viewer, ServiceTokenRow, ids);
  }

  /** Creates a token. It stands in this answer and nowhere else. */
  async create(
    viewer: Viewer,
    input: NewServiceToken,
  ): Promise<ServiceTokenResult & { token: string | null }> {
    requireAccessManager(viewer);
    const name = checkName(input.name, ['input', 'name']);
    const days = input.expiresInDays ?? DEFAULT_LIFETIME;
    const lifetime =
      days >= 1 && days <= MAX_LIFETIME
        ? null
        : userError('INVALID_FORMAT', ['input', 'expiresInDays'], `From 1 to ${MAX_LIFETIME} days.`);
    const userErrors = [name, lifetime].filter((part) => part !== null && typeof part === 'object');
    if (userErrors.length > 0) return { token: null, serviceToken: null, userErrors };
    const token = newServiceToken();
    const serviceToken = newRow(viewer, name as string, input.role, token, days);
    await this.database.write(viewer, async (tx) => {
      await tx.insert(ServiceTokenRow, serviceToken);
      await this.audit.record(tx, viewer, { type: 'SERVICE_TOKEN_CREATED', ...eventOf(serviceToken) });
    });
    return { token, serviceToken, userErrors: [] };
  }

  /** Revokes a token at once: the very next request with it is refused. Doing this twice changes nothing. */
  async revoke(viewer: Viewer, id: string): Promise<ServiceTokenResult> {
    requireAccessManager(viewer);
    return this.database.write(viewer, async (tx) => {
      const serviceToken = await lockOwn(tx, viewer, ServiceTokenRow, id);
      if (!serviceToken)
        return { serviceToken: null, userErrors: [userError('NOT_FOUND', ['input', 'serviceTokenId'])] };
      if (serviceToken.revokedAt !== null) return { serviceToken, userErrors: [] };
      const revokedAt = new Date();
      await tx.update(ServiceTokenRow, { id }, { revokedAt });
      await this.audit.record(tx, viewer, { type: 'SERVICE_TOKEN_REVOKED', ...eventOf(serviceToken) });
      return { serviceToken: { ...serviceToken, revokedAt }, userErrors: [] };
    });
  }

  async granted(read: Reader, agencyId: string, createdBy: string): Promise<GrantedAccess[]> {
    return (await tokensInForce(read, ServiceTokenRow, agencyId, createdBy)).map(grantedAs);
  }

  async withdraw(
    tx: Transaction,
    viewer: Viewer,
    createdBy: string,
    keep: boolean,
  ): Promise<GrantedAccess[]> {
    const tokens = await tokensInForce(tx, ServiceTokenRow, viewer.agencyId, createdBy);
    await withdrawRows(tx, viewer, 'service_tokens', tokens, keep, (token) =>
      this.audit.record(tx, viewer, { type: 'SERVICE_TOKEN_REVOKED', ...eventOf(token) }),
    );
    return tokens.map((token) => ({ ...grantedAs(token), isRevoked: !keep }));
  }
}

function grantedAs({ id, name, createdAt, expiresAt }: ServiceTokenRow): GrantedAccess {
  return { kind: 'SERVICE_TOKEN', objectId: id, name, createdAt, expiresAt, isRevoked: false };
}

function newRow(
  { agencyId, id: createdBy }: Viewer,
  name: string,
  role: AgencyRole,
  token: string,
  days: number,
): ServiceTokenRow {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + days * DAY_MS);
  const digests = { prefix: serviceTokenPrefix(token), tokenDigest: serviceTokenDigest(token) };
  return {
    id: newId(),
    agencyId,
    name,
    role,
    ...digests,
    createdBy,
    createdAt,
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
    lastRefusedAt: null,
  };
}

function eventOf({ id: serviceTokenId, name, role }: ServiceTokenRow) {
  return { serviceTokenId, name, role };
}
