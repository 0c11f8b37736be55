import type { PastEvent } from './past-chain';

/**
 * The ids of the agents that had an id at a provider at a time. `now` is the one that has it now, and
 * `updates` are all since then, in their order. Each tells the id that was left, so that the first one after
 * that time tells the id of that time.
 */
export function agentsAt(
  updates: readonly PastEvent[],
  providerAgentId: string,
  at: Date,
  now: string | null,
): string[] {
  const idThen = new Map<string, string | undefined>();
  for (const { at: updatedAt, details } of updates) {
    const { agentId, formerProviderAgentId } = details;
    if (agentId !== undefined && updatedAt > at && !idThen.has(agentId))
      idThen.set(agentId, formerProviderAgentId);
  }
  // No two agents have an id at the same time: one that has it now may have been created later.
  const isTaken = [...idThen.values()].includes(providerAgentId);
  if (now !== null && !idThen.has(now) && !isTaken) idThen.set(now, providerAgentId);
  return [...idThen].filter(([, id]) => id === providerAgentId).map(([agentId]) => agentId);
}
