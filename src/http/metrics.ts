import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type { Load } from '../database/dialect';
import { dateOf, dateOrNull, type RawDate } from '../database/raw';
import type { Reader } from '../database/transaction';
import { withinTime } from '../database/waiting';
import type { Backlog, Metrics, Readings } from '../platform/metrics';

/** Prometheus waits ten seconds for an answer. */
const READING_MS = 1_000;
/** More events than these are not counted, because that would take long while the database is busy. */
const MOST_EVENTS = 10_000;

/** Serves the metrics of an instance at `/metrics`, on an address of its own. */
export class MetricsEndpoint {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #reading: Promise<Backlogs | null> | null = null;

  constructor(
    private readonly metrics: Metrics,
    private readonly database: { readonly read: Reader; load(): Load },
    private readonly log: FastifyBaseLogger,
  ) {}

  /** Throws an error of the operating system where it cannot listen there. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve);
    });
  }

  /** The address where it listens. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${isIPv6(address) ? `[${address}]` : address}:${port}/metrics`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
    this.metrics.close();
  }

  async #answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
    try {
      // What is asked here for the backlogs is not part of the load.
      const database = this.database.load();
      const backlogs = (await this.#backlogs()) ?? { audit: null, events: null, deliveries: null };
      const text = await this.metrics.text({ database, ...backlogs });
      response.writeHead(200, { 'content-type': this.metrics.contentType }).end(text);
    } catch (error) {
      this.log.error({ err: error });
      response.writeHead(500).end();
    }
  }

  /** However many ask at once, and however slow the database is, there is one question to it at a time. */
  async #backlogs(): Promise<Backlogs | null> {
    this.#reading ??= readBacklogs(this.database.read)
      .catch(() => null)
      .finally(() => (this.#reading = null));
    return withinTime(this.#reading, READING_MS).catch(() => null);
  }
}

type Backlogs = Pick<Readings, 'audit' | 'events' | 'deliveries'>;

async function readBacklogs(read: Reader): Promise<Backlogs> {
  const deliveries = await readDeliveries(read);
  return { audit: await readUnchained(read), events: await readWaiting(read), deliveries };
}

// Each webhook says when the first of its deliveries is due. One that is paused is not late.
async function readDeliveries(read: Reader): Promise<Backlog> {
  const [counted] = await read.rows<{ events: number | string }>(
    `SELECT COUNT(*) AS events FROM (SELECT d.id FROM outgoing_webhooks w JOIN deliveries d
ON d.webhookId = w.id AND d.status = 'WAITING' WHERE w.dueAt > ? LIMIT ${MOST_EVENTS}) waiting`,
    [new Date(0)],
  );
  const now = new Date();
  const [late] = await read.rows<{ dueAt: RawDate | null }>(
    'SELECT MIN(dueAt) AS dueAt FROM outgoing_webhooks WHERE dueAt <= ? AND (pausedUntil IS NULL OR pausedUntil <= ?)',
    [now, now],
  );
  return { events: Number(counted?.events ?? 0), ageSeconds: ageOf(dateOrNull(late?.dueAt ?? null)) };
}

async function readWaiting(read: Reader): Promise<Backlog> {
  const [row] = await read.rows<{ events: number | string; oldest: RawDate | null }>(
    `SELECT COUNT(*) AS events, MIN(receivedAt) AS oldest FROM (SELECT receivedAt FROM provider_events WHERE state = 'WAITING' ORDER BY dueAt LIMIT ${MOST_EVENTS}) waiting`,
  );
  return { events: Number(row?.events ?? 0), ageSeconds: ageOf(dateOrNull(row?.oldest ?? null)) };
}

function ageOf(oldest: Date | null): number {
  return oldest === null ? 0 : Math.max(0, (Date.now() - oldest.getTime()) / 1000);
}

async function readUnchained(read: Reader): Promise<Backlog> {
  // The ids of events begin with their time.
  const index = read.indexHint('audit_events_in_order');
  const [oldest] = await read.rows<{ at: RawDate }>(
    `SELECT at FROM audit_events${index} WHERE sequence IS NULL ORDER BY id LIMIT 1`,
  );
  if (!oldest) return { events: 0, ageSeconds: 0 };
  const [counted] = await read.rows<{ events: number | string }>(
    `SELECT COUNT(*) AS events FROM (SELECT id FROM audit_events${index} WHERE sequence IS NULL LIMIT ${MOST_EVENTS}) waiting`,
  );
  return { events: Number(counted?.events ?? 0), ageSeconds: ageOf(dateOf(oldest.at)) };
}
