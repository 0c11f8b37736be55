import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';

type Prometheus = typeof import('prom-client');

/** What is read at the moment at which somebody asks for the metrics. Null is what could not be read. */
export interface Readings {
  readonly database: { readonly inUse: number; readonly waiting: number };
  readonly audit: Backlog | null;
  readonly events: Backlog | null;
  readonly deliveries: Backlog | null;
}

/** What waits to be done, and for how long the oldest of it has waited. */
export interface Backlog {
  readonly events: number;
  readonly ageSeconds: number;
}

const DELAY_RESOLUTION_MS = 10;
const QUANTILES = [0.5, 0.99, 1];
/** Upper ends, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The registry of one instance, with all that is counted. A label is always a word of our own from a short
 * list: no id, no key and nothing that a client has written.
 */
export class Metrics {
  readonly #registry: Registry;
  readonly #requests: Histogram<'class' | 'outcome'>;
  readonly #providerRequests: Histogram<'provider' | 'request' | 'outcome'>;
  readonly #calls: Counter<'provider' | 'source' | 'outcome'>;
  readonly #decrypts: Counter<'purpose'>;
  readonly #retries: Counter;
  readonly #events: Counter<'provider' | 'outcome'>;
  readonly #workedEvents: Counter<'provider' | 'outcome'>;
  readonly #deliveries: Counter<'outcome'>;
  readonly #gauges: ReturnType<typeof gaugesOf>;
  readonly #delays: Gauge<'quantile'>;
  readonly #delay: IntervalHistogram;

  private constructor({ Counter, Gauge, Histogram, Registry }: Prometheus) {
    const registry = new Registry();
    // Without it, prom-client would take a registry that all instances of a process share.
    const registers = [registry];
    const gauge = (name: string, help: string) => new Gauge({ name: `latchkey_${name}`, help, registers });
    const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
      new Counter({ name: `latchkey_${name}_total`, help, labelNames, registers });
    this.#registry = registry;
    this.#requests = new Histogram({
      name: 'latchkey_request_duration_seconds',
      help: 'Requests, from their header to the end of the answer.',
      labelNames: ['class', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
    this.#providerRequests = new Histogram({
      name: 'latchkey_provider_request_duration_seconds',
      help: 'Requests to providers.',
      labelNames: ['provider', 'request', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
    this.#calls = counter(
      'calls',
      'Calls that providers were asked to place.',
      'provider',
      'source',
      'outcome',
    );
    this.#decrypts = counter('decrypts', 'Stored secrets that were opened.', 'purpose');
    this.#retries = counter(
      'transaction_retries',
      'Transactions that were run again because they had lost a race or their connection.',
    );
    this.#events = counter('events', 'Events that providers sent.', 'provider', 'outcome');
    this.#workedEvents = counter(
      'events_worked',
      'Events that were worked, or failed and were put off.',
      'provider',
      'outcome',
    );
    this.#deliveries = counter(
      'webhook_deliveries',
      'Attempts to deliver webhooks: delivered, to be repeated, or failed for good.',
      'outcome',
    );
    this.#gauges = gaugesOf(gauge);
    this.#delays = new Gauge({
      name: 'latchkey_event_loop_delay_seconds',
      help: 'How late timers came since the metrics were read before.',
      labelNames: ['quantile'],
      registers,
    });
    this.#delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    this.#delay.enable();
  }

  /** The package is loaded here, and so never where metrics are off. */
  static async open(): Promise<Metrics> {
    return new Metrics(await import('prom-client'));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  request(labels: { readonly class: string; readonly outcome: string }, seconds: number): void {
    this.#requests.observe(labels, seconds);
  }

  providerRequest(
    labels: { readonly provider: string; readonly request: string; readonly outcome: string },
    seconds: number,
  ): void {
    this.#providerRequests.observe(labels, seconds);
  }

  call(provider: string, source: string, outcome: string): void {
    this.#calls.inc({ provider, source, outcome });
  }

  decrypt(purpose: string): void {
    this.#decrypts.inc({ purpose });
  }

  retry(): void {
    this.#retries.inc();
  }

  event(provider: string, outcome: 'ACCEPTED' | 'REFUSED' | 'UNREADABLE'): void {
    this.#events.inc({ provider, outcome });
  }

  worked(provider: string, outcome: 'DONE' | 'FAILED'): void {
    this.#workedEvents.inc({ provider, outcome });
  }

  delivery(outcome: 'DELIVERED' | 'WAITING' | 'FAILED', count = 1): void {
    this.#deliveries.inc({ outcome }, count);
  }

  /** Returns everything in the text format of Prometheus. */
  async text({ database, audit, events, deliveries }: Readings): Promise<string> {
    const { inUse, waiting, auditEvents, auditAge, waitingEvents, eventAge } = this.#gauges;
    const { waitingDeliveries, deliveryDelay } = this.#gauges;
    inUse.set(database.inUse);
    waiting.set(database.waiting);
    setOrRemove(auditEvents, auditAge, audit);
    setOrRemove(waitingEvents, eventAge, events);
    setOrRemove(waitingDeliveries, deliveryDelay, deliveries);
    this.#readDelay();
    return this.#registry.metrics();
  }

  close(): void {
    this.#delay.disable();
  }

  #readDelay(): void {
    for (const quantile of QUANTILES) {
      const milliseconds = this.#delay.count === 0 ? 0 : this.#delay.percentile(100 * quantile) / 1e6;
      // It measures the time from one timer to the next.
      this.#delays.set({ quantile }, Math.max(0, milliseconds - DELAY_RESOLUTION_MS) / 1000);
    }
    this.#delay.reset();
  }
}

function gaugesOf(gauge: (name: string, help: string) => Gauge) {
  return {
    inUse: gauge('database_connections_in_use', 'Connections of the pool in use, or the writer of SQLite.'),
    waiting: gauge('database_waiting', 'What waits for a connection, or for the writer of SQLite.'),
    auditEvents: gauge('audit_unchained_events', 'Events of the audit trail that are not chained yet.'),
    auditAge: gauge('audit_unchained_age_seconds', 'Age of the oldest event that is not chained yet.'),
    waitingEvents: gauge('events_waiting', 'Events of providers that are not worked yet.'),
    waitingDeliveries: gauge('webhook_deliveries_waiting', 'Webhooks that are not delivered yet.'),
    deliveryDelay: gauge(
      'webhook_deliveries_delay_seconds',
      'How long the most belated delivery is due already.',
    ),
    eventAge: gauge('events_waiting_age_seconds', 'Age of the oldest event that is not worked yet.'),
  };
}

function setOrRemove(count: Gauge, age: Gauge, backlog: Backlog | null): void {
  // Nothing is better than what was true before.
  if (!backlog) {
    count.remove();
    age.remove();
    return;
  }
  count.set(backlog.events);
  age.set(backlog.ageSeconds);
}
