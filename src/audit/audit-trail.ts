import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { requireAdmin } from '../access/context';
import { findOwnMany, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Database } from '../database/database';
import { isId } from '../platform/ids';
import type { Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import { checkSpan } from '../graphql/checks';
import type { Page, PageArgs } from '../graphql/page';
import type { Cipher } from '../vault/cipher';
import { obtainVaultKey, readVaultKey } from '../vault/vault-keys';
import type { Actor, AuditEvent, AuditEventType } from './audit-event';
import { AuditHeadRow } from './audit-head.entity';
import { AuditEventRow } from './audit.entity';

export interface AuditFilter {
  readonly types: readonly AuditEventType[] | null;
  readonly clientId: string | null;
  /** Only events that concern no client. */
  readonly withoutClient: boolean;
  readonly actorId: string | null;
  /** Events at this time or later. */
  readonly since: Date | null;
  /** Events before this time. */
  readonly until: Date | null;
}

const KEY_BYTES = 32;
const KEY_NAME = 'audit';

/** Nothing was ever recorded in this database. */
export class NoAuditTrail extends Error {}

/** What happened in each agency: written with the change that it tells of, or neither is. */
export class AuditTrail {
  private constructor(
    private readonly database: Pick<Database, 'read'>,
    private readonly key: KeyObject,
  ) {}

  /**
   * Opens the trail with the key of its chains, which lies sealed in the database, so that nobody who can
   * only write rows can make up events.
   */
  static async open(database: Database, cipher: Cipher): Promise<AuditTrail> {
    const key = await obtainVaultKey(database, cipher, KEY_NAME, () => randomBytes(KEY_BYTES));
    return new AuditTrail(database, createSecretKey(key));
  }

  /** Opens a trail that exists already, and creates nothing. Throws `NoAuditTrail` and `UnreadableKey`. */
  static async openExisting(database: Pick<Database, 'read'>, cipher: Cipher): Promise<AuditTrail> {
    const key = await readVaultKey(database.read, cipher, KEY_NAME);
    if (!key) throw new NoAuditTrail('There is no audit trail in this database');
    return new AuditTrail(database, createSecretKey(key));
  }

  /**
   * Writes an event inside the transaction of the change that it tells of. It has a keyed hash of its own;
   * the sealer puts it into its agency's chain, so that the changes of one agency never wait for each other
   * here.
   */
  async record(tx: Transaction, actor: Actor, event: AuditEvent): Promise<void> {
    const row = toRow(tx.lastingId(), actor, event);
    await tx.insertRow('audit_events', { ...row, sequence: null, hash: this.#macOf(row) });
  }

  /** Lists events, the newest first. */
  list(viewer: Viewer, args: PageArgs, filter: AuditFilter): Promise<Page<AuditEventRow>> {
    requireAdmin(viewer);
    const query = this.database.read.createQueryBuilder(AuditEventRow, 'event').where(visibleTo(viewer));
    const { types, clientId, withoutClient, actorId, since, until } = filter;
    checkSpan('filter.', since, until);
    if (types !== null)
      query.andWhere('event.type IN (:...types)', { types: types.length > 0 ? types : [''] });
    if (clientId !== null)
      query.andWhere('event.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
    if (withoutClient) query.andWhere('event.clientId IS NULL');
    if (actorId !== null)
      query.andWhere('event.actorId = :actorId', { actorId: isId(actorId) ? actorId : '' });
    if (since !== null) query.andWhere('event.at >= :since', { since });
    if (until !== null) query.andWhere('event.at < :until', { until });
    // Events of a type may be rare or frequent: there the database chooses, which may know it.
    const index = clientId === null ? 'audit_events_by_agency' : 'audit_events_by_client';
    return readPage(this.database.read, query, args, 'DESC', types === null ? index : null);
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(AuditEventRow | null)[]> {
    requireAdmin(viewer);
    return findOwnMany(this.database.read, viewer, AuditEventRow, ids);
  }

  /** Tells whether an event that is not chained yet is as it was written. */
  isGenuine(row: AuditEventRow): boolean {
    return isTime(row.at) && row.hash === this.#macOf(row);
  }

  #macOf(row: UnchainedEvent): string {
    const { id, agencyId, type, at, clientId, details } = row;
    return this.#mac(['event', id, agencyId, type, at.toISOString(), ...whoOf(row), clientId, details]);
  }

  /** Returns the keyed hash of an event at its place in the chain, and of the hash before it. */
  hashOf(row: UnchainedEvent, sequence: number, previous: string): string {
    const { id, agencyId, type, at, clientId, details } = row;
    const what = [previous, id, agencyId, sequence, type, at.toISOString()];
    return this.#mac([...what, ...whoOf(row), clientId, details]);
  }

  /** Returns the keyed hash of the end of an agency's chain. */
  sealOf({ id, sequence, hash }: Omit<AuditHeadRow, 'seal'>): string {
    return this.#mac(['end', id, sequence, hash]);
  }

  #mac(parts: readonly unknown[]): string {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest('hex');
  }
}

/** SQLite stores any text in the column, and MySQL may store a day that no calendar has. */
export function isTime(at: Date | null): boolean {
  return at instanceof Date && !Number.isNaN(at.getTime());
}

type UnchainedEvent = Omit<AuditEventRow, 'sequence' | 'hash'>;

function whoOf({ actorKind, actorId, actorName, requestId, sourceAddress }: UnchainedEvent): unknown[] {
  return [actorKind, actorId, actorName, requestId, sourceAddress];
}

function toRow(
  eventId: string,
  { kind, id, name, agencyId, origin }: Actor,
  { type, ...details }: AuditEvent,
): UnchainedEvent {
  const clientId = 'clientId' in details ? details.clientId : null;
  const { requestId, sourceAddress } = origin;
  const actor = { actorKind: kind, actorId: id, actorName: name, requestId, sourceAddress };
  return {
    id: eventId,
    agencyId,
    type,
    at: new Date(),
    ...actor,
    clientId,
    details: JSON.stringify(details),
  };
}
