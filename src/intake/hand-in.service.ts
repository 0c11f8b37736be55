import { LessThanOrEqual } from 'typeorm';
import { requireAccessManager, requireAdmin } from '../access/context';
import { canHandInApiKeys, canViewIntegrations, type Viewer } from '../access/viewer';
import { system, type Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { StoredKey } from '../keys/api-key.entity';
import type { ApiKeyService } from '../keys/changes/api-key.service';
import type { KeyWarning } from '../keys/changes/duplicates';
import type { KeyCheckService, PreviewResult } from '../keys/checks/key-check.service';
import { keyReader, readCandidate } from '../keys/changes/key-input';
import type { KeyToStore } from '../keys/changes/key-writer';
import type { KeyOwner } from '../keys/key-store';
import type { Database } from '../database/database';
import { forbidden } from '../graphql/errors';
import { isId, newId } from '../platform/ids';
import type { Manager } from '../database/manager';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { checkText } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { KeyVerdict } from '../providers/requests';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import { UnreadableKey } from '../vault/cipher';
import type { ApiKeyText, Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { handInStatus, keyHandInPlace, KeyHandInRow, type KeyHandInStatus } from './key-hand-in.entity';

export interface HandInResult {
  readonly keyHandIn: KeyHandInRow | null;
  readonly userErrors: readonly UserError[];
}

export interface AcceptResult extends HandInResult {
  readonly apiKey: StoredKey | null;
  readonly warnings: readonly KeyWarning[];
}

export interface HandInFilter {
  readonly clientId: string | null;
  readonly status: KeyHandInStatus | null;
}

/** Longest reason of a refusal, in characters. */
export const REASON_MAX_LENGTH = 500;

const DAY_MS = 24 * 60 * 60 * 1000;
const DESTROYED = { pendingFor: null, sealed: null, masterKey: null };

/**
 * Keys that come from a client: write-only, sealed at once, without effect until an admin accepts them, or, where the agency chose so for
 * that client, until the provider says that they are valid. Whatever changes one holds its client's row, so that of two decisions one is made.
 */
export class HandInService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly keys: ApiKeyService,
    private readonly checks: KeyCheckService,
    private readonly lifetimeDays: number,
  ) {}

  /** The newest first. */
  list(viewer: Viewer, args: PageArgs, { clientId, status }: HandInFilter): Promise<Page<KeyHandInRow>> {
    if (!canViewIntegrations(viewer)) throw forbidden();
    const query = this.database.read
      .createQueryBuilder(KeyHandInRow, 'handIn')
      .where({ agencyId: viewer.agencyId });
    if (viewer.clientId !== null) query.andWhere('handIn.clientId = :own', { own: viewer.clientId });
    if (clientId !== null)
      query.andWhere('handIn.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    const now = new Date();
    if (status === 'PENDING')
      query.andWhere("handIn.status = 'PENDING' AND handIn.expiresAt > :now", { now });
    else if (status === 'EXPIRED')
      query.andWhere(
        "(handIn.status = 'EXPIRED' OR (handIn.status = 'PENDING' AND handIn.expiresAt <= :now))",
        { now },
      );
    else if (status !== null) query.andWhere('handIn.status = :status', { status });
    return readPage(query, args, 'DESC');
  }

  /** By a portal user. Sealed before its provider is asked: an outage loses nothing. */
  async handIn(
    viewer: Viewer,
    input: { provider: Provider; apiKey: Secret; region?: ProviderRegion | null },
  ): Promise<HandInResult> {
    const owner = ownClient(viewer);
    const { provider } = input;
    const read = await readCandidate(
      provider,
      { secret: input.apiKey, region: input.region ?? null },
      keyReader(this.vault, this.providers, owner),
    );
    if ('userErrors' in read) return { keyHandIn: null, userErrors: read.userErrors };
    const received = await this.database.write((tx) =>
      this.receive(tx, viewer, owner, { provider, ...read }),
    );
    if (received === null) return { keyHandIn: null, userErrors: [userError('CLIENT_ARCHIVED', null)] };
    const verdict = await this.checks.ask(owner, { provider, ...read });
    const keyHandIn = await this.database.write((tx) => this.settle(tx, viewer, received, verdict));
    return { keyHandIn, userErrors: [] };
  }

  /** Inside a `write`: seals a key as the one that is pending; an older one is replaced. Null for an archived client. */
  async receive(
    tx: Manager,
    actor: Actor,
    owner: KeyOwner,
    entry: Pick<KeyToStore, 'provider' | 'region' | 'key'>,
  ): Promise<KeyHandInRow | null> {
    const client = await this.database.lock(tx, ClientRow, owner.id);
    if (!client || client.archivedAt) return null;
    const older = await tx.findOneBy(KeyHandInRow, { pendingFor: pendingFor(owner, entry.provider) });
    const end = older && handInStatus(older) === 'EXPIRED' ? 'EXPIRED' : 'REPLACED';
    if (older) await this.#end(tx, older, { status: end });
    const keyHandIn = this.#newRow(actor, owner, entry);
    await tx.insert(KeyHandInRow, keyHandIn);
    if (older) await this.audit.record(tx, actor, { type: `HAND_IN_${end}`, ...nameOf(older) });
    await this.audit.record(tx, actor, {
      type: 'HAND_IN_RECEIVED',
      ...nameOf(keyHandIn),
      maskedKey: entry.key.mask,
    });
    return keyHandIn;
  }

  /** Inside a `write`: keeps what the provider said, and accepts the key where the agency chose so and the provider says that it is valid. */
  async settle(
    tx: Manager,
    actor: Actor,
    { id, clientId }: KeyHandInRow,
    verdict: KeyVerdict,
  ): Promise<KeyHandInRow> {
    const client = await this.database.lock(tx, ClientRow, clientId);
    const current = await tx.findOneByOrFail(KeyHandInRow, { id });
    const asked =
      handInStatus(current) === 'PENDING' ? { keyStatus: verdict.status, verifiedAt: new Date() } : null;
    if (asked) await tx.update(KeyHandInRow, { id }, asked);
    // Also of one that was decided on or replaced while its provider was asked: its key was used.
    await this.audit.record(tx, actor, {
      type: 'HAND_IN_VERIFIED',
      ...nameOf(current),
      status: verdict.status,
    });
    if (!asked) return current;
    const keyHandIn = { ...current, ...asked };
    if (!client?.acceptsValidHandIns || verdict.status !== 'VALID') return keyHandIn;
    const key = this.vault.cipher.open(keyHandIn.sealed ?? '', keyHandInPlace(keyHandIn));
    const accepted = await this.#accept(tx, actor, keyHandIn, key, {
      decidedByName: null,
      expectedVersion: null,
    });
    if ('stale' in accepted) throw new Error('No version was expected');
    return accepted.keyHandIn;
  }

  /** What accepting it would do. Changes nothing. */
  async preview(viewer: Viewer, id: string): Promise<PreviewResult> {
    requireAdmin(viewer);
    const found = await find(this.database.read, viewer, id);
    const key = found && handInStatus(found) === 'PENDING' ? this.#open(found) : null;
    if (!found || !key)
      return { preview: null, warnings: [], userErrors: [found ? fault(found) : notFound()] };
    return this.checks.previewKey(viewer, ownerOf(found), found.provider, { key, region: found.region });
  }

  /** Sets the key for the client: from its commit on, the client's next call uses it. */
  async accept(viewer: Viewer, id: string, expectedVersion: number | null): Promise<AcceptResult> {
    requireAdmin(viewer);
    const refused = (userErrors: readonly UserError[]): AcceptResult => ({
      keyHandIn: null,
      apiKey: null,
      warnings: [],
      userErrors,
    });
    return this.database.write(async (tx) => {
      const pending = await this.#lockPending(tx, viewer, id);
      if ('code' in pending) return refused([pending]);
      const key = this.#open(pending);
      if (!key) return refused([fault(pending)]);
      const accepted = await this.#accept(tx, viewer, pending, key, {
        decidedByName: viewer.name,
        expectedVersion,
      });
      return 'stale' in accepted
        ? refused([userError('VERSION_CONFLICT', ['input', 'expectedVersion'])])
        : { ...accepted, userErrors: [] };
    });
  }

  /** Destroys the key. The reason is for the portal user to read. */
  async refuse(viewer: Viewer, id: string, givenReason: string): Promise<HandInResult> {
    requireAdmin(viewer);
    const reason = checkText(givenReason, ['input', 'reason'], REASON_MAX_LENGTH);
    if (typeof reason !== 'string') return { keyHandIn: null, userErrors: [reason] };
    return this.database.write(async (tx) => {
      const pending = await this.#lockPending(tx, viewer, id);
      if ('code' in pending) return { keyHandIn: null, userErrors: [pending] };
      const keyHandIn = await this.#end(tx, pending, {
        status: 'REFUSED',
        decidedByName: viewer.name,
        reason,
      });
      await this.audit.record(tx, viewer, { type: 'HAND_IN_REFUSED', ...nameOf(pending), reason });
      return { keyHandIn, userErrors: [] };
    });
  }

  /** By an admin in person, as whatever lets keys in later. Changes nothing of what is pending already. */
  async setPolicy(
    viewer: Viewer,
    clientId: string,
    acceptsValidHandIns: boolean,
  ): Promise<{ client: ClientRow | null; userErrors: UserError[] }> {
    requireAccessManager(viewer);
    return this.database.write(async (tx) => {
      const client = isId(clientId) ? await this.database.lock(tx, ClientRow, clientId) : null;
      if (client?.agencyId !== viewer.agencyId)
        return { client: null, userErrors: [userError('NOT_FOUND', ['input', 'clientId'])] };
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

  /** Destroys what nobody decided on in time. Several instances may do it together. One that cannot be destroyed does not keep the others. */
  async expire(onFault: (error: unknown) => void): Promise<void> {
    const due = { status: 'PENDING', expiresAt: LessThanOrEqual(new Date()) } as const;
    for (const row of await this.database.read.findBy(KeyHandInRow, due)) {
      const expired = this.database.write(async (tx) => {
        await this.database.lock(tx, ClientRow, row.clientId);
        if (!(await tx.existsBy(KeyHandInRow, { id: row.id, ...due }))) return;
        await this.#end(tx, row, { status: 'EXPIRED' });
        await this.audit.record(tx, system(row.agencyId), { type: 'HAND_IN_EXPIRED', ...nameOf(row) });
      });
      await expired.catch(onFault);
    }
  }

  async #lockPending(tx: Manager, viewer: Viewer, id: string): Promise<KeyHandInRow | UserError> {
    const found = await find(tx, viewer, id);
    if (!found) return notFound();
    await this.database.lock(tx, ClientRow, found.clientId);
    const current = await tx.findOneByOrFail(KeyHandInRow, { id });
    return handInStatus(current) === 'PENDING' ? current : fault(current);
  }

  async #accept(
    tx: Manager,
    actor: Actor,
    pending: KeyHandInRow,
    key: ApiKeyText,
    {
      decidedByName,
      expectedVersion,
    }: { readonly decidedByName: string | null; readonly expectedVersion: number | null },
  ) {
    const { provider, region } = pending;
    const stored = await this.keys.storeAll(
      tx,
      actor,
      ownerOf(pending),
      [{ provider, region, key, ...verdictOn(pending) }],
      [expectedVersion],
    );
    if ('stale' in stored) return stored;
    const keyHandIn = await this.#end(tx, pending, { status: 'ACCEPTED', decidedByName });
    await this.audit.record(tx, actor, { type: 'HAND_IN_ACCEPTED', ...nameOf(pending) });
    return { keyHandIn, apiKey: stored.apiKeys[0] ?? null, warnings: stored.warnings };
  }

  async #end(
    tx: Manager,
    row: KeyHandInRow,
    end: Pick<KeyHandInRow, 'status'> & Partial<KeyHandInRow>,
  ): Promise<KeyHandInRow> {
    const change = { ...DESTROYED, decidedAt: new Date(), ...end };
    await tx.update(KeyHandInRow, { id: row.id }, change);
    return { ...row, ...change };
  }

  /** Null when it does not open. */
  #open(row: KeyHandInRow): ApiKeyText | null {
    try {
      return this.vault.cipher.open(row.sealed ?? '', keyHandInPlace(row));
    } catch (error) {
      if (error instanceof UnreadableKey) return null;
      throw error;
    }
  }

  #newRow(
    actor: Actor,
    owner: KeyOwner,
    { provider, region, key }: Pick<KeyToStore, 'provider' | 'region' | 'key'>,
  ): KeyHandInRow {
    const createdAt = new Date();
    const place = { id: newId(), agencyId: owner.agencyId, clientId: owner.id, provider };
    return {
      ...place,
      region,
      pendingFor: pendingFor(owner, provider),
      status: 'PENDING',
      maskedKey: key.mask,
      keyStatus: 'UNVERIFIED',
      verifiedAt: null,
      masterKey: this.vault.cipher.masterKeyName,
      sealed: this.vault.cipher.seal(key, keyHandInPlace(place)),
      handedInByKind: actor.kind,
      handedInByName: actor.name,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + this.lifetimeDays * DAY_MS),
      decidedAt: null,
      decidedByName: null,
      reason: null,
    };
  }
}

function ownClient(viewer: Viewer): KeyOwner {
  if (!canHandInApiKeys(viewer) || viewer.clientId === null) throw forbidden();
  return ownerOf({ agencyId: viewer.agencyId, clientId: viewer.clientId });
}

function ownerOf({ agencyId, clientId }: Pick<KeyHandInRow, 'agencyId' | 'clientId'>): KeyOwner {
  return { type: 'CLIENT', id: clientId, agencyId };
}

function pendingFor(owner: KeyOwner, provider: Provider): string {
  return `${owner.id}:${provider}`;
}

function nameOf({ id: keyHandInId, clientId, provider }: KeyHandInRow) {
  return { clientId, provider, keyHandInId };
}

async function find(manager: Manager, { agencyId }: Viewer, id: string): Promise<KeyHandInRow | null> {
  return isId(id) ? manager.findOneBy(KeyHandInRow, { id, agencyId }) : null;
}

const REFUSALS = {
  INVALID: 'KEY_INVALID',
  INSUFFICIENT_PERMISSIONS: 'INSUFFICIENT_PERMISSIONS',
  OUT_OF_FUNDS: 'OUT_OF_FUNDS',
} as const;

/** What the provider said of it when it was handed in, if that settled anything: an outage or a rate limit did not. */
function verdictOn({ keyStatus, verifiedAt }: KeyHandInRow): Pick<KeyToStore, 'verdict' | 'verifiedAt'> {
  if (!verifiedAt) return { verdict: null };
  if (keyStatus === 'VALID') return { verdict: { status: keyStatus, error: null }, verifiedAt };
  if (keyStatus !== 'INVALID' && keyStatus !== 'INSUFFICIENT_PERMISSIONS' && keyStatus !== 'OUT_OF_FUNDS')
    return { verdict: null };
  return {
    verdict: {
      status: keyStatus,
      error: { code: REFUSALS[keyStatus], httpStatus: null, retryAfterSeconds: null },
    },
    verifiedAt,
  };
}

const FIELD = ['input', 'keyHandInId'];

function notFound(): UserError {
  return userError('NOT_FOUND', FIELD);
}

/** Why a hand-in that is there cannot be previewed, accepted or refused. */
function fault(row: KeyHandInRow): UserError {
  if (handInStatus(row) !== 'PENDING') return userError('ALREADY_DECIDED', FIELD);
  return userError(
    'KEY_UNREADABLE',
    FIELD,
    'What was handed in does not open. Refuse it, and ask for it again.',
  );
}
