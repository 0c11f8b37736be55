import { randomUUID } from 'node:crypto';
import type { Account } from './account';

export type Phase = 'WAITING' | 'RINGING' | 'GOING_ON' | 'ENDED';

/** How a call ends: who hangs up, or why nobody was connected. */
export type Ending =
  'CALLEE_HUNG_UP' | 'AGENT_HUNG_UP' | 'VOICEMAIL' | 'STOPPED' | 'NO_ANSWER' | 'BUSY' | 'FAULT';

export interface Turn {
  readonly by: 'AGENT' | 'PERSON';
  readonly text: string;
}

const CONVERSATION: readonly Turn[] = [
  { by: 'AGENT', text: 'Good morning, this is the front desk. How can I help you?' },
  { by: 'PERSON', text: 'I would like to move my appointment to Thursday.' },
  { by: 'AGENT', text: 'Thursday at ten is free. I have moved it for you.' },
];

/** A call at a stand-in. No phone rings: it goes on when it is asked about or told to. */
export class PlacedCall {
  /** Nobody else knows this text. Who has it can end the call. */
  readonly secret = randomUUID();
  phase: Phase = 'WAITING';
  startedAt: Date | null = null;
  endedAt: Date | null = null;
  ending: Ending | null = null;
  /** What is said in the call, if anybody answers. */
  turns: readonly Turn[] = CONVERSATION;
  /** What the call costs, in US cents. It is known from the end on, and can be corrected. */
  cents: number | null = null;
  /** What is done when the call has gone on to another phase. */
  onPhase: (call: PlacedCall) => void = () => undefined;

  /** Whether it goes on by itself, and so does not when it is asked about. */
  isPaced = false;

  #timesAsked = 0;

  constructor(
    readonly account: Account,
    readonly id: string,
    /** What was asked for when it was placed; for a call that somebody else began, what would have been. */
    readonly request: unknown,
    readonly direction: 'inbound' | 'outbound' = 'outbound',
    readonly createdAt = new Date(),
  ) {}

  /** Somebody answers when the call is asked about first, and hangs up when it is asked about again later. */
  goOn(): void {
    if (this.isPaced) return;
    if (this.phase === 'WAITING') this.answer();
    else if (this.phase === 'GOING_ON' && (this.#timesAsked += 1) > 1) this.end();
  }

  ring(): void {
    this.#enter('RINGING');
  }

  answer(at = new Date()): void {
    this.startedAt = at;
    this.#enter('GOING_ON');
  }

  /** Ends the call after a conversation of this length; nobody answered one that waits or rings still. */
  end(durationMs = DURATION_MS, how: Ending = this.startedAt ? 'CALLEE_HUNG_UP' : 'NO_ANSWER'): void {
    this.ending = how;
    if (this.startedAt) {
      this.endedAt = new Date(this.startedAt.getTime() + durationMs);
      this.cents = (durationMs / 1000) * CENTS_PER_SECOND;
    } else this.cents = 0;
    this.#enter('ENDED');
  }

  stop(): void {
    if (this.phase === 'ENDED') return;
    const lasted = Date.now() - (this.startedAt?.getTime() ?? Date.now());
    this.end(Math.max(SHORTEST_MS, lasted), 'STOPPED');
  }

  /** Whether somebody answered, and the call is over: only then is there anything to read or to hear. */
  get wasHeld(): boolean {
    return this.phase === 'ENDED' && this.startedAt !== null;
  }

  get durationMs(): number {
    return this.startedAt && this.endedAt ? this.endedAt.getTime() - this.startedAt.getTime() : 0;
  }

  #enter(phase: Phase): void {
    this.phase = phase;
    this.onPhase(this);
  }
}

const DURATION_MS = 42_500;
const SHORTEST_MS = 1_000;
const CENTS_PER_SECOND = 0.125;

/** A stand-in keeps the calls that were placed with it here. Each account sees its own calls only. */
export class PlacedCalls {
  #calls: PlacedCall[] = [];
  /** What is done with each call that is added. */
  onCall: (call: PlacedCall) => void = () => undefined;

  add(...call: ConstructorParameters<typeof PlacedCall>): PlacedCall {
    const added = new PlacedCall(...call);
    this.#calls.push(added);
    this.onCall(added);
    return added;
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
