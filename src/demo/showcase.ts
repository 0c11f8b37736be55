import { createAgent, createClient, setUnverified, type Ask } from './ask';
import { HARBOR_DENTAL } from './ids';
import type { Sandbox } from './sandbox';
import { INESS_ADDRESS, NORAS_ADDRESS } from './seed';

/**
 * Adds what makes the console's pages worth looking at when the demo starts for the first time: keys in every
 * state, calls, tokens and invitations. It goes through the API as an admin would, so that the audit trail
 * tells of it. Tells whether it did.
 */
export async function addShowcase(ask: Ask, sandbox: Sandbox): Promise<boolean> {
  const { clients } = await ask('{ clients(search: "Juniper Fitness") { totalCount } }');
  if ((clients as { totalCount: number }).totalCount > 0) return false;
  const [first, second = first, third = second] = sandbox.providers;
  if (!first || !second || !third) return false;
  await ask('mutation { verifyAgencyApiKeys(input: {}) { userErrors { code } } }');
  const juniper = await createClient(ask, 'Juniper Fitness');
  const lumen = await createClient(ask, 'Lumen Solar');
  await createClient(ask, 'Zahnarztpraxis und Implantologiezentrum Dr. Saint-Exupéry am Münsterplatz');
  await setUnverified(ask, juniper, [{ provider: first.provider, apiKey: first.keys.revoked }]);
  await setUnverified(ask, lumen, [
    { provider: second.provider, apiKey: second.keys.outOfFunds },
    { provider: third.provider, apiKey: third.keys.restricted },
  ]);
  const called = [
    await createAgent(ask, juniper, 'Juniper coach', first),
    await createAgent(ask, lumen, 'Lumen quotes', second),
    await createAgent(ask, null, 'Brightline support', third),
  ];
  const { agents } = await ask('query ($id: ID!) { agents(clientId: $id) { nodes { id } } }', {
    id: HARBOR_DENTAL,
  });
  const harbors = (agents as { nodes: readonly { id: string }[] }).nodes.map(({ id }) => id);
  for (const [index, agentId] of [...harbors, ...called].entries())
    await ask(START_CALLS, {
      test: { agentId, toNumber: `+1415555019${index}` },
      live: { agentId, toNumber: `+1415555018${9 - index}`, idempotencyKey: `demo ${agentId}` },
    });
  await ask(INVITATIONS_AND_TOKENS, { clientId: juniper });
  return true;
}

const START_CALLS = `mutation ($test: StartTestCallInput!, $live: StartCallInput!) {
  startTestCall(input: $test) { userErrors { code } }
  startCall(input: $live) { userErrors { code } }
}`;

const INVITATIONS_AND_TOKENS = `mutation ($clientId: ID!) {
  ines: inviteAgencyPerson(input: { name: "Ines Brightline", email: "${INESS_ADDRESS}", role: AGENCY_MEMBER }) { userErrors { code } }
  nora: inviteAgencyPerson(input: { name: "Nora Northwind", email: "${NORAS_ADDRESS}", role: AGENCY_MEMBER }) { userErrors { code } }
  invitePortalUser(input: { clientId: $clientId, name: "Omar Juniper", email: "omar@juniper.example" }) { userErrors { code } }
  crm: createServiceToken(input: { name: "CRM sync", role: AGENCY_MEMBER }) { userErrors { code } }
  exports: createServiceToken(input: { name: "Nightly export", role: AGENCY_ADMIN, expiresInDays: 30 }) { userErrors { code } }
}`;
