import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { requireAdmin } from '../access/context';
import { findOwnMany, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { Database } from '../database/database';
import { isId, newId } from '../platform/ids';
import { ConcurrentChange, type Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import type { Cipher } from '../vault/cipher';
import { obtainVaultKey, readVaultKey } from '../vault/vault-keys';
import type { Actor, AuditEvent, AuditEventType } from './audit-event';
import { AuditEventRow, AuditHeadRow } from './audit.entity';

export interface AuditFilter {
  readonly types: readonly AuditEventType[] | null;
  readonly clientId: string | null;
  readonly actorId: string | null;
  /** Events at this time or later. */
  readonly since: Date | null;
  /** Events before this time. */
  readonly until: Date | null;
}

type ChainEnd = Pick<AuditHeadRow, 'sequence' | 'hash'>;

/** The most agencies whose last event is remembered, at a hundred bytes each. */
const ENDS_KEPT = 10_000;

const KEY_BYTES = 32;
const KEY_NAME = 'audit';

/** Nothing was ever recorded in this database. */
export class NoAuditTrail extends Error {}

/** What happened, agency by agency: written with the change that it tells of, or neither is. */
export class AuditTrail {
  private constructor(
    private readonly database: Pick<Database, 'read'>,
    private readonly key: KeyObject,
  ) {}

  // The last events that this instance recorded, so that it need not read them. Where several instances take
  // turns in one agency, the remembered event is outdated, which costs one update that changes no row.
  readonly #ends = new LRUCache<string, ChainEnd>({ max: ENDS_KEPT });

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
   * Adds an event to its agency's chain, inside the transaction of the change that it tells of. Call it as
   * late in the transaction as possible: from here to its end, other changes of the agency wait.
   */
  async record(tx: Transaction, actor: Actor, event: AuditEvent): Promise<void> {
    const { agencyId: id } = actor;
    const known = this.#ends.get(id);
    if (known && (await this.#append(tx, actor, event, known))) return;
    const [end] = await tx.lockRows<ChainEnd>('SELECT sequence, hash FROM audit_heads WHERE id = ?', [id]);
    if (!(await this.#append(tx, actor, event, end ?? null))) throw new ConcurrentChange();
  }

  /**
   * Returns whether the chain still ends at `end`. It does not if another instance has added to it, or if the
   * last event was rolled back.
   */
  async #append(tx: Transaction, actor: Actor, event: AuditEvent, end: ChainEnd | null): Promise<boolean> {
    const { agencyId: id } = actor;
    const unsigned = toRow(actor, event, (end?.sequence ?? 0) + 1);
    const { sequence } = unsigned;
    const hash = this.hashOf(unsigned, end?.hash ?? '');
    const next = { sequence, hash, seal: this.sealOf({ id, sequence, hash }) };
    if (!end) await tx.insertRow('audit_heads', { id, ...next });
    else if (!(await tx.updateRow('audit_heads', next, { id, sequence: end.sequence, hash: end.hash })))
      return false;
    await tx.insertRow('audit_events', { ...unsigned, hash });
    this.#ends.set(id, { sequence, hash });
    return true;
  }

  /** Lists events, the newest first. */
  list(viewer: Viewer, args: PageArgs, filter: AuditFilter): Promise<Page<AuditEventRow>> {
    requireAdmin(viewer);
    const query = this.database.read.createQueryBuilder(AuditEventRow, 'event').where(visibleTo(viewer));
    const { types, clientId, actorId, since, until } = filter;
    if (types !== null)
      query.andWhere('event.type IN (:...types)', { types: types.length > 0 ? types : [''] });
    if (clientId !== null)
      query.andWhere('event.clientId = :clientId', { clientId: isId(clientId) ? clientId : '' });
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

  /** Returns the keyed hash of every column in a fixed order and of the hash before it. */
  hashOf(row: UnsignedRow, previous: string): string {
    const {
      id,
      agencyId,
      sequence,
      type,
      at,
      actorKind,
      actorId,
      actorName,
      requestId,
      sourceAddress,
      clientId,
      details,
    } = row;
    const who = [actorKind, actorId, actorName, requestId, sourceAddress];
    const text = JSON.stringify([
      previous,
      id,
      agencyId,
      sequence,
      type,
      at.toISOString(),
      ...who,
      clientId,
      details,
    ]);
    return createHmac('sha256', this.key).update(text).digest('hex');
  }

  /** Returns the keyed hash of the end of an agency's chain. */
  sealOf({ id, sequence, hash }: Omit<AuditHeadRow, 'seal'>): string {
    return createHmac('sha256', this.key)
      .update(JSON.stringify(['end', id, sequence, hash]))
      .digest('hex');
  }
}

type UnsignedRow = Omit<AuditEventRow, 'hash'>;

function toRow(
  { kind, id, name, agencyId, origin }: Actor,
  { type, ...details }: AuditEvent,
  sequence: number,
): UnsignedRow {
  const clientId = 'clientId' in details ? details.clientId : null;
  const { requestId, sourceAddress } = origin;
  const actor = { actorKind: kind, actorId: id, actorName: name, requestId, sourceAddress };
  return {
    id: newId(),
    agencyId,
    sequence,
    type,
    at: new Date(),
    ...actor,
    clientId,
    details: JSON.stringify(details),
  };
}
