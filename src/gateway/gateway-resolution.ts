import type { TenantDatabase } from '../access/tenant-database';
import type { CallRow } from '../calls/call.entity';
import type { SealedKey } from '../keys/key-store';
import type { KeyResolverService, Resolution, ResolvedKey } from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import { PLAIN_AGENT, type Missing, type NamedAgent } from '../providers/gateway-table';
import { UnreadableKey } from '../vault/cipher';
import type { AskedOperation } from './asked-operation';
import type { Integration } from './integration';
import { GatewayRefusal, notFound } from './refusals';
import type { GatewayProvider } from './target';

type KnownCall = Pick<
  CallRow,
  'agencyId' | 'clientId' | 'provider' | 'keySource' | 'otherOwnerId' | 'providerCallId'
> & {
  readonly isOtherAccount: boolean | number;
};

const FIND_CALL = `SELECT agencyId, clientId, provider, keySource, providerCallId, isOtherAccount, otherOwnerId FROM calls
WHERE agencyId = ? AND providerCallId = ?`;

/** So many agents can be named by one request at most. */
const MAX_AGENTS = 10;

/**
 * Decides with whose key a provider is asked. What names an agent is resolved by that agent, what names a
 * call that Latchkey knows, in its path or query, by the owner of the account that carries it, and everything
 * else by the scope of the token. Nothing ever falls back: a token of one client never uses the agency's key
 * of its own accord.
 */
export class GatewayResolution {
  constructor(
    private readonly database: TenantDatabase,
    private readonly resolver: KeyResolverService,
  ) {}

  /**
   * Opens the key for an operation that places no call, with the agents that its body names. Throws
   * `GatewayRefusal`.
   */
  async keyFor(
    by: Integration,
    provider: GatewayProvider,
    { agent, callId }: AskedOperation,
    inBody: readonly string[],
  ): Promise<ResolvedKey> {
    const agents = agent ? [agent] : [...new Set(inBody)].map((id) => ({ id, kind: PLAIN_AGENT }));
    if (agents.length > MAX_AGENTS) throw new GatewayRefusal('AGENTS_OF_SEVERAL_ACCOUNTS');
    if (agents.length > 0) return this.open(await this.#keyOf(by, provider, agents));
    const call = callId === null ? null : await this.#callOf(by, provider, callId);
    return this.open(await this.resolver.keyOfOwner(call ?? ownAccountOf(by, provider)));
  }

  /** Returns the key that is the same for all these agents. */
  async #keyOf(by: Integration, provider: GatewayProvider, agents: readonly NamedAgent[]) {
    const found = await Promise.all(agents.map((agent) => this.byAgent(by, provider, agent, 'AGENT')));
    const [key, ...others] = found.map((resolution) => resolution.key);
    if (!key || others.some((other) => other?.owner.id !== key.owner.id)) {
      if (found.every((resolution) => resolution.key === null)) return null;
      throw new GatewayRefusal('AGENTS_OF_SEVERAL_ACCOUNTS');
    }
    return key;
  }

  /**
   * Resolves an agent by its id at the provider. Throws `GatewayRefusal` for one that the token does not
   * reach.
   */
  async byAgent(
    by: Integration,
    { id, table }: GatewayProvider,
    agent: NamedAgent,
    what: Missing,
  ): Promise<Resolution> {
    // Databases compare ids letter by letter.
    const stored = adapterOf(id).idForm === 'UUID' ? agent.id.toLowerCase() : agent.id;
    const found = await this.resolver.resolveAtProvider(by, id, stored, agent.kind);
    if (found === undefined) throw new GatewayRefusal('AGENT_AMBIGUOUS');
    if (found === null) throw notFound(table, what, agent.id);
    return found;
  }

  open(key: SealedKey | null, purpose: 'CALL' | 'GATEWAY' = 'GATEWAY'): ResolvedKey {
    if (!key) throw new GatewayRefusal('NO_KEY_CONFIGURED');
    try {
      return this.resolver.open(key, purpose);
    } catch (error) {
      throw error instanceof UnreadableKey ? new GatewayRefusal('KEY_UNREADABLE') : error;
    }
  }

  async #callOf(by: Integration, { id }: GatewayProvider, callId: string) {
    const rows = await this.database.read.rows<KnownCall>(FIND_CALL, [by.agencyId, callId]);
    const call = rows.find(({ provider, providerCallId }) => provider === id && providerCallId === callId);
    if (!call) return null;
    // It is answered like an id that was never given out, by the account of the token's own client.
    if (by.clientId !== null && call.clientId !== by.clientId) return null;
    return { ...call, isOtherAccount: Boolean(call.isOtherAccount) };
  }
}

function ownAccountOf({ agencyId, clientId }: Integration, { id: provider }: GatewayProvider) {
  const keySource = clientId === null ? ('AGENCY' as const) : ('CLIENT' as const);
  return { agencyId, clientId, provider, keySource, isOtherAccount: false, otherOwnerId: null };
}
