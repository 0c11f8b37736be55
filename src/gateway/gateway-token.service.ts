import { requireAccessManager } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { lockActiveClient } from '../clients/active-client';
import { readPage } from '../database/pages';
import type { Reader, Transaction } from '../database/transaction';
import { checkName } from '../graphql/checks';
import type { Page, PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import type { AccessGranter } from '../people/access-granters';
import type { GrantedAccess } from '../people/granted-access';
import { tokensInForce, withdrawRows } from '../people/revocable-rows';
import { isId, newId } from '../platform/ids';
import { PROVIDERS, type Provider } from '../providers';
import {
  GATEWAY_SCOPES,
  gatewayTokenDigest,
  gatewayTokenPrefix,
  newGatewayToken,
  type GatewayScope,
} from './gateway-token';
import { GatewayTokenRow } from './gateway-token.entity';

/** The longest lifetime, in days. */
export const MAX_LIFETIME = 365;

const DAY_MS = 24 * 60 * 60 * 1000;

export interface NewGatewayToken {
  readonly name: string;
  readonly clientId?: string | null;
  readonly providers: readonly Provider[];
  readonly scopes: readonly GatewayScope[];
  readonly expiresAt: Date;
}

export interface GatewayTokenResult {
  readonly gatewayToken: GatewayTokenRow | null;
  readonly userErrors: readonly UserError[];
}

/**
 * The tokens that integrations put in place of a provider's key. Only admins in person manage them, so that
 * no token can make another one that outlives it.
 */
export class GatewayTokenService implements AccessGranter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  list(viewer: Viewer, args: PageArgs, clientId: string | null): Promise<Page<GatewayTokenRow>> {
    requireAccessManager(viewer);
    const { read } = this.database;
    const query = read.createQueryBuilder(GatewayTokenRow, 'token').where(visibleTo(viewer));
    if (clientId !== null)
      query.andWhere('token.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    const index = clientId === null ? 'gateway_tokens_by_agency' : 'gateway_tokens_by_client';
    return readPage(read, query, args, 'ASC', index);
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(GatewayTokenRow | null)[]> {
    requireAccessManager(viewer);
    return findOwnMany(this.database.read, viewer, GatewayTokenRow, ids);
  }

  /** Creates a token. It stands in this answer and nowhere else. */
  async create(
    viewer: Viewer,
    input: NewGatewayToken,
  ): Promise<GatewayTokenResult & { token: string | null }> {
    requireAccessManager(viewer);
    const name = checkName(input.name, ['input', 'name']);
    const refusals = [...(typeof name === 'string' ? [] : [name]), ...refusalsOf(input)];
    const token = newGatewayToken();
    return this.database.write(viewer, async (tx) => {
      const client = input.clientId == null ? null : await lockActiveClient(tx, viewer, input.clientId);
      const userErrors = client && 'code' in client ? [client, ...refusals] : refusals;
      if (typeof name !== 'string' || userErrors.length > 0)
        return { token: null, gatewayToken: null, userErrors };
      const gatewayToken = newRow(viewer, { ...input, name }, token);
      await tx.insert(GatewayTokenRow, gatewayToken);
      await this.audit.record(tx, viewer, { type: 'GATEWAY_TOKEN_CREATED', ...eventOf(gatewayToken) });
      return { token, gatewayToken, userErrors };
    });
  }

  /** Revokes a token at once: the very next request with it is refused. Doing this twice changes nothing. */
  async revoke(viewer: Viewer, id: string): Promise<GatewayTokenResult> {
    requireAccessManager(viewer);
    return this.database.write(viewer, async (tx) => {
      const gatewayToken = await lockOwn(tx, viewer, GatewayTokenRow, id);
      if (!gatewayToken)
        return { gatewayToken: null, userErrors: [userError('NOT_FOUND', ['input', 'gatewayTokenId'])] };
      if (gatewayToken.revokedAt !== null) return { gatewayToken, userErrors: [] };
      const revokedAt = new Date();
      await tx.update(GatewayTokenRow, { id }, { revokedAt });
      await this.audit.record(tx, viewer, { type: 'GATEWAY_TOKEN_REVOKED', ...eventOf(gatewayToken) });
      return { gatewayToken: { ...gatewayToken, revokedAt }, userErrors: [] };
    });
  }

  async granted(read: Reader, agencyId: string, createdBy: string): Promise<GrantedAccess[]> {
    return (await tokensInForce(read, GatewayTokenRow, agencyId, createdBy)).map(grantedAs);
  }

  async withdraw(
    tx: Transaction,
    viewer: Viewer,
    createdBy: string,
    keep: boolean,
  ): Promise<GrantedAccess[]> {
    const tokens = await tokensInForce(tx, GatewayTokenRow, viewer.agencyId, createdBy);
    await withdrawRows(tx, viewer, 'gateway_tokens', tokens, keep, (token) =>
      this.audit.record(tx, viewer, { type: 'GATEWAY_TOKEN_REVOKED', ...eventOf(token) }),
    );
    return tokens.map((token) => ({ ...grantedAs(token), isRevoked: !keep }));
  }
}

function refusalsOf({ providers, scopes, expiresAt }: NewGatewayToken): UserError[] {
  const lifetimeMs = expiresAt.getTime() - Date.now();
  const isInTime = lifetimeMs > 0 && lifetimeMs <= MAX_LIFETIME * DAY_MS;
  return [
    providers.length > 0 ? null : userError('REQUIRED', ['input', 'providers']),
    scopes.length > 0 ? null : userError('REQUIRED', ['input', 'scopes']),
    isInTime
      ? null
      : userError('INVALID_FORMAT', ['input', 'expiresAt'], `Within the next ${MAX_LIFETIME} days.`),
  ].filter((error) => error !== null);
}

function grantedAs({ id, name, createdAt, expiresAt }: GatewayTokenRow): GrantedAccess {
  return { kind: 'GATEWAY_TOKEN', objectId: id, name, createdAt, expiresAt, isRevoked: false };
}

function newRow(
  { agencyId, id: createdBy }: Viewer,
  { name, clientId = null, providers, scopes, expiresAt }: NewGatewayToken,
  token: string,
): GatewayTokenRow {
  return {
    id: newId(),
    agencyId,
    clientId,
    name,
    // Each of them once, in the order of their lists.
    providers: PROVIDERS.filter((provider) => providers.includes(provider)),
    scopes: GATEWAY_SCOPES.filter((scope) => scopes.includes(scope)),
    prefix: gatewayTokenPrefix(token),
    tokenDigest: gatewayTokenDigest(token),
    createdBy,
    createdAt: new Date(),
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
}

function eventOf({ id: gatewayTokenId, clientId, name, providers, scopes }: GatewayTokenRow) {
  return { gatewayTokenId, clientId, name, providers, scopes };
}
