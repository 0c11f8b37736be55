import type { Sandbox } from './sandbox';

/** Sends one operation as an agency admin, and gives its data. */
export type Ask = (query: string, variables?: object) => Promise<Record<string, unknown>>;

export async function createClient(ask: Ask, name: string): Promise<string> {
  const data = await ask(
    'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
    { input: { name } },
  );
  return (data.createClient as { client: { id: string } }).client.id;
}

// The keys are set without asking the provider, as an import would set them, and turn out to be bad
// afterwards.
export async function setUnverified(ask: Ask, clientId: string, keys: readonly object[]): Promise<void> {
  await ask(
    'mutation ($input: SetClientApiKeysInput!) { setClientApiKeys(input: $input) { userErrors { code } } }',
    {
      input: { clientId, keys },
    },
  );
  await ask(
    'mutation ($input: VerifyClientApiKeysInput!) { verifyClientApiKeys(input: $input) { userErrors { code } } }',
    { input: { clientId } },
  );
}

export async function createAgent(
  ask: Ask,
  clientId: string | null,
  name: string,
  { provider, accounts }: Sandbox['providers'][number],
): Promise<string> {
  const { agents, fromNumber } = accounts.agency;
  // The demo's own agents are the first ones of the account, and each belongs to one agent only.
  const providerAgentId = agents.at(-1)?.id ?? '';
  const data = await ask(
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }',
    { input: { name, provider, providerAgentId, fromNumber, clientId } },
  );
  return (data.createAgent as { agent: { id: string } }).agent.id;
}
