import type { AgentRow } from '../../agents/agent.entity';
import type { KeyVerdict } from '../../providers/key-requests';
import type { ProviderAccount, ProviderApi } from '../../providers/provider-api';

export interface KeyExamination {
  readonly verdict: KeyVerdict;
  /** These agents do not exist in the key's account. */
  readonly missing: readonly AgentRow[];
  /** These do. */
  readonly present: readonly AgentRow[];
  /**
   * This many agents could not be looked up: there were too many, it took too long, or the provider gave no
   * definitive answer.
   */
  readonly notChecked: number;
}

/** One examination looks up at most this many agents. */
export const MAX_AGENTS_CHECKED = 200;
/** So many are looked up at the same time where somebody waits for the answer. */
const LOOKUPS_AT_ONCE = 8;
/** After this time, in milliseconds, an examination starts no further lookup of an agent. */
export const LOOKUPS_TIME_MS = 20_000;

/**
 * The provider is asked whether it accepts the key and which of the agents exist in the key's account,
 * because a good key of the wrong account is the commonest mistake. A key that the provider accepts but that
 * may not even read agents is reported as lacking permission.
 */
export async function examineKey(
  api: ProviderApi,
  account: ProviderAccount,
  agents: readonly AgentRow[],
  lookupsAtOnce = LOOKUPS_AT_ONCE,
): Promise<KeyExamination> {
  const verdict = await api.verifyKey(account);
  if (verdict.status !== 'VALID') return { verdict, missing: [], present: [], notChecked: agents.length };
  const checked = agents.slice(0, MAX_AGENTS_CHECKED);
  const { absent, present, restricted } = await lookUp(api, account, checked, lookupsAtOnce);
  const lacking: KeyVerdict = {
    status: 'INSUFFICIENT_PERMISSIONS',
    error: { code: 'INSUFFICIENT_PERMISSIONS', httpStatus: 403, retryAfterSeconds: null },
  };
  const missing = agents.filter((agent) => absent.has(agent));
  return {
    verdict: restricted ? lacking : verdict,
    missing,
    present,
    notChecked: agents.length - missing.length - present.length,
  };
}

async function lookUp(
  api: ProviderApi,
  account: ProviderAccount,
  agents: readonly AgentRow[],
  lookupsAtOnce: number,
) {
  const present: AgentRow[] = [];
  const result = { absent: new Set<AgentRow>(), present, restricted: false, limited: false };
  const deadline = Date.now() + LOOKUPS_TIME_MS;
  const queue = agents.values();
  const worker = async () => {
    for (const agent of queue) {
      if (Date.now() > deadline || result.restricted || result.limited) return;
      const presence = await api.findAgent(account, agent);
      if (presence === 'PRESENT') present.push(agent);
      if (presence === 'ABSENT') result.absent.add(agent);
      if (presence === 'RESTRICTED') result.restricted = true;
      // No further agent is looked up, because the account's live calls need what is left of its rate limit.
      if (presence === 'RATE_LIMITED') result.limited = true;
    }
  };
  await Promise.all(Array.from({ length: lookupsAtOnce }, worker));
  return result;
}
