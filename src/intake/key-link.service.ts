import { randomBytes, randomInt } from 'node:crypto';
import { In } from 'typeorm';
import { requireAccessManager, requireAdmin } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { lockActiveClient } from '../clients/active-client';
import type { TenantDatabase } from '../access/tenant-database';
import type { Reader, Transaction } from '../database/transaction';
import type { AccessGranter } from '../people/access-granters';
import { withdrawRows } from '../people/revocable-rows';
import { isId } from '../platform/ids';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import type { GrantedAccess } from '../people/granted-access';
import { ClientRow } from '../clients/client.entity';
import type { Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import { nameOf, newKeyLink } from './key-link-rows';
import { linkStatus } from './key-link-status';
import { KeyLinkRow } from './key-link.entity';

/** The time for which a link opens unless another one is asked for, and the longest time, both in hours. */
export const DEFAULT_LIFETIME = 72;
export const MAX_LIFETIME = 168;

const TOKEN_BYTES = 32;
const CODE_DIGITS = 6;

export interface NewKeyLink {
  readonly clientId: string;
  readonly provider: Provider;
  readonly region?: ProviderRegion | null;
  readonly expiresInHours?: number | null;
}

export interface KeyLinkResult {
  readonly keyLink: KeyLinkRow | null;
  readonly userErrors: readonly UserError[];
}

/**
 * Makes and revokes links by which someone without a login hands in a key, once. The link goes one way, its
 * six-digit code another.
 */
export class KeyLinkService implements AccessGranter {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly providers: ProviderApi,
    /** The address of a link, by its token. */
    private readonly addressOf: (token: string) => string,
  ) {}

  /** Lists the links of an agency, the newest first. */
  list(viewer: Viewer, args: PageArgs, clientId: string | null): Promise<Page<KeyLinkRow>> {
    requireAdmin(viewer);
    const query = this.database.read.createQueryBuilder(KeyLinkRow, 'link').where(visibleTo(viewer));
    if (clientId !== null)
      query.andWhere('link.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    const index = clientId === null ? 'key_links_by_agency' : 'key_links_by_client';
    return readPage(this.database.read, query, args, 'DESC', index);
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(KeyLinkRow | null)[]> {
    requireAdmin(viewer);
    return findOwnMany(this.database.read, viewer, KeyLinkRow, ids);
  }

  /**
   * Makes a link. An admin does it in person, because what a service token lets in would outlive the token.
   * The address and the code are in this answer and nowhere else.
   */
  async create(
    viewer: Viewer,
    input: NewKeyLink,
  ): Promise<KeyLinkResult & { url: string | null; code: string | null }> {
    requireAccessManager(viewer);
    const { provider } = input;
    const region = input.region ?? 'US';
    const hours = input.expiresInHours ?? DEFAULT_LIFETIME;
    const refusals = [
      this.providers.hasRegion(provider, region)
        ? null
        : userError('INVALID_FORMAT', ['input', 'region'], 'The provider has no such region.'),
      hours >= 1 && hours <= MAX_LIFETIME
        ? null
        : userError('INVALID_FORMAT', ['input', 'expiresInHours'], `From 1 to ${MAX_LIFETIME} hours.`),
    ].filter((error) => error !== null);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
    return this.database.write(viewer, async (tx) => {
      const client = await lockActiveClient(tx, viewer, input.clientId);
      const userErrors = 'code' in client ? [client, ...refusals] : refusals;
      if ('code' in client || userErrors.length > 0)
        return { url: null, code: null, keyLink: null, userErrors };
      const keyLink = newKeyLink(viewer, { clientId: client.id, provider, region }, token, code, hours);
      await tx.insert(KeyLinkRow, keyLink);
      await this.audit.record(tx, viewer, { type: 'KEY_LINK_CREATED', ...nameOf(keyLink) });
      return { url: this.addressOf(token), code, keyLink, userErrors };
    });
  }

  /** Revokes a link at once. This changes nothing for a link that does not open any more. */
  async revoke(viewer: Viewer, id: string): Promise<KeyLinkResult> {
    requireAdmin(viewer);
    return this.database.write(viewer, async (tx) => {
      const keyLink = await lockOwn(tx, viewer, KeyLinkRow, id);
      if (!keyLink) return { keyLink: null, userErrors: [userError('NOT_FOUND', ['input', 'keyLinkId'])] };
      if (linkStatus(keyLink) !== 'OPEN') return { keyLink, userErrors: [] };
      const revokedAt = new Date();
      await tx.update(KeyLinkRow, { id }, { revokedAt });
      await this.audit.record(tx, viewer, { type: 'KEY_LINK_REVOKED', ...nameOf(keyLink) });
      return { keyLink: { ...keyLink, revokedAt }, userErrors: [] };
    });
  }

  async granted(read: Reader, agencyId: string, createdBy: string): Promise<GrantedAccess[]> {
    return grantedAs(read, await openLinks(read, agencyId, createdBy));
  }

  async withdraw(
    tx: Transaction,
    viewer: Viewer,
    createdBy: string,
    keep: boolean,
  ): Promise<GrantedAccess[]> {
    const links = await openLinks(tx, viewer.agencyId, createdBy);
    await withdrawRows(tx, viewer, 'key_links', links, keep, (link) =>
      this.audit.record(tx, viewer, { type: 'KEY_LINK_REVOKED', ...nameOf(link) }),
    );
    return (await grantedAs(tx, links)).map((link) => ({ ...link, isRevoked: !keep }));
  }
}

async function openLinks(read: Reader, agencyId: string, createdBy: string): Promise<KeyLinkRow[]> {
  const made = await read.find(KeyLinkRow, { where: { agencyId, createdBy }, order: { id: 'ASC' } });
  return made.filter((link) => linkStatus(link) === 'OPEN');
}

async function grantedAs(read: Reader, links: readonly KeyLinkRow[]): Promise<GrantedAccess[]> {
  const clients = await read.findBy(ClientRow, { id: In(links.map(({ clientId }) => clientId)) });
  return links.map(({ id, clientId, createdAt, expiresAt }) => {
    const name = clients.find((client) => client.id === clientId)?.name ?? '';
    return { kind: 'KEY_LINK', objectId: id, name, createdAt, expiresAt, isRevoked: false };
  });
}
