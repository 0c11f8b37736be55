import { requireAdmin } from '../access/context';
import type { TenantDatabase } from '../access/tenant-database';
import { lockOwn } from '../access/tenancy';
import type { Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import { AgentRow } from '../agents/agent.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import type { Transaction } from '../database/transaction';
import { userError, type UserError } from '../graphql/user-error';
import { missingKey } from '../keys/chain';
import { recordVerdict } from '../keys/key-writer';
import {
  subjectOf,
  type KeyResolverService,
  type ResolvedKey,
} from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import type { ProviderApi } from '../providers/provider-api';
import { UnreadableKey } from '../vault/cipher';
import { CallRow } from './call.entity';
import {
  checkInput,
  digestOf,
  eventOf,
  newCall,
  outcomeOf,
  refused,
  repetition,
  type CallResult,
  type TestCall,
} from './test-call';

const AGENT_FIELD = ['input', 'agentId'];
const LACKS_NUMBER = 'The agent has no `fromNumber`, without which its provider places no calls.';

/** A call that is on record and not yet placed. */
interface PreparedCall {
  readonly call: CallRow;
  readonly agent: AgentRow;
  readonly key: ResolvedKey;
}

/** Places calls with the providers. */
export class CallPlacementService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly resolver: KeyResolverService,
    private readonly providers: ProviderApi,
  ) {}

  /**
   * Places a real outbound call by one agent, through the key that the chain resolves. The call is on record
   * before the provider is asked, as `UNKNOWN`: whatever happens in between, a repetition under the same
   * idempotency key finds it and places no second one.
   */
  async startTest(viewer: Viewer, input: TestCall): Promise<CallResult> {
    requireAdmin(viewer);
    const userErrors = checkInput(input);
    if (userErrors.length > 0) return refused(...userErrors);
    const prepared = await this.database.write(viewer, (tx) => this.#prepare(tx, viewer, input));
    return 'key' in prepared ? this.#place(viewer, prepared) : prepared;
  }

  /**
   * Resolves the key and puts the call on record inside a `write`, while whatever could change the key waits.
   * A call that comes after a change must not be billed as if it came before it.
   */
  async #prepare(tx: Transaction, viewer: Viewer, input: TestCall): Promise<PreparedCall | CallResult> {
    const idempotencyDigest = digestOf(input);
    const earlier =
      idempotencyDigest && (await tx.findOneBy(CallRow, { agencyId: viewer.agencyId, idempotencyDigest }));
    if (earlier) return repetition(earlier, input);
    // A set, a clear, an archive and an assignment each lock one or two of these rows in this same order, so
    // that none waits for another in a circle. A first key locks its client, and then the agency that it
    // refers to.
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

  // A provider may answer 401 for other reasons, so that only the verify request tells that a key is invalid.
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
}
