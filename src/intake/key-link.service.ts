import { randomBytes, randomInt } from 'node:crypto';
import { requireAccessManager, requireAdmin } from '../access/context';
import type { Origin, Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { ClientService } from '../clients/client.service';
import { isAccepted } from '../keys/changes/api-key.service';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import { keyReader, readCandidate } from '../keys/changes/key-input';
import type { KeyOwner } from '../keys/key-store';
import type { Database } from '../database/database';
import { digest, isId, newId } from '../platform/ids';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import { adapterOf, type Provider } from '../providers';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderAccount, ProviderApi } from '../providers/provider-api';
import type { Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import type { HandInService } from './hand-in.service';
import { KeyLinkRow, linkStatus, MAX_FAILED_CODES } from './key-link.entity';

/** In hours. */
export const DEFAULT_LIFETIME = 72;
export const MAX_LIFETIME = 168;

const HOUR_MS = 60 * 60 * 1000;
const TOKEN_BYTES = 32;
const CODE_DIGITS = 6;
const TOKEN = /^[\w-]{43}$/;

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

/** What whoever opens a link may know. */
export interface KeyRequest {
  readonly agencyName: string;
  readonly clientName: string;
  readonly providerName: string;
  readonly expiresAt: Date;
}

/** Null: the link opens nothing, whatever the reason. `message`: what has to be put right, in `field`. */
export type LinkOutcome = {
  readonly request: KeyRequest;
  readonly problem: { readonly field: 'code' | 'apiKey'; readonly message: string } | null;
} | null;

/** Links by which someone without a login hands in a key, once. The link goes one way, its six-digit code another. */
export class KeyLinkService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly clients: ClientService,
    private readonly checks: KeyCheckService,
    private readonly handIns: HandInService,
    /** The address of a link, by its token. */
    private readonly addressOf: (token: string) => string,
  ) {}

  /** The newest first. */
  list(viewer: Viewer, args: PageArgs, clientId: string | null): Promise<Page<KeyLinkRow>> {
    requireAdmin(viewer);
    const query = this.database.read
      .createQueryBuilder(KeyLinkRow, 'link')
      .where({ agencyId: viewer.agencyId });
    if (clientId !== null)
      query.andWhere('link.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    return readPage(query, args, 'DESC');
  }

  /** By an admin in person: what a service token let in would outlive its being revoked. The address and the code are in this answer and nowhere else. */
  async create(
    viewer: Viewer,
    input: NewKeyLink,
  ): Promise<KeyLinkResult & { url: string | null; code: string | null }> {
    requireAccessManager(viewer);
    const client = await this.clients.find(viewer, input.clientId);
    const region = input.region ?? 'US';
    const hours = input.expiresInHours ?? DEFAULT_LIFETIME;
    const userErrors = [
      client ? null : userError('NOT_FOUND', ['input', 'clientId']),
      client?.archivedAt ? userError('CLIENT_ARCHIVED', ['input', 'clientId']) : null,
      this.providers.hasRegion(input.provider, region)
        ? null
        : userError('INVALID_FORMAT', ['input', 'region'], 'The provider has no such region.'),
      hours >= 1 && hours <= MAX_LIFETIME
        ? null
        : userError('INVALID_FORMAT', ['input', 'expiresInHours'], `From 1 to ${MAX_LIFETIME} hours.`),
    ].filter((error) => error !== null);
    if (!client || userErrors.length > 0) return { url: null, code: null, keyLink: null, userErrors };
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
    const keyLink = newRow(
      viewer,
      { clientId: client.id, provider: input.provider, region },
      token,
      code,
      hours,
    );
    await this.database.write(async (tx) => {
      await tx.insert(KeyLinkRow, keyLink);
      await this.audit.record(tx, viewer, { type: 'KEY_LINK_CREATED', ...nameOf(keyLink) });
    });
    return { url: this.addressOf(token), code, keyLink, userErrors: [] };
  }

  /** At once. Doing it twice, or to a link that opens nothing any more, changes nothing. */
  async revoke(viewer: Viewer, id: string): Promise<KeyLinkResult> {
    requireAdmin(viewer);
    return this.database.write(async (tx) => {
      const keyLink = isId(id) ? await this.database.lock(tx, KeyLinkRow, id) : null;
      if (keyLink?.agencyId !== viewer.agencyId)
        return { keyLink: null, userErrors: [userError('NOT_FOUND', ['input', 'keyLinkId'])] };
      if (linkStatus(keyLink) !== 'OPEN') return { keyLink, userErrors: [] };
      const revokedAt = new Date();
      await tx.update(KeyLinkRow, { id }, { revokedAt });
      await this.audit.record(tx, viewer, { type: 'KEY_LINK_REVOKED', ...nameOf(keyLink) });
      return { keyLink: { ...keyLink, revokedAt }, userErrors: [] };
    });
  }

  /** What a link asks for. Uses nothing up, however often it is asked: previews of messages open links too. */
  async look(token: string): Promise<KeyRequest | null> {
    const link = await this.#find(token);
    return link && this.#describe(link);
  }

  /** With the right code and a key that its provider accepts, the link is used up and the key is handed in. */
  async handIn(
    token: string,
    given: { readonly code: string; readonly apiKey: Secret },
    origin: Origin,
  ): Promise<LinkOutcome> {
    const link = await this.#find(token);
    const request = link && (await this.#describe(link));
    if (!link || !request) return null;
    const code = given.code.replace(/[\s-]/g, '');
    if (!/^\d{6}$/.test(code))
      return {
        request,
        problem: { field: 'code', message: 'Type the code of six digits that you were given.' },
      };
    const actor: Actor = {
      kind: 'KEY_LINK',
      id: link.id,
      name: 'One-time link',
      agencyId: link.agencyId,
      origin,
    };
    const codeState = await this.#checkCode(actor, link, codeDigest(token, code));
    if (codeState === 'CLOSED') return null;
    if (codeState === 'WRONG')
      return { request, problem: { field: 'code', message: 'This is not the code of this link.' } };
    const { provider, region } = link;
    const read = await readCandidate(
      provider,
      { secret: given.apiKey, region },
      keyReader(this.vault, this.providers, ownerOf(link)),
    );
    if ('userErrors' in read)
      return { request, problem: { field: 'apiKey', message: read.userErrors[0]?.message ?? '' } };
    return this.#verifyAndUse(actor, link, request, { provider, ...read });
  }

  async #verifyAndUse(
    actor: Actor,
    link: KeyLinkRow,
    request: KeyRequest,
    account: ProviderAccount,
  ): Promise<LinkOutcome> {
    const owner = ownerOf(link);
    const verdict = await this.checks.ask(owner, account);
    const { clientId, provider } = link;
    const event = {
      type: 'API_KEY_REJECTED',
      clientId,
      provider,
      maskedKey: account.key.mask,
      status: verdict.status,
    } as const;
    if (!isAccepted(verdict)) {
      await this.database.write((tx) => this.audit.record(tx, actor, event));
      return {
        request,
        problem: { field: 'apiKey', message: refusal(verdict.status, request.providerName) },
      };
    }
    const used = await this.database.write(async (tx) => {
      // Of two who send at once, the second finds the link used up.
      const current = await this.database.lock(tx, KeyLinkRow, link.id);
      const received =
        current && linkStatus(current) === 'OPEN'
          ? await this.handIns.receive(tx, actor, owner, account)
          : null;
      // Its provider was asked all the same.
      if (received === null) {
        await this.audit.record(tx, actor, event);
        return false;
      }
      await tx.update(KeyLinkRow, { id: link.id }, { usedAt: new Date() });
      await this.handIns.settle(tx, actor, received, verdict);
      return true;
    });
    return used ? { request, problem: null } : null;
  }

  // Under the row's lock: of many who guess at once, each counts.
  #checkCode(actor: Actor, { id }: KeyLinkRow, given: string): Promise<'RIGHT' | 'WRONG' | 'CLOSED'> {
    return this.database.write(async (tx) => {
      const link = await this.database.lock(tx, KeyLinkRow, id);
      if (!link || linkStatus(link) !== 'OPEN') return 'CLOSED';
      if (link.codeDigest === given) return 'RIGHT';
      const failedCodes = link.failedCodes + 1;
      await tx.update(KeyLinkRow, { id }, { failedCodes });
      await this.audit.record(tx, actor, { type: 'KEY_LINK_CODE_REFUSED', ...nameOf(link) });
      if (failedCodes < MAX_FAILED_CODES) return 'WRONG';
      await this.audit.record(tx, actor, { type: 'KEY_LINK_LOCKED', ...nameOf(link) });
      return 'CLOSED';
    });
  }

  async #find(token: string): Promise<KeyLinkRow | null> {
    const link = TOKEN.test(token)
      ? await this.database.read.findOneBy(KeyLinkRow, { tokenDigest: tokenDigest(token) })
      : null;
    return link && linkStatus(link) === 'OPEN' ? link : null;
  }

  async #describe({ agencyId, clientId, provider, expiresAt }: KeyLinkRow): Promise<KeyRequest | null> {
    const [agency, client] = await Promise.all([
      this.database.read.findOneByOrFail(AgencyRow, { id: agencyId }),
      this.database.read.findOneByOrFail(ClientRow, { id: clientId, agencyId }),
    ]);
    if (client.archivedAt !== null) return null;
    return {
      agencyName: agency.name,
      clientName: client.name,
      providerName: adapterOf(provider).name,
      expiresAt,
    };
  }
}

function ownerOf({ agencyId, clientId }: KeyLinkRow): KeyOwner {
  return { type: 'CLIENT', id: clientId, agencyId };
}

type For = Pick<KeyLinkRow, 'clientId' | 'provider' | 'region'>;

function newRow(viewer: Viewer, what: For, token: string, code: string, hours: number): KeyLinkRow {
  const createdAt = new Date();
  const expiresAt = new Date(createdAt.getTime() + hours * HOUR_MS);
  const digests = { tokenDigest: tokenDigest(token), codeDigest: codeDigest(token, code) };
  const { agencyId, name: createdByName } = viewer;
  return {
    id: newId(),
    agencyId,
    ...what,
    ...digests,
    failedCodes: 0,
    createdByName,
    createdAt,
    expiresAt,
    usedAt: null,
    revokedAt: null,
  };
}

// Without a salt: its 256 random bits cannot be guessed, and it is looked up by this.
function tokenDigest(token: string): string {
  return digest('key link', token);
}

function codeDigest(token: string, code: string): string {
  return digest('key link code', token, code);
}

function nameOf({ id: keyLinkId, clientId, provider }: KeyLinkRow) {
  return { clientId, provider, keyLinkId };
}

function refusal(status: string, providerName: string): string {
  if (status === 'INVALID')
    return `${providerName} does not accept this key. Check that you copied all of it, and that it was not revoked.`;
  if (status === 'INSUFFICIENT_PERMISSIONS')
    return `${providerName} knows this key, but it may not do what is needed. Make a key without restrictions.`;
  return `${providerName} could not check the key just now. Nothing was stored; try again in a few minutes.`;
}
