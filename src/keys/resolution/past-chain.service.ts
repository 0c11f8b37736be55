import { requireAdmin } from '../../access/context';
import type { TenantDatabase } from '../../access/tenant-database';
import type { Viewer } from '../../access/viewer';
import { badArgument } from '../../graphql/errors';
import type { PlaceMacs } from '../../vault/place-macs';
import { resolveChainAt, type ChainResult } from '../chain';
import { chainAt, wasArchivedAt, type Trail } from './past-chain';
import { subjectOf } from './subject';
import { readTrail, type PastAgent } from './trail';

/**
 * Tells which key calls used at a time that has passed. The audit trail holds every change that matters,
 * written in the transaction of the change, so that nothing else has to be kept.
 */
export class PastChainService {
  constructor(
    private readonly database: Pick<TenantDatabase, 'read'>,
    private readonly macs: PlaceMacs,
  ) {}

  /**
   * The answers are in the order of the agents, with null where the trail does not tell. Throws
   * `BAD_USER_INPUT` for a time to come.
   */
  async explain(viewer: Viewer, agents: readonly PastAgent[], at: Date): Promise<(ChainResult | null)[]> {
    requireAdmin(viewer);
    if (at > new Date()) throw badArgument('at', 'A time that has come.');
    const trail = await readTrail(this.database.read, this.macs, viewer.agencyId, agents);
    return agents.map((agent) => explainAt(trail, agent, at));
  }
}

function explainAt(trail: Trail, agent: PastAgent, at: Date): ChainResult | null {
  if (trail.since === null || at < trail.since) return null;
  const { clientId, CLIENT, AGENCY } = chainAt(trail, agent, at);
  if (clientId === undefined || CLIENT === undefined || AGENCY === undefined) return null;
  const subject = subjectOf({ clientId, provider: agent.provider }, wasArchivedAt(trail, clientId, at));
  return resolveChainAt(subject, CLIENT, AGENCY);
}
