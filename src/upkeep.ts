import type { AuditEventRow } from './audit/audit.entity';
import { AuditSealer } from './audit/audit-sealer';
import { AlertWorker } from './alerts/alert-worker';
import { CountingWorker } from './analytics/counting-worker';
import { CallAsker } from './calls/call-asker';
import { EventAsker } from './events/event-asker';
import { EventRetention } from './events/event-retention';
import { DeliveryBatch } from './deliveries/delivery-batch';
import { DeliveryWorker } from './deliveries/delivery-worker';
import type { Reconciler } from './reconciliation/reconciler';
import { ReconciliationWorker } from './reconciliation/reconciliation-worker';
import { eventEffect, withoutAnswer } from './events/event-effect';
import type { RefusedCounts } from './events/refused-counts';
import { EventWorker } from './events/event-worker';
import type { Transaction } from './database/transaction';
import type { Metrics } from './platform/metrics';
import { announceEvents } from './outbox/outbox';
import { noteKeyOwners } from './keys/changes/noted-owners';
import { KeyChecker } from './keys/checks/key-checker';
import type { Store } from './store';
import type { AppServices } from './services';

interface Worker {
  start(): void;
  stop(): Promise<void>;
}

/**
 * After this time, an instance looks again whether upload keys have to be renewed and whether anything that
 * has expired has to be destroyed.
 */
const TIDIED_UP_EVERY_MS = 60 * 60 * 1000;

/** What events of the audit trail bring about when they are chained, in the same transaction. */
export async function whenChained(tx: Transaction, events: readonly AuditEventRow[]): Promise<void> {
  await announceEvents(tx, events);
  await noteKeyOwners(tx, events);
}

/** What an instance does without being asked. */
export class Upkeep {
  readonly sealer: AuditSealer;
  readonly eventWorker: EventWorker;
  readonly callAsker: CallAsker;
  readonly eventAsker: EventAsker;
  readonly eventRetention: EventRetention;
  readonly refusedEvents: RefusedCounts;
  readonly deliveries: DeliveryWorker;
  readonly reconciliation: ReconciliationWorker;
  readonly reconciler: Reconciler;
  readonly keyChecker: KeyChecker;
  readonly alertWorker: AlertWorker;
  readonly callCounting: CountingWorker;
  #tidying: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly services: AppServices,
    metrics: Metrics | null,
    private readonly logFault: (error: unknown) => void,
    logLine: (line: object) => void,
  ) {
    const { database, audit, vault } = store;
    this.sealer = new AuditSealer(database, audit, logFault, whenChained);
    this.eventWorker = new EventWorker(database, eventEffect(services.keyResolver), logFault, metrics);
    this.eventAsker = new EventAsker(
      database,
      services.reconciler,
      withoutAnswer(services.keyResolver),
      logFault,
    );
    this.eventRetention = new EventRetention(database, logFault);
    this.refusedEvents = services.refusedEvents;
    const batch = new DeliveryBatch(database, vault.cipher, audit, services.webhookSender, logFault, metrics);
    this.deliveries = new DeliveryWorker(database, batch, logFault);
    this.callAsker = new CallAsker(database, services.callFacts, services.backgroundInquiry, logFault);
    this.reconciler = services.reconciler;
    this.reconciliation = new ReconciliationWorker(database, services.reconciler, logFault, logLine);
    const inBackground = services.providers.inBackground();
    this.keyChecker = new KeyChecker(database, audit, vault, inBackground, logFault);
    this.alertWorker = new AlertWorker(database, audit, vault, logFault);
    this.callCounting = new CountingWorker(database, logFault);
  }

  async start(): Promise<void> {
    // When something cannot be destroyed now, the next round tries again. That is no reason not to serve.
    await this.#expireHandIns();
    this.#tidying = setInterval(() => void this.#tidyUp(), TIDIED_UP_EVERY_MS).unref();
    for (const worker of this.#workers) worker.start();
  }

  stopTidying(): void {
    clearInterval(this.#tidying);
  }

  /** Ends with what the workers have begun. */
  async stopWorkers(): Promise<void> {
    for (const worker of this.#workers) await worker.stop();
  }

  // The sealer comes last, because it chains what the others have recorded.
  get #workers(): readonly Worker[] {
    const ofEvents = [this.eventWorker, this.eventAsker.rounds, this.eventRetention, this.refusedEvents];
    return [
      ...ofEvents,
      this.callAsker.rounds,
      this.reconciliation,
      this.keyChecker.rounds,
      this.alertWorker.rounds,
      this.callCounting.rounds,
      this.deliveries,
      this.sealer,
    ];
  }

  async #tidyUp(): Promise<void> {
    await Promise.all([
      this.store.vault.uploads.rotate().catch(this.logFault),
      this.services.gateway.forgetOldAttempts().catch(this.logFault),
      this.#expireHandIns(),
    ]);
  }

  #expireHandIns(): Promise<void> {
    return this.services.handInDecisions.expire(this.logFault).catch(this.logFault);
  }
}
