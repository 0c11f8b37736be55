import { In } from 'typeorm';
import { requireAdmin } from '../access/context';
import { findOwnMany, lockOwn, visibleTo } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import { ClientRow } from '../clients/client.entity';
import { missingKey } from '../keys/chain';
import {
  subjectOf,
  type KeyResolverService,
  type ResolvedKey,
} from '../keys/resolution/key-resolver.service';
import { recordVerdict } from '../keys/changes/key-writer';
import type { TenantDatabase } from '../access/tenant-database';
import { badArgument } from '../graphql/errors';
import { digest, isId, newId } from '../platform/ids';
import type { Select, Transaction } from '../database/transaction';
import { readPage } from '../database/pages';
import type { Page, PageArgs } from '../graphql/page';
import { checkPhoneNumber } from '../graphql/checks';
import { userError, type UserError } from '../graphql/user-error';
import { adapterOf, type Provider } from '../providers';
import type { Placement } from '../providers/requests';
import type { ProviderApi } from '../providers/provider-api';
import { UnreadableKey } from '../vault/cipher';
import { CallRow, type CallStatus } from './call.entity';

/** Longest idempotency key, in characters. */
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

const AGENT_FIELD = ['input', 'agentId'];
const LACKS_NUMBER = 'The agent has no `fromNumber`, without which its provider places no calls.';

export interface TestCall {
  readonly agentId: string;
  readonly toNumber: string;
  readonly idempotencyKey?: string | null;
}

export interface CallResult {
  readonly call: CallRow | null;
  readonly userErrors: readonly UserError[];
}

/** On record, and not yet placed. */
interface PreparedCall {
  readonly call: CallRow;
  readonly agent: AgentRow;
  readonly key: ResolvedKey;
}

export interface SummarySpan {
  readonly clientId: string | null;
  readonly since: Date;
  /** Before this time. */
  readonly until: Date;
}

export interface CallSummary extends Pick<SummarySpan, 'since' | 'until'> {
  readonly total: number;
  readonly counts: readonly {
    readonly status: CallStatus;
    readonly provider: Provider;
    readonly count: number;
  }[];
}

// Databases compare other times otherwise than they follow each other, or refuse them.
const FIRST_TIME = new Date(0);
const LAST_TIME = new Date('9999-12-31T23:59:59.999Z');
const MAX_SPAN_MS = 366 * 24 * 60 * 60 * 1000;

export interface CallListFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  /** Calls of which anything changed at this time or later. */
  readonly updatedSince: Date | null;
}

export class CallService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
  ) {}

  async find(viewer: Viewer, id: string): Promise<CallRow | null> {
    const [call] = await this.findMany(viewer, [id]);
    return call ?? null;
  }

  findMany(viewer: Viewer, ids: readonly string[]): Promise<(CallRow | null)[]> {
    return findOwnMany(this.database.read, viewer, CallRow, ids);
  }

  list(viewer: Viewer, args: PageArgs, filter: CallListFilter): Promise<Page<CallRow>> {
    const query = this.#visible(viewer);
    if (filter.clientId !== null) query.andWhere({ clientId: In([filter.clientId].filter(isId)) });
    if (filter.agentId !== null) query.andWhere({ agentId: In([filter.agentId].filter(isId)) });
    const { updatedSince } = filter;
    if (updatedSince !== null)
      query.andWhere('call.updatedAt >= :updatedSince', {
        updatedSince: checkTime('updatedSince', updatedSince),
      });
    const ofAgency =
      filter.clientId === null &&
      filter.agentId === null &&
      updatedSince === null &&
      viewer.clientId === null;
    return readPage(query, args, 'DESC', ofAgency ? 'calls_by_agency' : null);
  }

  /** How many calls there were in a span of time, by what became of them. Throws `BAD_USER_INPUT` for a span that is none, or of more than a year. */
  async summary(viewer: Viewer, { clientId, since, until }: SummarySpan): Promise<CallSummary> {
    checkTime('since', since);
    checkTime('until', until);
    if (since > until) throw badArgument('since', '`since` is not after `until`.');
    if (until.getTime() - since.getTime() > MAX_SPAN_MS)
      throw badArgument('since', 'A span of at most 366 days.');
    const query = this.#visible(viewer).andWhere('call.createdAt >= :since AND call.createdAt < :until', {
      since,
      until,
    });
    if (clientId !== null) query.andWhere({ clientId: In([clientId].filter(isId)) });
    const rows = await query
      .select(['call.status AS status', 'call.provider AS provider', 'COUNT(*) AS count'])
      .groupBy('call.status')
      .addGroupBy('call.provider')
      .orderBy('call.status')
      .addOrderBy('call.provider')
      .getRawMany<{ status: CallStatus; provider: Provider; count: number | string }>();
    const counts = rows.map((row) => ({ ...row, count: Number(row.count) }));
    return { since, until, total: counts.reduce((sum, { count }) => sum + count, 0), counts };
  }

  /**
   * Places a real outbound call by one agent, through the key that the chain resolves. The call is on record before the provider is
   * asked, as `UNKNOWN`: whatever happens in between, a repetition under the same idempotency key finds it and places no second one.
   */
  async startTest(viewer: Viewer, input: TestCall): Promise<CallResult> {
    requireAdmin(viewer);
    const userErrors = checkInput(input);
    if (userErrors.length > 0) return refused(...userErrors);
    const prepared = await this.database.write(viewer, (tx) => this.#prepare(tx, viewer, input));
    return 'key' in prepared ? this.#place(viewer, prepared) : prepared;
  }

  /**
   * Inside a `write`: resolves the key and puts the call on record, while whatever could change the key waits. A call that comes after
   * a change must not be billed as if it came before it.
   */
  async #prepare(tx: Transaction, viewer: Viewer, input: TestCall): Promise<PreparedCall | CallResult> {
    const idempotencyDigest = digestOf(input);
    const earlier =
      idempotencyDigest && (await tx.findOneBy(CallRow, { agencyId: viewer.agencyId, idempotencyDigest }));
    if (earlier) return repetition(earlier, input);
    // In the order in which others lock them: a set, a clear, an archive and an assignment each lock one or two of these. A first key
    // locks its client, and then the agency that it refers to.
    const agent = await lockOwn(tx, viewer, AgentRow, input.agentId);
    if (!agent) return refused(userError('NOT_FOUND', AGENT_FIELD));
    const client = agent.clientId === null ? null : await tx.lock(ClientRow, agent.clientId);
    await tx.lock(AgencyRow, viewer.agencyId);
    if (client?.archivedAt) return refused(userError('CLIENT_ARCHIVED', AGENT_FIELD));
    if (adapterOf(agent.provider).requiresFromNumber && agent.fromNumber === null)
      return refused(userError('REQUIRED', AGENT_FIELD, LACKS_NUMBER));
    const key = await this.#resolve(tx, agent);
    if ('code' in key) return refused(key);
    const call = newCall(agent, key, input);
    await tx.insert(CallRow, call);
    await this.audit.record(tx, viewer, { type: 'CALL_PLACED', ...eventOf(call) });
    return { call, agent, key };
  }

  async #place(viewer: Viewer, { call, agent, key }: PreparedCall): Promise<CallResult> {
    const { toNumber } = call;
    const { providerAgentId, fromNumber } = agent;
    const placement = await this.providers.placeCall(key.account, {
      callId: call.id,
      providerAgentId,
      toNumber,
      fromNumber,
    });
    const outcome = outcomeOf(placement);
    // The call was placed, whatever became of its viewer meanwhile.
    await this.database.writeWithoutViewer((tx) => tx.update(CallRow, { id: call.id }, outcome));
    if (outcome.errorCode === 'KEY_INVALID') await this.#verifyAgain(viewer, call, key);
    return { call: { ...call, ...outcome }, userErrors: [] };
  }

  // Only the verify request tells that a key is invalid: a provider may answer 401 for other reasons.
  async #verifyAgain(viewer: Viewer, call: CallRow, { id, version, account }: ResolvedKey): Promise<void> {
    const verdict = await this.providers.verifyKey(account);
    const { provider } = account;
    const clientId = call.keySource === 'CLIENT' ? call.clientId : null;
    await this.database.writeWithoutViewer(async (tx) => {
      await recordVerdict(tx, id, version, verdict);
      await this.audit.record(tx, viewer, {
        type: 'API_KEY_VERIFIED',
        clientId,
        provider,
        version,
        status: verdict.status,
      });
    });
  }

  async #resolve(tx: Transaction, agent: AgentRow): Promise<ResolvedKey | UserError> {
    try {
      const key = await this.resolver.resolve(agent, tx);
      return key ?? userError('NO_KEY_CONFIGURED', AGENT_FIELD, missingKey(subjectOf(agent, false)));
    } catch (error) {
      if (error instanceof UnreadableKey) return userError('KEY_UNREADABLE', AGENT_FIELD);
      throw error;
    }
  }

  #visible(viewer: Viewer): Select<CallRow> {
    return this.database.read.createQueryBuilder(CallRow, 'call').where(visibleTo(viewer));
  }
}

/** Throws `BAD_USER_INPUT` for a time that no database keeps as it is. */
function checkTime(argument: string, time: Date): Date {
  if (time < FIRST_TIME || time > LAST_TIME) throw badArgument(argument, 'A time from 1970 to 9999.');
  return time;
}

function checkInput({ toNumber, idempotencyKey }: TestCall): UserError[] {
  const number = checkPhoneNumber(toNumber, ['input', 'toNumber']);
  const errors = typeof number === 'string' ? [] : [number];
  const key = idempotencyKey?.trim();
  if (key === '') errors.push(userError('REQUIRED', ['input', 'idempotencyKey']));
  if (key && key.length > IDEMPOTENCY_KEY_MAX_LENGTH)
    errors.push(userError('TOO_LONG', ['input', 'idempotencyKey']));
  return errors;
}

function digestOf({ idempotencyKey }: TestCall): string | null {
  return idempotencyKey == null ? null : digest(idempotencyKey.trim());
}

function refused(...userErrors: UserError[]): CallResult {
  return { call: null, userErrors };
}

function repetition(earlier: CallRow, { agentId, toNumber }: TestCall): CallResult {
  const same = earlier.agentId === agentId && earlier.toNumber === toNumber.trim();
  return same
    ? { call: earlier, userErrors: [] }
    : { call: null, userErrors: [userError('IDEMPOTENCY_CONFLICT', ['input', 'idempotencyKey'])] };
}

function newCall(agent: AgentRow, key: ResolvedKey, input: TestCall): CallRow {
  const now = new Date();
  return {
    id: newId(),
    agencyId: agent.agencyId,
    clientId: agent.clientId,
    agentId: agent.id,
    provider: agent.provider,
    providerCallId: null,
    kind: 'TEST',
    direction: 'OUTBOUND',
    status: 'UNKNOWN',
    keySource: key.source,
    keyVersion: key.version,
    toNumber: input.toNumber.trim(),
    idempotencyDigest: digestOf(input),
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    createdAt: now,
    updatedAt: now,
  };
}

function eventOf({ id: callId, agentId, clientId, provider, keySource, keyVersion: version }: CallRow) {
  return { callId, agentId, clientId, provider, keySource, version };
}

type Outcome = Pick<
  CallRow,
  'status' | 'providerCallId' | 'errorCode' | 'errorHttpStatus' | 'errorRetryAfterSeconds' | 'updatedAt'
>;

function outcomeOf(placement: Placement): Outcome {
  const none = {
    providerCallId: null,
    errorCode: null,
    errorHttpStatus: null,
    errorRetryAfterSeconds: null,
    updatedAt: new Date(),
  };
  if (placement.outcome === 'PLACED')
    return { ...none, status: 'QUEUED', providerCallId: placement.providerCallId };
  const { code, httpStatus, retryAfterSeconds } = placement.error;
  const error = { errorCode: code, errorHttpStatus: httpStatus, errorRetryAfterSeconds: retryAfterSeconds };
  return { ...none, ...error, status: placement.outcome === 'REFUSED' ? 'FAILED' : 'UNKNOWN' };
}
