import type { Origin } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import { isAccepted } from '../keys/changes/rejection';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import { keyReader, readCandidate } from '../keys/key-input';
import type { TenantDatabase } from '../access/tenant-database';
import { USER_ERRORS } from '../graphql/user-error';
import type { Transaction } from '../database/transaction';
import { adapterOf } from '../providers';
import type { ProviderAccount, ProviderApi } from '../providers/provider-api';
import type { KeyVerdict } from '../providers/key-requests';
import { useOf } from '../vault/envelope';
import { linkTokenDigest } from '../vault/own-tokens';
import type { Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { ownerOf } from './hand-in-rows';
import type { HandInService } from './hand-in.service';
import { codeDigest, nameOf } from './key-link-rows';
import { keysInFlight, linkStatus, MAX_FAILED_CODES, MAX_REFUSED_KEYS } from './key-link-status';
import { KeyLinkRow } from './key-link.entity';

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
 * What came of a key that was sent. `LOCKED` is for the key that locks the link, and `CLOSED` for a link that
 * does not open.
 */
type TryOutcome =
  'USED' | 'CLOSED' | 'LOCKED' | 'SEALED_KEY_USED' | 'INVALID' | 'INSUFFICIENT_PERMISSIONS' | 'UNREACHABLE';

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
    const begun = await this.#beginTry(link, account);
    const outcome = begun === 'OPEN' ? await this.#ask(actor, link, account) : begun;
    if (outcome === 'CLOSED' || outcome === 'LOCKED') return null;
    if (outcome === 'USED') return { request, problem: null };
    return { request, problem: { field: 'apiKey', message: messageFor(outcome, request.providerName) } };
  }

  // A try is counted before the provider is asked, under the row's lock: however many are made at once, no
  // more than the limit learn something.
  #beginTry({ id }: KeyLinkRow, { key }: ProviderAccount): Promise<'OPEN' | 'CLOSED' | 'SEALED_KEY_USED'> {
    return this.database.writeWithoutViewer(async (tx) => {
      const link = await tx.lock(KeyLinkRow, id);
      if (!link || linkStatus(link) !== 'OPEN') return 'CLOSED';
      const inFlight = keysInFlight(link);
      if (link.refusedKeys + inFlight >= MAX_REFUSED_KEYS) return 'CLOSED';
      if (await useOf(tx, key.envelope)) return 'SEALED_KEY_USED';
      await tx.update(KeyLinkRow, { id }, { askedKeys: inFlight + 1, askedAt: new Date() });
      return 'OPEN';
    });
  }

  async #ask(actor: Actor, link: KeyLinkRow, account: ProviderAccount): Promise<TryOutcome> {
    const { id } = link;
    const verdict = await this.checks.ask(ownerOf(link), account).catch(async (error: unknown) => {
      // Where this fails too, the try is given up in time.
      await this.database.writeWithoutViewer((tx) => endTry(tx, id)).catch(() => undefined);
      throw error;
    });
    return this.database.writeWithoutViewer(async (tx) => {
      const current = await endTry(tx, id);
      const outcome = await this.#settle(tx, actor, current, account, verdict);
      // The event is written because the key was shown to its provider.
      if (outcome !== 'USED') await this.audit.record(tx, actor, rejection(link, account, verdict));
      if (outcome === 'LOCKED')
        await this.audit.record(tx, actor, { type: 'KEY_LINK_LOCKED', ...nameOf(link) });
      return outcome;
    });
  }

  /**
   * Decides on a key by what the link is now, and holds its row. Whatever the provider said is not told where
   * the link was closed meanwhile: of two that send a key at once, the second finds the link used up.
   */
  async #settle(
    tx: Transaction,
    actor: Actor,
    link: KeyLinkRow | null,
    account: ProviderAccount,
    verdict: KeyVerdict,
  ): Promise<TryOutcome> {
    if (!link || linkStatus(link) !== 'OPEN') return 'CLOSED';
    if (isAccepted(verdict)) {
      const received = await this.handIns.receive(tx, actor, ownerOf(link), account);
      if (typeof received === 'string') return received === 'SEALED_KEY_USED' ? received : 'CLOSED';
      await tx.update(KeyLinkRow, { id: link.id }, { usedAt: new Date() });
      await this.handIns.settle(tx, actor, received.keyHandIn, verdict, true);
      return 'USED';
    }
    // An outage or a rate limit says nothing about the key.
    if (verdict.status !== 'INVALID' && verdict.status !== 'INSUFFICIENT_PERMISSIONS') return 'UNREACHABLE';
    const refusedKeys = link.refusedKeys + 1;
    await tx.update(KeyLinkRow, { id: link.id }, { refusedKeys });
    return refusedKeys < MAX_REFUSED_KEYS ? verdict.status : 'LOCKED';
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
      ? await this.database.read.findOneBy(KeyLinkRow, { tokenDigest: linkTokenDigest(token) })
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

async function endTry(tx: Transaction, id: string): Promise<KeyLinkRow | null> {
  const link = await tx.lock(KeyLinkRow, id);
  if (link) await tx.update(KeyLinkRow, { id }, { askedKeys: Math.max(0, link.askedKeys - 1) });
  return link;
}

function rejection({ clientId, provider }: KeyLinkRow, { key }: ProviderAccount, { status }: KeyVerdict) {
  return { type: 'API_KEY_REJECTED', clientId, provider, maskedKey: key.mask, status } as const;
}

function messageFor(
  outcome: Exclude<TryOutcome, 'USED' | 'CLOSED' | 'LOCKED'>,
  providerName: string,
): string {
  switch (outcome) {
    case 'INVALID':
      return `${providerName} does not accept this key. Check that you copied all of it, and that it was not revoked.`;
    case 'INSUFFICIENT_PERMISSIONS':
      return `${providerName} knows this key, but it may not do what is needed. Make a key without restrictions.`;
    case 'UNREACHABLE':
      return `${providerName} could not check the key just now. Nothing was stored; try again in a few minutes.`;
    case 'SEALED_KEY_USED':
      return USER_ERRORS.SEALED_KEY_USED;
  }
}
