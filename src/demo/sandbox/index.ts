import type { Accounts, KeySet, StandIn, StandInAgent } from './account';
import { BLAND_ACCOUNTS, blandStandIn } from './bland';
import { RETELL_ACCOUNTS, retellStandIn } from './retell';
import { serve, type RecordedRequest, type StandInServer } from './server';
import { VAPI_ACCOUNTS, vapiStandIn } from './vapi';

/** What exists at the stand-ins, whether they run or not: the demo's data refers to these ids. */
export const SANDBOX_ACCOUNTS = {
  retell: RETELL_ACCOUNTS,
  vapi: VAPI_ACCOUNTS,
  bland: BLAND_ACCOUNTS,
} as const;

export type SandboxName = keyof typeof SANDBOX_ACCOUNTS;

export interface SandboxProvider {
  readonly baseUrl: string;
  readonly keys: KeySet;
  readonly accounts: Accounts;
  /** Of both accounts: the agency's own, and those that only `secondAccount` reaches. */
  readonly agents: { readonly agency: readonly StandInAgent[]; readonly client: readonly StandInAgent[] };
  /** The latest 1,000, the oldest first. */
  readonly requests: readonly RecordedRequest[];
}

export interface Sandbox {
  readonly retell: SandboxProvider;
  readonly vapi: SandboxProvider;
  readonly bland: SandboxProvider;
  close(): Promise<void>;
}

/**
 * Starts stand-ins for the three providers on loopback: their paths, header schemes, statuses and bodies over two made-up accounts
 * each. They place no calls. A port that is not given is chosen by the operating system.
 */
export async function startSandbox(
  ports: Readonly<Partial<Record<SandboxName, number>>> = {},
): Promise<Sandbox> {
  const servers: StandInServer[] = [];
  const start = async (standIn: StandIn, port: number | undefined) => {
    const server = await serve((request) => standIn.answer(request), port);
    servers.push(server);
    return describe(standIn, server);
  };
  const retell = await start(retellStandIn(), ports.retell);
  const vapi = await start(vapiStandIn(), ports.vapi);
  const bland = await start(blandStandIn(), ports.bland);
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return { retell, vapi, bland, close };
}

function describe({ keys, accounts }: StandIn, { baseUrl, requests }: StandInServer): SandboxProvider {
  return {
    baseUrl,
    requests,
    keys,
    accounts,
    agents: { agency: accounts.agency.agents, client: accounts.client.agents },
  };
}
