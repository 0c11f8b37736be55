import type { Origin } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import { isAccepted } from '../keys/changes/rejection';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import { keyReader, readCandidate } from '../keys/changes/key-input';
import type { TenantDatabase } from '../access/tenant-database';
import { USER_ERRORS } from '../graphql/user-error';
import type { Transaction } from '../database/transaction';
import { adapterOf } from '../providers';
import type { ProviderAccount, ProviderApi } from '../providers/provider-api';
import type { KeyVerdict } from '../providers/requests';
import type { Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { ownerOf } from './hand-in-rows';
import type { HandInService } from './hand-in.service';
import { codeDigest, nameOf, tokenDigest } from './key-link-rows';
import { KeyLinkRow, linkStatus, MAX_FAILED_CODES, MAX_REFUSED_KEYS } from './key-link.entity';

const TOKEN = /^[\w-]{43}$/;

/** What is shown to whoever opens a link. */
export interface KeyRequest {
  readonly agencyName: string;
  readonly clientName: string;
  readonly providerName: string;
  readonly expiresAt: Date;
}

/**
 * The outcome is null where the link does not open, whatever the reason. A problem says what has to be put
 * right, in which field.
 */
export type LinkOutcome = {
  readonly request: KeyRequest;
  readonly problem: { readonly field: 'code' | 'apiKey'; readonly message: string } | null;
} | null;

/**
 * What someone without a login can do with a one-time link: see what it asks for, and hand in a key, once.
 */
export class KeyLinkFormService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly checks: KeyCheckService,
    private readonly handIns: HandInService,
  ) {}

  /** Tells what a link asks for. This uses nothing up, because messengers open links for a preview too. */
  async look(token: string): Promise<KeyRequest | null> {
    const link = await this.#find(token);
    return link && this.#describe(link);
  }

  /**
   * With the right code and a key that its provider accepts, the link is used up and the key is handed in.
   */
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
      keyReader(this.vault, this.providers, ownerOf(link), null),
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
    const tried = await this.#countTry(link);
    if (tried === null) return null;
    const verdict = await this.checks.ask(ownerOf(link), account);
    if (isAccepted(verdict)) {
      const outcome = await this.#use(actor, link, account, verdict);
      if (outcome === 'SEALED_KEY_USED')
        return { request, problem: { field: 'apiKey', message: USER_ERRORS.SEALED_KEY_USED } };
      return outcome === 'USED' ? { request, problem: null } : null;
    }
    await this.database.writeWithoutViewer(async (tx) => {
      if (!isRefused(verdict)) await giveBackTry(tx, link);
      await this.audit.record(tx, actor, rejection(link, account, verdict));
      if (isRefused(verdict) && tried === MAX_REFUSED_KEYS)
        await this.audit.record(tx, actor, { type: 'KEY_LINK_LOCKED', ...nameOf(link) });
    });
    if (isRefused(verdict) && tried === MAX_REFUSED_KEYS) return null;
    return { request, problem: { field: 'apiKey', message: refusal(verdict.status, request.providerName) } };
  }

  // When two send a key at once, the second finds the link used up.
  #use(actor: Actor, link: KeyLinkRow, account: ProviderAccount, verdict: KeyVerdict) {
    return this.database.writeWithoutViewer(async (tx) => {
      const current = await giveBackTry(tx, link);
      const received =
        current && linkStatus(current) === 'OPEN'
          ? await this.handIns.receive(tx, actor, ownerOf(link), account)
          : 'CLOSED';
      // The event is written because the key was shown to its provider.
      if (typeof received === 'string') {
        await this.audit.record(tx, actor, rejection(link, account, verdict));
        return received;
      }
      await tx.update(KeyLinkRow, { id: link.id }, { usedAt: new Date() });
      await this.handIns.settle(tx, actor, received, verdict, true);
      return 'USED';
    });
  }

  // Returns the number of this try, or null where the link is closed. A try is counted before the provider is
  // asked, under the row's lock: however many are made at once, no more than the limit learn something.
  #countTry({ id }: KeyLinkRow): Promise<number | null> {
    return this.database.writeWithoutViewer(async (tx) => {
      const link = await tx.lock(KeyLinkRow, id);
      if (!link || linkStatus(link) !== 'OPEN') return null;
      const refusedKeys = link.refusedKeys + 1;
      await tx.update(KeyLinkRow, { id }, { refusedKeys });
      return refusedKeys;
    });
  }

  // The row is locked, so that each of many guesses made at once is counted.
  #checkCode(actor: Actor, { id }: KeyLinkRow, given: string): Promise<'RIGHT' | 'WRONG' | 'CLOSED'> {
    return this.database.writeWithoutViewer(async (tx) => {
      const link = await tx.lock(KeyLinkRow, id);
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

// An outage or a rate limit says nothing about the key.
function isRefused({ status }: KeyVerdict): boolean {
  return status === 'INVALID' || status === 'INSUFFICIENT_PERMISSIONS';
}

function rejection({ clientId, provider }: KeyLinkRow, { key }: ProviderAccount, { status }: KeyVerdict) {
  return { type: 'API_KEY_REJECTED', clientId, provider, maskedKey: key.mask, status } as const;
}

/** Takes back a try whose key was not refused, and returns the row, locked. */
async function giveBackTry(tx: Transaction, { id }: KeyLinkRow): Promise<KeyLinkRow | null> {
  const link = await tx.lock(KeyLinkRow, id);
  if (!link) return null;
  const refusedKeys = link.refusedKeys - 1;
  await tx.update(KeyLinkRow, { id }, { refusedKeys });
  return { ...link, refusedKeys };
}

function refusal(status: string, providerName: string): string {
  if (status === 'INVALID')
    return `${providerName} does not accept this key. Check that you copied all of it, and that it was not revoked.`;
  if (status === 'INSUFFICIENT_PERMISSIONS')
    return `${providerName} knows this key, but it may not do what is needed. Make a key without restrictions.`;
  return `${providerName} could not check the key just now. Nothing was stored; try again in a few minutes.`;
}
