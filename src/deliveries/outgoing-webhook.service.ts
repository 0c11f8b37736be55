import { In } from 'typeorm';
import { requireAdmin } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import { noteChange } from '../agencies/changed-owner';
import type { AuditTrail } from '../audit/audit-trail';
import type { Reader, Transaction } from '../database/transaction';
import { userError, type UserError } from '../graphql/user-error';
import type { MessageType } from '../outbox/message-types';
import type { GrantedAccess } from '../people/granted-access';
import { newId } from '../platform/ids';
import { inOrderOf } from '../platform/rows-by-id';
import type { Cipher } from '../vault/cipher';
import { newSigningSecret } from '../vault/message-signatures';
import { OutgoingWebhookSecretRow, signingSecretPlace } from './outgoing-webhook-secret.entity';
import { hostOf, isFault, OutgoingWebhookRow } from './outgoing-webhook.entity';
import { SOUND } from './attempts';
import { checkTypes, checkUrl, errorsOf } from './webhook-input';

/** An agency has at most this many webhooks. */
export const MAX_WEBHOOKS = 10;
/** For how long a secret still signs after another has taken its place: the two before the newest one. */
export const BOTH_SIGN_HOURS = 24;

/** A webhook as it is shown. */
export interface ShownWebhook extends OutgoingWebhookRow {
  /** The public key of the newest secret. */
  readonly publicKey: string;
  /** Null where one secret alone is valid. */
  readonly previousSecretValidUntil: Date | null;
}

export interface WebhookResult {
  readonly outgoingWebhook: ShownWebhook | null;
  readonly userErrors: readonly UserError[];
}

/** The secret is in this answer, and nowhere else. */
export type SecretResult = WebhookResult & { readonly secret: string | null };

export interface NewWebhook {
  readonly url: string;
  readonly types: readonly MessageType[];
}

export type WebhookChange = { readonly [K in keyof NewWebhook]?: NewWebhook[K] | null } & {
  readonly outgoingWebhookId: string;
  readonly isOn?: boolean | null;
};

/** Keeps where an agency wants to be told of what happens. */
export class OutgoingWebhookService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly cipher: Cipher,
    /** Whether this machine may be a receiver: in the demo and in tests alone. */
    private readonly allowsLoopback: boolean,
  ) {}

  /** Lists the webhooks of an agency, the newest first. */
  async list(viewer: Viewer): Promise<ShownWebhook[]> {
    requireAdmin(viewer);
    const { read } = this.database;
    const rows = await read.find(OutgoingWebhookRow, { where: visibleTo(viewer), order: { id: 'DESC' } });
    return shown(read, rows);
  }

  async findMany(viewer: Viewer, ids: readonly string[]): Promise<(ShownWebhook | null)[]> {
    requireAdmin(viewer);
    const { read } = this.database;
    const rows = await findOwnMany(read, viewer, OutgoingWebhookRow, ids);
    return inOrderOf(
      ids,
      await shown(
        read,
        rows.filter((row) => row !== null),
      ),
    );
  }

  async create(viewer: Viewer, input: NewWebhook): Promise<SecretResult> {
    requireAdmin(viewer);
    const url = checkUrl(input.url, this.allowsLoopback);
    const types = checkTypes(input.types);
    if ('code' in url || 'code' in types) return { ...refused(errorsOf(url, types)), secret: null };
    return this.database.write(viewer, async (tx) => {
      await tx.lock(AgencyRow, viewer.agencyId);
      if ((await tx.countBy(OutgoingWebhookRow, visibleTo(viewer))) >= MAX_WEBHOOKS)
        return { ...refused([userError('TOO_MANY', ['input'], `At most ${MAX_WEBHOOKS}.`)]), secret: null };
      const webhook = newWebhook(viewer, url.href, types);
      await tx.insert(OutgoingWebhookRow, webhook);
      const secret = await this.#addSecret(tx, webhook, 1);
      await this.#record(tx, viewer, 'OUTGOING_WEBHOOK_CREATED', webhook);
      return { ...(await resultOf(tx, webhook)), secret };
    });
  }

  async update(viewer: Viewer, input: WebhookChange): Promise<WebhookResult> {
    requireAdmin(viewer);
    const url = input.url == null ? null : checkUrl(input.url, this.allowsLoopback);
    const types = input.types == null ? null : checkTypes(input.types);
    if ((url && 'code' in url) || (types && 'code' in types)) return refused(errorsOf(url, types));
    return this.#change(viewer, input.outgoingWebhookId, async (tx, webhook) => {
      const now = new Date();
      const isOther = url !== null && url.href !== webhook.url;
      const changed = {
        ...(isOther && { url: url.href }),
        ...(isOther && webhook.offReason === null && begunAnew(webhook, now)),
        ...(types && types.join() !== webhook.types.join() && { types }),
        ...switched(webhook, input.isOn ?? null, now),
      };
      if (Object.keys(changed).length === 0) return resultOf(tx, webhook);
      const change = { ...changed, updatedAt: now };
      await tx.update(OutgoingWebhookRow, { id: webhook.id }, change);
      await noteSwitch(tx, webhook, change);
      await this.#record(tx, viewer, 'OUTGOING_WEBHOOK_CHANGED', { ...webhook, ...change });
      return resultOf(tx, { ...webhook, ...change });
    });
  }

  /** What is on its way may still arrive. The log of its deliveries is gone with a webhook. */
  async delete(viewer: Viewer, id: string): Promise<WebhookResult> {
    requireAdmin(viewer);
    return this.#change(viewer, id, async (tx, webhook) => {
      const result = await resultOf(tx, webhook);
      await tx.delete(OutgoingWebhookSecretRow, { webhookId: id });
      await tx.delete(OutgoingWebhookRow, { id });
      await noteSwitch(tx, webhook, ON);
      await this.#record(tx, viewer, 'OUTGOING_WEBHOOK_DELETED', webhook);
      return result;
    });
  }

  /**
   * Gives a webhook another secret. The one before it signs for a day more, and so does the one before that,
   * until its own day is over. Any older one is destroyed.
   */
  async rotateSecret(viewer: Viewer, id: string): Promise<SecretResult> {
    requireAdmin(viewer);
    const result = await this.#change<SecretResult>(viewer, id, async (tx, webhook) => {
      const earlier = await tx.find(OutgoingWebhookSecretRow, {
        where: { webhookId: id },
        order: { version: 'DESC' },
      });
      const [newest, previous, ...older] = earlier;
      const now = Date.now();
      const isOver = previous?.validUntil && previous.validUntil.getTime() <= now;
      for (const { id: oldId } of isOver ? [previous, ...older] : older)
        await tx.delete(OutgoingWebhookSecretRow, { id: oldId });
      const validUntil = new Date(now + BOTH_SIGN_HOURS * 60 * 60 * 1000);
      if (newest) await tx.update(OutgoingWebhookSecretRow, { id: newest.id }, { validUntil });
      const secret = await this.#addSecret(tx, webhook, (newest?.version ?? 0) + 1);
      await this.#record(tx, viewer, 'OUTGOING_WEBHOOK_SECRET_ROTATED', webhook);
      return { ...(await resultOf(tx, webhook)), secret };
    });
    return { secret: null, ...result };
  }

  /**
   * The webhooks that someone has created or changed, or whose secret was shown to that person, by the trail.
   * They stay when that person goes.
   */
  async granted(read: Reader, agencyId: string, personId: string): Promise<GrantedAccess[]> {
    const rows = await read.find(OutgoingWebhookRow, { where: { agencyId }, order: { id: 'ASC' } });
    if (rows.length === 0) return [];
    const events = await read.rows<{ details: string }>(
      `SELECT details FROM audit_events${read.indexHint('audit_events_by_type')}
WHERE agencyId = ? AND type IN ('OUTGOING_WEBHOOK_CREATED', 'OUTGOING_WEBHOOK_CHANGED', 'OUTGOING_WEBHOOK_SECRET_ROTATED') AND actorId = ?`,
      [agencyId, personId],
    );
    const ids = new Set(
      events.map(({ details }) => (JSON.parse(details) as { outgoingWebhookId: string }).outgoingWebhookId),
    );
    return rows
      .filter(({ id }) => ids.has(id))
      .map(({ id: objectId, url, createdAt }) => ({
        ...{ kind: 'OUTGOING_WEBHOOK', objectId, name: hostOf(url), createdAt },
        expiresAt: null,
        isRevoked: false,
      }));
  }

  #change<T extends WebhookResult>(
    viewer: Viewer,
    id: string,
    change: (tx: Transaction, webhook: OutgoingWebhookRow) => Promise<T>,
  ): Promise<T | WebhookResult> {
    return this.database.write<T | WebhookResult>(viewer, async (tx) => {
      const webhook = await lockOwn(tx, viewer, OutgoingWebhookRow, id);
      return webhook ? change(tx, webhook) : NOT_FOUND;
    });
  }

  async #addSecret(
    tx: Transaction,
    { id: webhookId, agencyId }: OutgoingWebhookRow,
    version: number,
  ): Promise<string> {
    const place = { webhookId, agencyId, version };
    const { shown: secret, ...stored } = newSigningSecret(this.cipher, signingSecretPlace(place));
    await tx.insert(OutgoingWebhookSecretRow, { id: newId(), ...place, ...stored, validUntil: null });
    return secret;
  }

  #record(
    tx: Transaction,
    viewer: Viewer,
    type: `OUTGOING_WEBHOOK_${'CREATED' | 'CHANGED' | 'DELETED' | 'SECRET_ROTATED'}`,
    { id: outgoingWebhookId, url }: OutgoingWebhookRow,
  ): Promise<void> {
    return this.audit.record(tx, viewer, { type, outgoingWebhookId, name: hostOf(url) });
  }
}

function refused(userErrors: readonly UserError[]): WebhookResult {
  return { outgoingWebhook: null, userErrors };
}

const NOT_FOUND = refused([userError('NOT_FOUND', ['input', 'outgoingWebhookId'])]);

async function resultOf(tx: Transaction, webhook: OutgoingWebhookRow): Promise<WebhookResult> {
  const [outgoingWebhook = null] = await shown(tx, [webhook]);
  return { outgoingWebhook, userErrors: [] };
}

function newWebhook({ agencyId }: Viewer, url: string, types: readonly MessageType[]): OutgoingWebhookRow {
  const now = new Date();
  return {
    id: newId(),
    agencyId,
    url,
    types,
    ...ON,
    dueAt: null,
    claimedUntil: null,
    fence: 0,
    createdAt: now,
    updatedAt: now,
  };
}

const ON = { offReason: null, offAt: null, ...SOUND };

// What waits is looked at in either case: it goes out, or it has failed.
function switched(webhook: OutgoingWebhookRow, isOn: boolean | null, now: Date): Partial<OutgoingWebhookRow> {
  if (isOn === null || isOn === (webhook.offReason === null)) return {};
  return isOn ? begunAnew(webhook, now) : { ...ON, offReason: 'BY_ADMIN', offAt: now, dueAt: now };
}

/** What the receiver before still answers to an attempt that is on its way counts no more. */
function begunAnew({ fence }: OutgoingWebhookRow, now: Date): Partial<OutgoingWebhookRow> {
  return { ...ON, fence: fence + 1, claimedUntil: null, dueAt: now };
}

/** Of a webhook that is off by a fault, there is an alert that is to be closed, or to name another host. */
async function noteSwitch(
  tx: Transaction,
  { agencyId, offReason }: OutgoingWebhookRow,
  change: Partial<OutgoingWebhookRow>,
): Promise<void> {
  const isSeen = 'offReason' in change || 'url' in change;
  if (isSeen && isFault(offReason)) await noteChange(tx, agencyId, null);
}

async function shown(read: Reader, rows: readonly OutgoingWebhookRow[]): Promise<ShownWebhook[]> {
  if (rows.length === 0) return [];
  const secrets = await read.find(OutgoingWebhookSecretRow, {
    where: { webhookId: In(rows.map(({ id }) => id)) },
    order: { version: 'DESC' },
  });
  const now = new Date();
  return rows.map((row) => {
    const [newest, previous] = secrets.filter(({ webhookId }) => webhookId === row.id);
    const until = previous?.validUntil ?? null;
    const previousSecretValidUntil = until !== null && until > now ? until : null;
    return { ...row, publicKey: newest?.publicKey ?? '', previousSecretValidUntil };
  });
}
