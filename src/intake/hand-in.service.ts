import { MoreThan, Not } from 'typeorm';
import { canHandInApiKeys, canViewIntegrations } from '../access/abilities';
import { findOwnMany, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { KeyCheckService } from '../keys/checks/key-check.service';
import { keyReader, readCandidate } from '../keys/key-input';
import type { KeyOwner } from '../keys/key-store';
import type { TenantDatabase } from '../access/tenant-database';
import { forbidden } from '../graphql/errors';
import { isId } from '../platform/ids';
import type { Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { userError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { KeyVerdict } from '../providers/key-requests';
import type { ProviderRegion } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import { recordUse, useOf } from '../vault/envelope';
import type { Secret } from '../vault/secret';
import type { Vault } from '../vault/vault';
import type { HandInDecisionService, HandInResult } from './hand-in-decision.service';
import { DAY_MS, endHandIn, nameOf, newHandIn, ownerOf, pendingFor, type HandedInKey } from './hand-in-rows';
import { handInStatus, keyHandInPlace, KeyHandInRow, type KeyHandInStatus } from './key-hand-in.entity';

export interface HandInFilter {
  readonly clientId: string | null;
  readonly status: KeyHandInStatus | null;
}

/** A key that was handed in, and the one that was pending before in its place. */
interface Received {
  readonly keyHandIn: KeyHandInRow;
  readonly replaced: KeyHandInRow | null;
}

const TAKES_NO_KEYS = 'The client is archived: no keys are taken for it until its agency restores it.';

/**
 * Where so many keys of a client within a day were not found to be valid, no provider is asked about the next
 * one, which waits for an admin: handing in is no way to try stolen keys.
 */
const MAX_DOUBTFUL = 10;

/**
 * Takes keys that come from a client: write-only, sealed at once, without effect until an admin accepts them,
 * or, where the agency chose so for that client, until the provider says that they are valid.
 */
export class HandInService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly vault: Vault,
    private readonly providers: ProviderApi,
    private readonly checks: KeyCheckService,
    private readonly decisions: HandInDecisionService,
    private readonly lifetimeDays: number,
  ) {}

  /** Lists what was handed in, the newest first. */
  list(viewer: Viewer, args: PageArgs, { clientId, status }: HandInFilter): Promise<Page<KeyHandInRow>> {
    if (!canViewIntegrations(viewer)) throw forbidden();
    const query = this.database.read.createQueryBuilder(KeyHandInRow, 'handIn').where(visibleTo(viewer));
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
    const ofClient = clientId !== null || viewer.clientId !== null;
    const index = ofClient ? 'key_hand_ins_by_client' : 'key_hand_ins_by_agency';
    return readPage(this.database.read, query, args, 'DESC', index);
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(KeyHandInRow | null)[]> {
    if (!canViewIntegrations(viewer)) throw forbidden();
    return findOwnMany(this.database.read, viewer, KeyHandInRow, ids);
  }

  /**
   * Takes a key from a portal user. It is sealed before the provider is asked, so that an outage loses
   * nothing.
   */
  async handIn(
    viewer: Viewer,
    input: { provider: Provider; apiKey: Secret; region?: ProviderRegion | null },
  ): Promise<HandInResult> {
    const owner = ownClient(viewer);
    const { provider } = input;
    const read = await readCandidate(
      provider,
      { secret: input.apiKey, region: input.region ?? null },
      keyReader(this.vault, this.providers, owner, viewer.origin),
    );
    if ('userErrors' in read) return { keyHandIn: null, userErrors: read.userErrors };
    const [received, isAsked] = await this.database.write(viewer, async (tx) => [
      await this.receive(tx, viewer, owner, { provider, ...read }),
      (await countDoubtful(tx, owner)) <= MAX_DOUBTFUL,
    ]);
    if (received === 'CLIENT_ARCHIVED')
      return { keyHandIn: null, userErrors: [userError(received, null, TAKES_NO_KEYS)] };
    if (received === 'SEALED_KEY_USED')
      return { keyHandIn: null, userErrors: [userError(received, ['input', 'apiKey'])] };
    if (!isAsked) return { ...received, userErrors: [] };
    const verdict = await this.checks.ask(owner, { provider, ...read });
    // The key is there and its provider was asked, whatever became of the viewer meanwhile; but a key that
    // counts at once needs its rights.
    const keyHandIn = await this.database.writeWithoutViewer(async (tx) =>
      this.settle(tx, viewer, received.keyHandIn, verdict, await this.database.stillHasRights(tx, viewer)),
    );
    return { ...received, keyHandIn, userErrors: [] };
  }

  /**
   * Inside a `write`: seals a key as the one that is pending; an older one is replaced. A sealed key is
   * handed in once.
   */
  async receive(
    tx: Transaction,
    actor: Actor,
    owner: KeyOwner,
    entry: HandedInKey,
  ): Promise<Received | 'CLIENT_ARCHIVED' | 'SEALED_KEY_USED'> {
    const client = await tx.lock(ClientRow, owner.id);
    if (!client || client.archivedAt) return 'CLIENT_ARCHIVED';
    const { provider, key } = entry;
    if (await useOf(tx, key.envelope)) return 'SEALED_KEY_USED';
    await recordUse(tx, key.envelope, { ownerId: owner.id, provider, version: null });
    const older = await tx.findOneBy(KeyHandInRow, { pendingFor: pendingFor(owner, entry.provider) });
    const end = older && handInStatus(older) === 'EXPIRED' ? 'EXPIRED' : 'REPLACED';
    const replaced = older && (await endHandIn(tx, older, { status: end }));
    const keyHandIn = newHandIn(this.vault.cipher, actor, owner, entry, this.lifetimeDays);
    await tx.insert(KeyHandInRow, keyHandIn);
    if (older) await this.audit.record(tx, actor, { type: `HAND_IN_${end}`, ...nameOf(older) });
    await this.audit.record(tx, actor, {
      type: 'HAND_IN_RECEIVED',
      ...nameOf(keyHandIn),
      maskedKey: entry.key.mask,
    });
    return { keyHandIn, replaced };
  }

  /**
   * Inside a `write`: keeps what the provider said, and accepts the key where the agency chose so and the
   * provider says that it is valid, unless whoever handed it in may not do so any more, or its client was
   * archived. The agency decides then.
   */
  async settle(
    tx: Transaction,
    actor: Actor,
    { id, clientId }: KeyHandInRow,
    verdict: KeyVerdict,
    mayStill: boolean,
  ): Promise<KeyHandInRow> {
    const client = await tx.lock(ClientRow, clientId);
    const current = await tx.findOneByOrFail(KeyHandInRow, { id });
    const asked =
      handInStatus(current) === 'PENDING' ? { keyStatus: verdict.status, verifiedAt: new Date() } : null;
    if (asked) await tx.update(KeyHandInRow, { id }, asked);
    // The event is also written where somebody decided meanwhile, because the key was shown to its provider.
    await this.audit.record(tx, actor, {
      type: 'HAND_IN_VERIFIED',
      ...nameOf(current),
      status: verdict.status,
    });
    if (!asked) return current;
    const keyHandIn = { ...current, ...asked };
    const counts = mayStill && client?.acceptsValidHandIns && client.archivedAt === null;
    if (!counts || verdict.status !== 'VALID') return keyHandIn;
    const key = this.vault.cipher.open(keyHandIn.sealed ?? '', keyHandInPlace(keyHandIn), 'HAND_IN');
    const accepted = await this.decisions.acceptPending(tx, actor, keyHandIn, key, {
      decidedByName: null,
      expectedVersion: null,
    });
    if ('userErrors' in accepted) throw new Error('No version was expected');
    return accepted.keyHandIn;
  }
}

// The client is locked, so that keys that are handed in at the same time are counted one after the other.
function countDoubtful(tx: Transaction, { id: clientId }: KeyOwner): Promise<number> {
  const createdAt = MoreThan(new Date(Date.now() - DAY_MS));
  return tx.countBy(KeyHandInRow, { clientId, createdAt, keyStatus: Not('VALID') });
}

function ownClient(viewer: Viewer): KeyOwner {
  if (!canHandInApiKeys(viewer) || viewer.clientId === null) throw forbidden();
  return ownerOf({ agencyId: viewer.agencyId, clientId: viewer.clientId });
}
