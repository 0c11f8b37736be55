import { canStartCalls } from '../access/abilities';
import { requireAdmin } from '../access/context';
import type { TenantDatabase } from '../access/tenant-database';
import { isAdmin, type Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { rateOfCall } from '../billing/rates-of-calls';
import type { Reader, Transaction } from '../database/transaction';
import { forbidden } from '../graphql/errors';
import { userError, type UserError } from '../graphql/user-error';
import { subjectOf } from '../keys/resolution/subject';
import { missingKey } from '../keys/chain';
import { isRefutedByPlacing, noteAcceptance, noteRefusal } from '../keys/key-health';
import type { AgentToCall } from '../keys/resolution/agent-with-keys';
import type { KeyResolverService, ResolvedKey } from '../keys/resolution/key-resolver.service';
import { announce } from '../outbox/outbox';
import { isId } from '../platform/ids';
import type { Metrics } from '../platform/metrics';
import { adapterOf } from '../providers';
import { isEnded } from '../providers/call-facts';
import type { Placement } from '../providers/placement';
import type { WebPlacement } from '../providers/placement-requests';
import type { CallToPlace, ProviderAdapter } from '../providers/provider';
import type { ProviderApi } from '../providers/provider-api';
import { UnreadableKey } from '../vault/cipher';
import { endOf } from './call-end-message';
import { CallRow } from './call.entity';
import { notePresence } from './agent-presence';
import {
  checkInput,
  digestOf,
  eventOf,
  newCall,
  outcomeOf,
  refused,
  repetition,
  valuesOf,
  type CallResult,
  type PlacedCall,
  type AgentWithKey,
  type CallRequest,
} from './call-request';

const AGENT_FIELD = ['input', 'agentId'];
const ASK_AN_ADMIN = 'There is no key that this call can use. An agency admin can put that right.';
const LACKS_NUMBER = 'The agent has no `fromNumber`, without which its provider places no calls.';

/** A call that is on record and not yet placed. */
interface PreparedCall extends AgentWithKey {
  readonly call: PlacedCall;
}

/** Places calls with the providers. */
export class CallPlacementService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
    private readonly metrics: Metrics | null,
    /** Logs what went wrong after a call was placed. */
    private readonly report: (error: unknown) => void,
  ) {}

  /** Places a test call. Test calls are for admins alone. */
  async startTest(viewer: Viewer, input: Omit<CallRequest, 'kind'>): Promise<CallResult> {
    requireAdmin(viewer);
    return this.#start(viewer, { ...input, kind: 'TEST' });
  }

  /** Places a call of everyday business, for anyone of the agency. */
  async start(viewer: Viewer, input: Omit<CallRequest, 'kind'>): Promise<CallResult> {
    if (!canStartCalls(viewer)) throw forbidden();
    return this.#start(viewer, { ...input, kind: 'LIVE' });
  }

  /** Starts a call that somebody joins in a browser, for anyone of the agency. */
  async startWeb(viewer: Viewer, input: Omit<CallRequest, 'kind' | 'toNumber'>): Promise<CallResult> {
    if (!canStartCalls(viewer)) throw forbidden();
    return this.#start(viewer, { ...input, toNumber: null, kind: 'LIVE' });
  }

  /**
   * Places a real outbound call by one agent, through the key that the chain resolves. The call is on record
   * before the provider is asked, as `UNKNOWN`: whatever happens in between, a repetition under the same
   * idempotency key finds it and places no second one.
   */
  async #start(viewer: Viewer, request: CallRequest): Promise<CallResult> {
    const userErrors = checkInput(request);
    if (userErrors.length > 0) return refused(...userErrors);
    const earlier = await this.#earlier(this.database.read, viewer, request);
    if (earlier) return repetition(earlier, request);
    const resolved = await this.#resolve(viewer, request);
    if ('code' in resolved) return refused(resolved);
    const call = newCall(resolved, request, await this.#rateOf(resolved));
    const repeated = await this.#record(viewer, { call, ...resolved }, request);
    return repeated
      ? repetition(repeated, request)
      : this.#place({ call, ...resolved }, valuesOf(request.variables));
  }

  /** The call that was started before under the same idempotency key. */
  async #earlier(read: Reader, { agencyId }: Viewer, input: CallRequest): Promise<CallRow | null> {
    const idempotencyDigest = digestOf(input);
    return idempotencyDigest === null ? null : read.findOneBy(CallRow, { agencyId, idempotencyDigest });
  }

  /**
   * Resolves the key by one statement, which locks nothing: the calls of one agency never wait for each
   * other. A set or a clear that was acknowledged before is in force; of one that comes at the same time,
   * either side may be.
   */
  async #resolve(viewer: Viewer, { agentId, toNumber }: CallRequest): Promise<AgentWithKey | UserError> {
    const found = isId(agentId) ? await this.resolver.resolve(viewer.agencyId, agentId) : null;
    if (!found) return userError('NOT_FOUND', AGENT_FIELD);
    const { agent, clientArchived, key, receipt } = found;
    if (clientArchived) return userError('CLIENT_ARCHIVED', AGENT_FIELD);
    const { name, requiresFromNumber, webCalls }: ProviderAdapter = adapterOf(agent.provider);
    if (toNumber === null && !webCalls)
      return userError('NOT_SUPPORTED', AGENT_FIELD, `${name} has no web calls.`);
    if (toNumber !== null && requiresFromNumber && agent.fromNumber === null)
      return userError('REQUIRED', AGENT_FIELD, LACKS_NUMBER);
    // Only admins are told what is wrong with a key.
    const noKey = (error: UserError) =>
      isAdmin(viewer) ? error : userError('NO_KEY_CONFIGURED', AGENT_FIELD, ASK_AN_ADMIN);
    if (!key) return noKey(userError('NO_KEY_CONFIGURED', AGENT_FIELD, missingKey(subjectOf(agent, false))));
    try {
      return { agent, key: this.resolver.open(key), receipt };
    } catch (error) {
      if (error instanceof UnreadableKey) return noKey(userError('KEY_UNREADABLE', AGENT_FIELD));
      throw error;
    }
  }

  /** Finds what the client pays for a call that starts now; one of no client is paid by nobody. */
  #rateOf({ agent: { agencyId, clientId }, key, receipt }: AgentWithKey): Promise<string | null> {
    const call = { agencyId, clientId, keySource: key.source };
    return rateOfCall(this.database.read, call, receipt.resolvedAt);
  }

  /**
   * Puts the call on record. Returns the call that another request of the same idempotency key has put there.
   */
  #record(viewer: Viewer, { call, key }: PreparedCall, input: CallRequest): Promise<CallRow | null> {
    let attempts = 0;
    return this.database.write(viewer, async (tx) => {
      // The first attempt finds out by the unique index whether there is one.
      const earlier = attempts > 0 ? await this.#earlier(tx, viewer, input) : null;
      attempts += 1;
      // The row of this very request may be there: the connection was lost when it was committed.
      if (earlier) return earlier.id === call.id ? null : earlier;
      await tx.insertRow('calls', call);
      await this.audit.record(tx, viewer, { type: 'CALL_PLACED', ...eventOf(call, key) });
      return null;
    });
  }

  async #place({ call, agent, key }: PreparedCall, variables: CallToPlace['variables']): Promise<CallResult> {
    const { placement, access } = await this.#ask(call, agent, key, variables);
    const isMore = placement.outcome === 'REFUSED' || agent.wasAbsent;
    const concluded = await this.conclude(
      call,
      key,
      placement,
      isMore ? (tx) => notePresence(tx, { agent, key }, placement) : null,
    );
    return { call: concluded, access, userErrors: [] };
  }

  /**
   * Keeps what became of a call that its provider was asked for, together with what `also` writes, and
   * returns the call. Where a placement was refused there is always more to write.
   */
  async conclude(
    call: CallRow,
    key: ResolvedKey,
    placement: Placement,
    also: ((tx: Transaction) => Promise<void>) | null,
  ): Promise<CallRow> {
    this.metrics?.call(call.provider, key.source, placement.outcome);
    const outcome = outcomeOf(call.provider, placement);
    const concluded = { ...call, ...outcome };
    // An event may have told more of the call before its placement was answered.
    const isFirst = { id: call.id, revision: 0 };
    // The call was placed, whatever became of its viewer or of the database meanwhile: an error would make
    // the caller place it again.
    try {
      const isAcceptance = placement.outcome === 'PLACED' && isRefutedByPlacing(call.provider, key.status);
      const isStored =
        also || isAcceptance
          ? await this.database.writeWithoutViewer(async (tx) => {
              // They may change the row of the key, on which `also` takes a shared lock.
              if (placement.outcome === 'REFUSED') await noteRefusal(tx, key, placement.error);
              if (isAcceptance) await noteAcceptance(tx, key);
              await also?.(tx);
              const isStored = await tx.updateRow('calls', outcome, isFirst);
              if (isStored && isEnded(outcome.status)) await announce(tx, endOf(concluded));
              return isStored;
            })
          : await this.database.updateWithoutViewer('calls', outcome, isFirst);
      if (!isStored) return (await this.database.read.findOneBy(CallRow, { id: call.id })) ?? concluded;
    } catch (error) {
      this.report(error);
    }
    return concluded;
  }

  async #ask(
    { id: callId, toNumber }: PlacedCall,
    { providerAgentId, providerAgentKind, fromNumber }: AgentToCall,
    { account }: ResolvedKey,
    variables: CallToPlace['variables'],
  ): Promise<WebPlacement> {
    const call = { callId, providerAgentId, providerAgentKind, variables };
    if (toNumber === null) return this.providers.placeWebCall(account, call);
    const placement = await this.providers.placeCall(account, { ...call, toNumber, fromNumber });
    return { placement, access: null };
  }
}
