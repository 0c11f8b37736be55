import { In, type SelectQueryBuilder } from 'typeorm';
import { requireAdmin } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import type { AgentService } from '../agents/agent.service';
import type { ClientService } from '../clients/client.service';
import { missingKey } from '../keys/chain';
import { subjectOf, type KeyResolverService, type ResolvedKey } from '../keys/key-resolver.service';
import { recordVerdict } from '../keys/key-writer';
import type { Database } from '../platform/database';
import { digest, isId, newId } from '../platform/ids';
import { readPage, type Page, type PageArgs } from '../platform/page';
import { checkPhoneNumber } from '../platform/text';
import { userError, type UserError } from '../platform/user-error';
import { adapterOf } from '../providers';
import type { Placement } from '../providers/ask';
import type { ProviderApi } from '../providers/provider-api';
import { UnreadableKey } from '../vault/cipher';
import { CallRow } from './call.entity';

/** Longest idempotency key, in characters. */
export const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

const AGENT_FIELD = ['input', 'agentId'];

export interface TestCall {
  readonly agentId: string;
  readonly toNumber: string;
  readonly idempotencyKey?: string | null;
}

export interface CallResult {
  readonly call: CallRow | null;
  readonly userErrors: readonly UserError[];
}

export class CallService {
  constructor(
    private readonly database: Database,
    private readonly agents: AgentService,
    private readonly clients: ClientService,
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
  ) {}

  async find(viewer: Viewer, id: string): Promise<CallRow | null> {
    return isId(id) ? this.#visible(viewer).andWhere({ id }).getOne() : null;
  }

  list(viewer: Viewer, args: PageArgs, filter: { clientId: string | null; agentId: string | null }): Promise<Page<CallRow>> {
    const query = this.#visible(viewer);
    if (filter.clientId !== null) query.andWhere({ clientId: In([filter.clientId].filter(isId)) });
    if (filter.agentId !== null) query.andWhere({ agentId: In([filter.agentId].filter(isId)) });
    return readPage(query, args, 'DESC');
  }

  /**
   * Places a real outbound call by one agent, through the key that the chain resolves. The call is on record before the provider is
   * asked, as `UNKNOWN`: whatever happens in between, a repetition under the same idempotency key finds it and places no second one.
   */
  async startTest(viewer: Viewer, input: TestCall): Promise<CallResult> {
    requireAdmin(viewer);
    const agent = await this.agents.find(viewer, input.agentId);
    const malformed = [...checkInput(input), ...(agent ? [] : [userError('NOT_FOUND', AGENT_FIELD)])];
    if (!agent || malformed.length > 0) return { call: null, userErrors: malformed };
    const earlier = await this.#earlier(viewer, input, agent);
    if (earlier) return earlier;
    const unable = await this.#whyUnable(viewer, agent);
    if (unable) return { call: null, userErrors: [unable] };
    const key = await this.#resolve(agent);
    if ('code' in key) return { call: null, userErrors: [key] };
    return this.#place(viewer, newCall(agent, key, input), agent, key);
  }

  async #place(viewer: Viewer, call: CallRow, agent: AgentRow, key: ResolvedKey): Promise<CallResult> {
    const earlier = await this.database.write(async (tx) => {
      const same = call.idempotencyDigest && (await tx.findOneBy(CallRow, { agencyId: viewer.agencyId, idempotencyDigest: call.idempotencyDigest }));
      if (!same) await tx.insert(CallRow, call);
      return same || null;
    });
    if (earlier) return repetition(earlier, call);
    const { toNumber } = call;
    const { providerAgentId, fromNumber } = agent;
    const placement = await this.providers.placeCall(key.account, { callId: call.id, providerAgentId, toNumber, fromNumber });
    const outcome = outcomeOf(placement);
    await this.database.write((tx) => tx.update(CallRow, { id: call.id }, outcome));
    if (outcome.errorCode === 'KEY_INVALID') await this.#verifyAgain(key);
    return { call: { ...call, ...outcome }, userErrors: [] };
  }

  // Only the verify request tells that a key is invalid: a provider may answer 401 for other reasons.
  async #verifyAgain({ id, version, account }: ResolvedKey): Promise<void> {
    const verdict = await this.providers.verifyKey(account);
    await this.database.write((tx) => recordVerdict(tx, id, version, verdict));
  }

  async #earlier(viewer: Viewer, input: TestCall, agent: AgentRow): Promise<CallResult | null> {
    const idempotencyDigest = digestOf(input);
    if (idempotencyDigest === null) return null;
    const earlier = await this.database.read.findOneBy(CallRow, { agencyId: viewer.agencyId, idempotencyDigest });
    return earlier && repetition(earlier, { agentId: agent.id, toNumber: input.toNumber.trim() });
  }

  async #resolve(agent: AgentRow): Promise<ResolvedKey | UserError> {
    try {
      const key = await this.resolver.resolve(agent);
      return key ?? userError('NO_KEY_CONFIGURED', AGENT_FIELD, missingKey(subjectOf(agent)));
    } catch (error) {
      if (error instanceof UnreadableKey) return userError('KEY_UNREADABLE', AGENT_FIELD);
      throw error;
    }
  }

  async #whyUnable(viewer: Viewer, agent: AgentRow): Promise<UserError | null> {
    const client = agent.clientId && (await this.clients.find(viewer, agent.clientId));
    if (client && client.archivedAt) return userError('CLIENT_ARCHIVED', AGENT_FIELD);
    const lacksNumber = adapterOf(agent.provider).requiresFromNumber && agent.fromNumber === null;
    return lacksNumber ? userError('REQUIRED', AGENT_FIELD, 'The agent has no `fromNumber`, without which its provider places no calls.') : null;
  }

  #visible(viewer: Viewer): SelectQueryBuilder<CallRow> {
    const query = this.database.read.createQueryBuilder(CallRow, 'call').where({ agencyId: viewer.agencyId });
    return viewer.clientId === null ? query : query.andWhere('call.clientId = :own', { own: viewer.clientId });
  }
}

function checkInput({ toNumber, idempotencyKey }: TestCall): UserError[] {
  const number = checkPhoneNumber(toNumber, ['input', 'toNumber']);
  const errors = typeof number === 'string' ? [] : [number];
  if (idempotencyKey === '') errors.push(userError('REQUIRED', ['input', 'idempotencyKey']));
  if (idempotencyKey && idempotencyKey.length > IDEMPOTENCY_KEY_MAX_LENGTH) errors.push(userError('TOO_LONG', ['input', 'idempotencyKey']));
  return errors;
}

function digestOf({ idempotencyKey }: TestCall): string | null {
  return idempotencyKey == null ? null : digest(idempotencyKey);
}

function repetition(earlier: CallRow, wanted: Pick<CallRow, 'agentId' | 'toNumber'>): CallResult {
  const same = earlier.agentId === wanted.agentId && earlier.toNumber === wanted.toNumber;
  return same ? { call: earlier, userErrors: [] } : { call: null, userErrors: [userError('IDEMPOTENCY_CONFLICT', ['input', 'idempotencyKey'])] };
}

function newCall(agent: AgentRow, key: ResolvedKey, input: TestCall): CallRow {
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
    createdAt: new Date(),
  };
}

type Outcome = Pick<CallRow, 'status' | 'providerCallId' | 'errorCode' | 'errorHttpStatus' | 'errorRetryAfterSeconds'>;

function outcomeOf(placement: Placement): Outcome {
  const none = { providerCallId: null, errorCode: null, errorHttpStatus: null, errorRetryAfterSeconds: null };
  if (placement.outcome === 'PLACED') return { ...none, status: 'QUEUED', providerCallId: placement.providerCallId };
  const { code, httpStatus, retryAfterSeconds } = placement.error;
  const error = { errorCode: code, errorHttpStatus: httpStatus, errorRetryAfterSeconds: retryAfterSeconds };
  return { ...none, ...error, status: placement.outcome === 'REFUSED' ? 'FAILED' : 'UNKNOWN' };
}
