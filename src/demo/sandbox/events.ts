import { createHmac } from 'node:crypto';
import type { Account } from './account';
import type { PlacedCall } from './placed-calls';

/** How a provider that leaves the choice signs: by a keyed hash, or with the secret itself in a header. */
export type SigningForm = 'HMAC' | 'SECRET' | 'BEARER';

/** The events of a provider in its own form, and its way of signing them. */
export interface EventForm {
  /** What is sent of a call that has come to its phase at this time. For some phases that is nothing. */
  of(call: PlacedCall, at: Date): readonly object[];
  sign(body: string, secret: string, at: Date, form?: SigningForm): Readonly<Record<string, string>>;
}

/** Where the events of an account go, and by which secret they are signed. */
export interface EventTarget {
  readonly url: string;
  readonly secret: string;
  readonly form?: SigningForm;
}

/** An event that was not sent yet. Sending it twice sends the same bytes. */
export interface WaitingEvent {
  readonly account: Account;
  readonly call: PlacedCall;
  readonly body: string;
}

/** The pauses after which an event is sent again that was not answered with 2xx. */
const RETRY_MS: readonly number[] = [1_000, 5_000, 30_000];

/**
 * The events of the calls at a stand-in, which wait here in the order in which they happened. A test sends
 * them late, twice, in another order or not at all; the demo sends each at once, as a provider does.
 */
export class EventOutbox {
  readonly waiting: WaitingEvent[] = [];
  readonly #targets = new Map<Account, EventTarget>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #sendsAtOnce = false;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(private readonly form: EventForm | null) {}

  /** Without a target, the events of the account are not even kept. */
  sendTo(account: Account, target: EventTarget): void {
    this.#targets.set(account, target);
  }

  /** From now on, each event is sent when it happens, and again up to three times where it is not taken. */
  sendAtOnce(): void {
    this.#sendsAtOnce = true;
  }

  /** Notes what the provider would send of a call, now that it has come to its phase. */
  note(call: PlacedCall, at = new Date()): void {
    if (!this.form || !this.#targets.has(call.account)) return;
    for (const event of this.form.of(call, at))
      this.waiting.push({ account: call.account, call, body: JSON.stringify(event) });
    if (this.#sendsAtOnce) this.#sending = this.#sending.then(() => this.#sendWaiting());
  }

  /** Signs an event at this moment, by the headers that are returned. */
  headersOf({ account, body }: WaitingEvent): Readonly<Record<string, string>> {
    const { secret, form } = this.#targetOf(account);
    const signature = this.form?.sign(body, secret, new Date(), form);
    return { 'content-type': 'application/json', ...signature };
  }

  /** Sends an event, and returns the status of the answer. */
  async send(event: WaitingEvent): Promise<number> {
    const { url } = this.#targetOf(event.account);
    const { body } = event;
    const { status } = await fetch(url, { method: 'POST', body, headers: { ...this.headersOf(event) } });
    return status;
  }

  /** Sends all that waits, one after the other, and returns the statuses of the answers. */
  async sendAll(): Promise<number[]> {
    const statuses: number[] = [];
    for (const event of this.waiting.splice(0)) statuses.push(await this.send(event));
    return statuses;
  }

  /** Forgets what was to be sent again. */
  async close(): Promise<void> {
    this.#sendsAtOnce = false;
    for (const timer of this.#retries) clearTimeout(timer);
    await this.#sending;
  }

  #targetOf(account: Account): EventTarget {
    const target = this.#targets.get(account);
    if (!target) throw new Error('Nobody has said where the events of this account go');
    return target;
  }

  async #sendWaiting(): Promise<void> {
    for (const event of this.waiting.splice(0)) await this.#attempt(event, 0);
  }

  async #attempt(event: WaitingEvent, attempts: number): Promise<void> {
    const status = await this.send(event).catch(() => 0);
    const pause = RETRY_MS[attempts];
    if ((status >= 200 && status < 300) || pause === undefined || !this.#sendsAtOnce) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      void this.#attempt(event, attempts + 1);
    }, pause).unref();
    this.#retries.add(timer);
  }
}

export function hmacOf(secret: string, signed: string): string {
  return createHmac('sha256', secret).update(signed).digest('hex');
}
