import type { AccountName } from './sandbox/account';
import type { Ending } from './sandbox/placed-calls';
import type { Sandbox, SandboxProvider } from './sandbox';

const HOUR_MS = 60 * 60 * 1000;

/** Calls that came in during the last day: hours ago, seconds, and how they ended. */
const DAY: readonly (readonly [hoursAgo: number, seconds: number, ending: Ending])[] = [
  [23.2, 184, 'CALLEE_HUNG_UP'],
  [21.6, 47, 'AGENT_HUNG_UP'],
  [18.9, 312, 'CALLEE_HUNG_UP'],
  [15.4, 12, 'VOICEMAIL'],
  [11.1, 95, 'AGENT_HUNG_UP'],
  [7.7, 0, 'FAULT'],
  [4.3, 128, 'CALLEE_HUNG_UP'],
  [0.8, 61, 'CALLEE_HUNG_UP'],
];

/**
 * Lets calls of the last day come in at the agents that the demo begins with, of which the providers tell by
 * their events. One is still going on, and one came in by another account than its client's own.
 */
export function receiveDayOfCalls(sandbox: Sandbox): void {
  let caller = 0;
  for (const provider of sandbox.providers)
    for (const { account, index } of provider.scene.agents) {
      const isFirst = caller === 0;
      const past = DAY.filter((_, at) => (at + caller) % 2 === 0);
      for (const [hoursAgo, seconds, ending] of past)
        receive(provider, account, index, `+1415555${1000 + (caller += 1)}`, hoursAgo, [seconds, ending]);
      if (isFirst) {
        receive(provider, 'agency', index, '+14155551099', 2, [75, 'CALLEE_HUNG_UP'], account);
        receive(provider, account, index, '+14155551098', 0.01, null);
      }
    }
}

function receive(
  { accounts, receive: comeIn }: SandboxProvider,
  account: AccountName,
  index: number,
  caller: string,
  hoursAgo: number,
  end: readonly [seconds: number, ending: Ending] | null,
  agentOf: AccountName = account,
): void {
  const at = new Date(Date.now() - hoursAgo * HOUR_MS);
  const call = comeIn(accounts[account], accounts[agentOf].agents[index]?.id ?? '', caller, at);
  if (!call) return;
  call.answer(at);
  if (end) call.end(end[0] * 1000, end[1]);
  // It goes on until somebody ends it, and not only until it is asked about.
  else call.isPaced = true;
}
