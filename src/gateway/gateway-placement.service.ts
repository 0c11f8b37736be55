import { setTimeout as pause } from 'node:timers/promises';
import type { TenantDatabase } from '../access/tenant-database';
import type { Actor } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import { rateOfCall } from '../billing/rates-of-calls';
import type { CallPlacementService } from '../calls/call-placement.service';
import { eventOf, newGatewayCall, type GatewayCall } from '../calls/call-request';
import { notePresence } from '../calls/agent-presence';
import { ConcurrentChange } from '../database/repetition';
import type { Transaction } from '../database/transaction';
import type { AgentToCall } from '../keys/resolution/agent-with-keys';
import type { Resolution, ResolvedKey } from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import type { GatewayPlacement, GatewayTable } from '../providers/gateway-table';
import { passedPlacementOf, type Placement } from '../providers/placement';
import type { ProviderApi } from '../providers/provider-api';
import { parseRetryAfter, type OutboundReply } from '../vault/outbound';
import { NotPassed, type WholeAnswer } from '../vault/passage';
import type { AskedOperation } from './asked-operation';
import { attemptKeyOf, type AttemptKey } from './attempt-key';
import {
  findAttempt,
  isRepetition,
  KEY_HONOURED_MS,
  outcomeOfAttempt,
  type Attempt,
} from './gateway-attempts';
import type { GatewayResolution } from './gateway-resolution';
import { isHtml, passedHeaders, REASONS, type GatewayAnswer, type GatewayRequest } from './gateway-request';
import { requireStillInForce, type Integration } from './integration';
import { readPlacement, withLatchkeyId } from './placement-body';
import { GatewayRefusal, REASON_HEADER } from './refusals';
import { jsonIn } from './request-body';

/** How often an attempt that is still on its way is looked at by its repetition. */
const LOOK_AGAIN_MS = 100;
/** A provider that answers at the last moment is answered a moment later. */
const MARGIN_MS = 1000;

/** What clients that understand it do not repeat. */
const NO_REPETITION = { 'x-should-retry': 'false' };

/** Places the calls that integrations ask for. Each is a call like any other, and is placed once. */
export class GatewayPlacementService {
  readonly #placing = new Set<Promise<unknown>>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly resolution: GatewayResolution,
    private readonly calls: CallPlacementService,
    private readonly providers: ProviderApi,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Puts the call on record, asks the provider, and answers what it said. A repetition of an attempt is
   * answered from what is known of that attempt, and nothing is sent. Throws `GatewayRefusal`.
   */
  async place(
    by: Integration,
    request: GatewayRequest,
    { path, placement }: AskedOperation & { readonly placement: GatewayPlacement },
    body: Buffer | null,
  ): Promise<GatewayAnswer> {
    const { provider } = request.target;
    const read = readPlacement(placement, body);
    const resolved = await this.resolution.byAgent(by, provider, read.agent, 'CALLED_AGENT');
    if (resolved.clientArchived) throw new GatewayRefusal('CLIENT_ARCHIVED');
    const key = this.resolution.open(resolved.key, 'CALL');
    const { agent, receipt } = resolved;
    const paid = { agencyId: agent.agencyId, clientId: agent.clientId, keySource: key.source };
    const rateId = await rateOfCall(this.database.read, paid, receipt.resolvedAt);
    const { isWebCall } = read;
    const call = newGatewayCall(
      { ...resolved, key },
      isWebCall ? 'INBOUND' : 'OUTBOUND',
      read.toNumber,
      rateId,
    );
    const text = withLatchkeyId(read.text, placement, call.id);
    const which = { newCallId: call.id, isWebCall };
    const attempt = attemptKeyOf(by.id, path, read.text, request.header, which);
    const earlier = await this.#record(by, request, attempt, call, key);
    if (earlier) return this.#repeated(earlier, request, resolved, isWebCall);
    return this.#finished(
      this.#ask(by, request, attempt, { call, agent, key, path, body: Buffer.from(text) }),
    );
  }

  /** Waits for the calls that are being placed, also those of integrations that have gone away. */
  async finish(): Promise<void> {
    await Promise.allSettled([...this.#placing]);
  }

  async #finished<T>(placing: Promise<T>): Promise<T> {
    this.#placing.add(placing);
    try {
      return await placing;
    } finally {
      this.#placing.delete(placing);
    }
  }

  /** Removes the attempts of which none can be repeated any more. */
  async forgetOld(now = new Date()): Promise<void> {
    const before = new Date(now.getTime() - KEY_HONOURED_MS);
    await this.database.writeWithoutViewer((tx) =>
      tx.run('DELETE FROM gateway_attempts WHERE createdAt < ?', [before]),
    );
  }

  /** Returns the attempt of which the request is a repetition. Otherwise its call is on record. */
  #record(
    by: Integration,
    request: GatewayRequest,
    key: AttemptKey,
    call: GatewayCall,
    resolved: ResolvedKey,
  ): Promise<Attempt | null> {
    return this.database.writeWithoutViewer(async (tx) => {
      await requireStillInForce(tx, by);
      const earlier = await findAttempt(tx, key.digest);
      // The connection was lost when the call was committed.
      if (earlier?.callId === call.id) return null;
      if (earlier && isRepetition(earlier, key, new Date())) {
        if (earlier.bodyDigest !== key.bodyDigest) throw new GatewayRefusal('IDEMPOTENCY_CONFLICT');
        return earlier;
      }
      await claim(tx, key, call, earlier);
      await tx.insertRow('calls', call);
      await this.audit.record(tx, actorOf(by, request), { type: 'CALL_PLACED', ...eventOf(call, resolved) });
      return null;
    });
  }

  async #ask(
    by: Integration,
    request: GatewayRequest,
    attempt: AttemptKey,
    asked: { call: GatewayCall; agent: AgentToCall; key: ResolvedKey; path: string; body: Buffer },
  ): Promise<GatewayAnswer> {
    const { call, agent, key, path, body } = asked;
    // It was read as JSON in UTF-8, and is to be read so there, whatever it was said to be: in another form
    // it could name another agent.
    const headers = { ...passedHeaders(request), 'content-type': 'application/json' };
    const passed = { method: 'POST', path, headers, body };
    const answer = await this.providers.passOnWhole(key.account, passed).catch((error: unknown) => {
      if (error instanceof NotPassed) return error;
      throw error;
    });
    const placement = passedPlacementOf(adapterOf(call.provider), replyOf(answer));
    const shown = this.#shown(request, answer, placement);
    await this.calls.conclude(call, key, placement, async (tx) => {
      const isUndelivered = request.signal.aborted;
      const change = { answeredAt: new Date(), httpStatus: shown.status, isUndelivered };
      await tx.updateRow('gateway_attempts', change, { digest: attempt.digest, callId: call.id });
      await notePresence(tx, { agent, key }, placement);
    });
    return {
      ...shown,
      undelivered: () => this.#noteDelivery(attempt.digest, call.id, { isUndelivered: true }),
    };
  }

  #shown(request: GatewayRequest, answer: WholeAnswer | NotPassed, { outcome }: Placement): GatewayAnswer {
    const { table } = request.target.provider;
    if (outcome === 'UNKNOWN') {
      const headers = { ...NO_REPETITION, [REASON_HEADER]: 'OUTCOME_UNKNOWN' };
      if (!(answer instanceof NotPassed) && answer.status >= 400)
        return { ...answer, headers: { ...answer.headers, ...headers } };
      const status = answer instanceof NotPassed && answer.reason === 'TIMEOUT' ? 504 : 502;
      return unknown(table, status);
    }
    if (answer instanceof NotPassed) {
      const reason = REASONS[answer.reason];
      const { status, body } = new GatewayRefusal(reason).answer(table);
      return answered(status, body, { [REASON_HEADER]: reason });
    }
    const reason = answer.status === 401 && { [REASON_HEADER]: 'REFUSED_BY_PROVIDER' };
    return { ...answer, headers: { ...answer.headers, ...reason } };
  }

  async #noteDelivery(
    digest: string,
    callId: string,
    delivery: Pick<Attempt, 'isUndelivered'> & Partial<Pick<Attempt, 'httpStatus'>>,
  ): Promise<void> {
    await this.database.writeWithoutViewer((tx) =>
      tx.updateRow('gateway_attempts', delivery, { digest, callId }),
    );
  }

  /** Waits until the attempt is over, and answers what came of it. */
  async #repeated(
    earlier: Attempt,
    request: GatewayRequest,
    { agent }: Resolution,
    isWebCall: boolean,
  ): Promise<GatewayAnswer> {
    const { table } = request.target.provider;
    const until = earlier.createdAt.getTime() + this.timeoutMs + MARGIN_MS;
    let attempt = earlier;
    while (attempt.answeredAt === null && Date.now() < until && !request.signal.aborted) {
      await pause(LOOK_AGAIN_MS);
      attempt = (await findAttempt(this.database.read, attempt.digest)) ?? attempt;
    }
    const { providerCallId, httpStatus, digest, callId } = attempt;
    const repeated = { [REASON_HEADER]: 'REPEATED' };
    if (providerCallId === null && outcomeOfAttempt(attempt) === 'UNKNOWN')
      return unknown(table, httpStatus ?? 504);
    if (providerCallId === null) {
      const status = httpStatus !== null && httpStatus >= 400 ? httpStatus : 502;
      return answered(status, table.error(status, 'The provider has refused the call.'), repeated);
    }
    if (isWebCall) throw new GatewayRefusal('ACCESS_GIVEN_ONCE');
    const body = table.placed(providerCallId, agent.providerAgentId);
    const status = httpStatus !== null && httpStatus < 300 ? httpStatus : 200;
    await this.#noteDelivery(digest, callId, { isUndelivered: false, httpStatus: status });
    const undelivered = () => this.#noteDelivery(digest, callId, { isUndelivered: true });
    return { ...answered(status, body, repeated), undelivered };
  }
}

function unknown(table: GatewayTable, status: number): GatewayAnswer {
  const message = 'It is not known whether the call was placed. It is not placed again.';
  return answered(status, table.error(status, message), {
    ...NO_REPETITION,
    [REASON_HEADER]: 'OUTCOME_UNKNOWN',
  });
}

function answered(status: number, body: unknown, headers: Record<string, string>): GatewayAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** Makes the call the one of which this attempt is. Of two at the same time, one finds the other. */
async function claim(
  tx: Transaction,
  { digest, bodyDigest }: AttemptKey,
  { id: callId, createdAt }: GatewayCall,
  earlier: Attempt | null,
): Promise<void> {
  const attempt = { bodyDigest, callId, createdAt, answeredAt: null, httpStatus: null, isUndelivered: false };
  if (!earlier) return tx.insertRow('gateway_attempts', { digest, ...attempt });
  const isClaimed = await tx.updateRow('gateway_attempts', attempt, { digest, callId: earlier.callId });
  if (!isClaimed) throw new ConcurrentChange('Another request has made this attempt');
}

function actorOf({ id, name, agencyId }: Integration, { origin }: GatewayRequest): Actor {
  return { kind: 'GATEWAY_TOKEN', id, name, agencyId, origin };
}

/** Reads an answer as the answers to Latchkey's own requests are read. */
function replyOf(answer: WholeAnswer | NotPassed): OutboundReply {
  if (!(answer instanceof NotPassed)) {
    const { status, headers, body } = answer;
    return {
      kind: 'ANSWER',
      status,
      json: jsonIn(body),
      isHtml: isHtml(answer),
      retryAfterSeconds: parseRetryAfter(headers['retry-after']),
    };
  }
  if (answer.reason === 'TIMEOUT' || answer.reason === 'REFUSED')
    return { kind: 'NO_ANSWER', reason: answer.reason };
  return { kind: 'NO_ANSWER', reason: 'BROKEN' };
}
