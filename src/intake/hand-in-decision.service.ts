import { LessThanOrEqual } from 'typeorm';
import { requireAccessManager, requireAdmin } from '../access/context';
import { findOwn, lockOwn } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { system, type Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { ApiKeyService } from '../keys/changes/api-key.service';
import type { KeyState } from '../keys/key-states';
import type { KeyWarning } from '../keys/duplicates';
import type { KeyCheckService, PreviewResult } from '../keys/checks/key-check.service';
import type { TenantDatabase } from '../access/tenant-database';
import type { Transaction } from '../database/transaction';
import { checkText } from '../graphql/checks';
import type { OnDemand } from '../graphql/on-demand';
import { userError, type UserError } from '../graphql/user-error';
import type { ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { endHandIn, nameOf, openHandIn, ownerOf, verdictOn } from './hand-in-rows';
import { handInStatus, KeyHandInRow } from './key-hand-in.entity';

export interface HandInResult {
  readonly keyHandIn: KeyHandInRow | null;
  /** What was pending before in the place of a key that was handed in. */
  readonly replaced?: KeyHandInRow | null;
  readonly userErrors: readonly UserError[];
}

export interface AcceptResult extends HandInResult {
  readonly apiKey: KeyState | null;
  readonly warnings: OnDemand<KeyWarning>;
}

/** The longest reason that a refusal may have, in characters. */
export const REASON_MAX_LENGTH = 500;

/**
 * What the agency decides about keys that were handed in. Whatever changes a hand-in holds its client's row,
 * so that of two decisions one is made.
 */
export class HandInDecisionService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly keys: ApiKeyService,
    private readonly checks: KeyCheckService,
  ) {}

  /** Tells what accepting a pending key would do. It changes nothing. */
  async preview(viewer: Viewer, id: string): Promise<PreviewResult> {
    requireAdmin(viewer);
    const found = await findOwn(this.database.read, viewer, KeyHandInRow, id);
    const key =
      found && handInStatus(found) === 'PENDING' ? openHandIn(this.vault.cipher, found, 'PREVIEW') : null;
    if (!found || !key)
      return { preview: null, warnings: [], userErrors: [found ? fault(found) : notFound()] };
    return this.checks.previewKey(viewer, ownerOf(found), found.provider, { key, region: found.region });
  }

  /**
   * Sets a pending key as the client's: the next call after the commit uses it. Whoever has accepted it and
   * asks again, e.g. because the answer was lost, is answered with the key as it is now.
   */
  async accept(viewer: Viewer, id: string, expectedVersion: number | null): Promise<AcceptResult> {
    requireAdmin(viewer);
    const refused = (userErrors: readonly UserError[]): AcceptResult => ({
      keyHandIn: null,
      apiKey: null,
      warnings: [],
      userErrors,
    });
    const accepted = await this.database.write(viewer, async (tx) => {
      const pending = await this.#lock(tx, viewer, id);
      if (!pending) return refused([notFound()]);
      if (hasDecided(viewer, pending, 'ACCEPTED')) return { keyHandIn: pending, apiKey: null, stored: null };
      if (handInStatus(pending) !== 'PENDING') return refused([fault(pending)]);
      const key = openHandIn(this.vault.cipher, pending, 'HAND_IN');
      if (!key) return refused([fault(pending)]);
      const accepted = await this.acceptPending(tx, viewer, pending, key, {
        decidedByName: viewer.name,
        expectedVersion,
      });
      return 'userErrors' in accepted
        ? refused([userError('VERSION_CONFLICT', ['input', 'expectedVersion'])])
        : accepted;
    });
    if ('userErrors' in accepted) return accepted;
    const { keyHandIn, apiKey, stored } = accepted;
    if (!stored) return this.#acceptedBefore(viewer, keyHandIn);
    const warnings = () => this.keys.warningsOf(ownerOf(keyHandIn), [stored]);
    return { keyHandIn, apiKey, warnings, userErrors: [] };
  }

  async #acceptedBefore(viewer: Viewer, keyHandIn: KeyHandInRow): Promise<AcceptResult> {
    const keys = (await this.keys.keysOf(viewer, [keyHandIn.clientId])).get(keyHandIn.clientId);
    const apiKey = keys?.find(({ provider }) => provider === keyHandIn.provider) ?? null;
    return { keyHandIn, apiKey, warnings: [], userErrors: [] };
  }

  /**
   * Refuses a pending key, which destroys it. The reason is for the portal user to read. Whoever has refused
   * it for the same reason and asks again is answered in the same way.
   */
  async refuse(viewer: Viewer, id: string, givenReason: string): Promise<HandInResult> {
    requireAdmin(viewer);
    const reason = checkText(givenReason, ['input', 'reason'], REASON_MAX_LENGTH);
    if (typeof reason !== 'string') return { keyHandIn: null, userErrors: [reason] };
    return this.database.write(viewer, async (tx) => {
      const pending = await this.#lock(tx, viewer, id);
      if (!pending) return { keyHandIn: null, userErrors: [notFound()] };
      if (hasDecided(viewer, pending, 'REFUSED') && pending.reason === reason)
        return { keyHandIn: pending, userErrors: [] };
      if (handInStatus(pending) !== 'PENDING') return { keyHandIn: null, userErrors: [fault(pending)] };
      const keyHandIn = await endHandIn(tx, pending, {
        status: 'REFUSED',
        decidedByName: viewer.name,
        reason,
      });
      await this.audit.record(tx, viewer, { type: 'HAND_IN_REFUSED', ...nameOf(pending), reason });
      return { keyHandIn, userErrors: [] };
    });
  }

  /**
   * Decides whether valid keys of a client are accepted at once. An admin does it in person, as with
   * everything that lets keys in later. Keys that are pending already stay pending.
   */
  async setPolicy(
    viewer: Viewer,
    clientId: string,
    acceptsValidHandIns: boolean,
  ): Promise<{ client: ClientRow | null; userErrors: UserError[] }> {
    requireAccessManager(viewer);
    return this.database.write(viewer, async (tx) => {
      const client = await lockOwn(tx, viewer, ClientRow, clientId);
      if (!client) return { client: null, userErrors: [userError('NOT_FOUND', ['input', 'clientId'])] };
      if (client.acceptsValidHandIns === acceptsValidHandIns) return { client, userErrors: [] };
      await tx.update(ClientRow, { id: client.id }, { acceptsValidHandIns });
      await this.audit.record(tx, viewer, {
        type: 'HAND_IN_POLICY_CHANGED',
        clientId: client.id,
        acceptsValidHandIns,
      });
      return { client: { ...client, acceptsValidHandIns }, userErrors: [] };
    });
  }

  /**
   * Destroys the keys that nobody decided on in time. Several instances may do so at once, and one failure
   * does not stop the others.
   */
  async expire(onFault: (error: unknown) => void): Promise<void> {
    const due = { status: 'PENDING', expiresAt: LessThanOrEqual(new Date()) } as const;
    for (const row of await this.database.read.findBy(KeyHandInRow, due)) {
      const expired = this.database.writeWithoutViewer(async (tx) => {
        await tx.lock(ClientRow, row.clientId);
        if (!(await tx.existsBy(KeyHandInRow, { id: row.id, ...due }))) return;
        await endHandIn(tx, row, { status: 'EXPIRED' });
        await this.audit.record(tx, system(row.agencyId), { type: 'HAND_IN_EXPIRED', ...nameOf(row) });
      });
      await expired.catch(onFault);
    }
  }

  /** Inside a `write` that holds the client's row: stores the key, and ends the hand-in as accepted. */
  async acceptPending(
    tx: Transaction,
    actor: Actor,
    pending: KeyHandInRow,
    key: ApiKeyText,
    {
      decidedByName,
      expectedVersion,
    }: { readonly decidedByName: string | null; readonly expectedVersion: number | null },
  ) {
    const { provider, region } = pending;
    const stored = { provider, region, key, ...verdictOn(pending) };
    const apiKeys = await this.keys.storeAll(tx, actor, ownerOf(pending), [stored], [expectedVersion]);
    if ('userErrors' in apiKeys) return apiKeys;
    const keyHandIn = await endHandIn(tx, pending, { status: 'ACCEPTED', decidedByName });
    await this.audit.record(tx, actor, { type: 'HAND_IN_ACCEPTED', ...nameOf(pending) });
    return { keyHandIn, apiKey: apiKeys[0] ?? null, stored };
  }

  async #lock(tx: Transaction, viewer: Viewer, id: string): Promise<KeyHandInRow | null> {
    const found = await findOwn(tx, viewer, KeyHandInRow, id);
    if (!found) return null;
    await tx.lock(ClientRow, found.clientId);
    return tx.findOneByOrFail(KeyHandInRow, { id });
  }
}

const FIELD = ['input', 'keyHandInId'];

function notFound(): UserError {
  return userError('NOT_FOUND', FIELD);
}

/** A decision is kept with the name alone of whoever made it. */
function hasDecided({ name }: Viewer, row: KeyHandInRow, status: 'ACCEPTED' | 'REFUSED'): boolean {
  return row.status === status && row.decidedByName === name;
}

/** Says why a hand-in that exists cannot be previewed, accepted or refused. */
function fault(row: KeyHandInRow): UserError {
  if (handInStatus(row) !== 'PENDING') return userError('ALREADY_DECIDED', FIELD);
  return userError(
    'KEY_UNREADABLE',
    FIELD,
    'What was handed in does not open. Refuse it, and ask for it again.',
  );
}
