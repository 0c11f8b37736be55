import { randomUUID } from 'node:crypto';
import type { Account } from './account';

export type Phase = 'WAITING' | 'GOING_ON' | 'ENDED';

/** A call that was placed with a stand-in. No phone rings: it goes on when it is asked about or told to. */
export class PlacedCall {
  readonly createdAt = new Date();
  /** Nobody else knows this text. Who has it can end the call. */
  readonly secret = randomUUID();
  phase: Phase = 'WAITING';
  startedAt: Date | null = null;
  endedAt: Date | null = null;
  wasStopped = false;
  /** What the call costs, in US cents. It is known from the end on, and can be corrected. */
  cents: number | null = null;

  #timesAsked = 0;

  constructor(
    readonly id: string,
    readonly account: Account,
    /** What was asked for when it was placed. */
    readonly request: unknown,
  ) {}

  /** Somebody answers when the call is asked about first, and hangs up when it is asked about again later. */
  goOn(): void {
    if (this.phase === 'WAITING') this.answer();
    else if (this.phase === 'GOING_ON' && (this.#timesAsked += 1) > 1) this.end();
  }

  answer(): void {
    this.phase = 'GOING_ON';
    this.startedAt = new Date();
  }

  /** Ends the call after a conversation of this length; nobody answered one that waits still. */
  end(durationMs = DURATION_MS): void {
    this.phase = 'ENDED';
    if (this.startedAt) {
      this.endedAt = new Date(this.startedAt.getTime() + durationMs);
      this.cents = (durationMs / 1000) * CENTS_PER_SECOND;
    } else this.cents = 0;
  }

  stop(): void {
    if (this.phase === 'ENDED') return;
    this.wasStopped = true;
    this.end();
  }

  get durationMs(): number {
    return this.startedAt && this.endedAt ? this.endedAt.getTime() - this.startedAt.getTime() : 0;
  }
}

const DURATION_MS = 42_500;
const CENTS_PER_SECOND = 0.125;

/** A stand-in keeps the calls that were placed with it here. Each account sees its own calls only. */
export class PlacedCalls {
  #calls: PlacedCall[] = [];

  add(account: Account, id: string, request: unknown): PlacedCall {
    const call = new PlacedCall(id, account, request);
    this.#calls.push(call);
    return call;
  }

  /** The newest call comes first. */
  of(account: Account): PlacedCall[] {
    return this.#calls.filter((each) => each.account === account).reverse();
  }

  find(account: Account, id: string): PlacedCall | undefined {
    return this.of(account).find((call) => call.id === id);
  }

  existsElsewhere(account: Account, id: string): boolean {
    return this.#calls.some((each) => each.account !== account && each.id === id);
  }

  /** Finds a call whatever its account. */
  byId(id: string): PlacedCall | undefined {
    return this.#calls.find((call) => call.id === id);
  }

  /** As if the call had never been placed. */
  forget(id: string): void {
    this.#calls = this.#calls.filter((call) => call.id !== id);
  }

  bySecret(secret: string): PlacedCall | undefined {
    return this.#calls.find((call) => call.secret === secret);
  }
}
