import { readdirSync } from 'node:fs';
import { parse } from 'node:path';
import { providers, type Provider } from '../../providers';
import type { ProviderAdapter } from '../../providers/provider';
import type { Accounts, StandInAgent } from './account';
import { EventOutbox } from './events';
import type { KeySet } from './keys';
import type { Scene, StandIn } from './stand-in';
import type { PlacedCalls } from './placed-calls';
import { startPlainStandIn } from './plain';
import { serve, type RecordedRequest, type StandInServer } from './server';

/**
 * The name is the provider's id in lower case. The provider's file in this folder and its part of `demo.json`
 * have this name.
 */
export type SandboxName = Lowercase<Provider>;

export function sandboxNameOf(provider: Provider): SandboxName {
  return provider.toLowerCase() as SandboxName;
}

export interface SandboxProvider {
  readonly provider: Provider;
  readonly baseUrl: string;
  readonly keys: KeySet;
  readonly accounts: Accounts;
  readonly scene: Scene;
  /**
   * These are the agents of both accounts. Those of `client` can be reached with the key `secondAccount`
   * only.
   */
  readonly agents: { readonly agency: readonly StandInAgent[]; readonly client: readonly StandInAgent[] };
  /** These are the latest 1,000 requests, the oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The calls of both accounts, which tests can let go on. */
  readonly calls: PlacedCalls;
  /** The events of these calls. */
  readonly events: EventOutbox;
  readonly receive: StandIn['receive'];
}

export type Sandbox = Readonly<Record<SandboxName, SandboxProvider>> & {
  readonly providers: readonly SandboxProvider[];
  close(): Promise<void>;
};

/**
 * This starts a stand-in for each provider on the loopback interface. It has the provider's paths, the header
 * for its key, and its statuses and bodies, over two made-up accounts. No phone rings. The operating system
 * chooses the ports.
 */
export async function startSandbox(): Promise<Sandbox> {
  const started = await Promise.all(providers.map((adapter) => start(adapter)));
  const byName = Object.fromEntries(
    started.map(({ standIn }) => [sandboxNameOf(standIn.provider), standIn]),
  ) as Record<SandboxName, SandboxProvider>;
  const close = async () => {
    await Promise.all(started.map(({ server, standIn }) => [server.close(), standIn.events.close()]).flat());
  };
  return { ...byName, providers: started.map(({ standIn }) => standIn), close };
}

async function start(adapter: ProviderAdapter & { readonly id: Provider }) {
  const standIn = await standInFor(adapter);
  const events = new EventOutbox(standIn.events);
  standIn.calls.onCall = (call) => {
    call.onPhase = () => events.note(call);
    events.note(call);
  };
  const server = await serve((request) => standIn.answer(request));
  return { server, standIn: describe(adapter.id, standIn, server, events) };
}

const OWN_FILES: ReadonlySet<string> = new Set(readdirSync(__dirname).map((file) => parse(file).name));

async function standInFor(adapter: ProviderAdapter & { readonly id: Provider }): Promise<StandIn> {
  const name = sandboxNameOf(adapter.id);
  if (!OWN_FILES.has(name)) return startPlainStandIn(adapter);
  const file = (await import(`./${name}`)) as { startStandIn(): StandIn };
  return file.startStandIn();
}

function describe(
  provider: Provider,
  { keys, accounts, scene, calls, receive }: StandIn,
  { baseUrl, requests }: StandInServer,
  events: EventOutbox,
): SandboxProvider {
  return {
    provider,
    baseUrl,
    requests,
    keys,
    accounts,
    scene,
    calls,
    events,
    receive,
    agents: { agency: accounts.agency.agents, client: accounts.client.agents },
  };
}
