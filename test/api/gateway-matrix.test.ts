import { createHash } from 'node:crypto';
import { GatewayTokenRow } from '../../src/gateway/gateway-token.entity';
import { field } from '../../src/providers/json';
import {
  AGENCYS_OWN_AGENT,
  ARCHIVED_CLIENTS_AGENT,
  HARBOR,
  HARBOR_RETELL_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
} from '../demo-ids';
import { gatewayToken, revoke, send } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { CREATE_GATEWAY_TOKEN, GATEWAY_TOKEN } from '../operations';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const providerIdOf = async (id: string) => {
  const { agent } = await running.data<{ agent: { providerAgentId: string } }>(
    'query ($id: ID!) { agent(id: $id) { providerAgentId } }',
    { id },
  );
  return agent.providerAgentId;
};

/** A token of each kind. */
async function tokens(): Promise<Record<string, string | null>> {
  const of = async (input: object = {}) => (await gatewayToken(running, input)).token;
  const expired = await gatewayToken(running);
  await running.app.database.write((tx) =>
    tx.update(GatewayTokenRow, { id: expired.id }, { expiresAt: new Date(Date.now() - 1) }),
  );
  const revoked = await gatewayToken(running);
  await revoke(running, revoked.id);
  const input = {
    ...GATEWAY_TOKEN,
    scopes: ['READ', 'PLACE_CALLS'],
    expiresAt: new Date(Date.now() + 60_000),
  };
  const { createGatewayToken } = await running.data<{ createGatewayToken: { token: string } }>(
    CREATE_GATEWAY_TOKEN,
    { input },
    'otherAgencyAdmin',
  );
  return {
    'of the agency': await of(),
    'that reads': await of({ scopes: ['READ'] }),
    'that places': await of({ scopes: ['PLACE_CALLS'] }),
    'for Retell': await of({ providers: ['RETELL'] }),
    'for Vapi': await of({ providers: ['VAPI'] }),
    'of Harbor': await of({ clientId: HARBOR }),
    'of Harbor, reads': await of({ clientId: HARBOR, scopes: ['READ'] }),
    'of Maple': await of({ clientId: MAPLE }),
    'of others': createGatewayToken.token,
    expired: expired.token,
    revoked: revoked.token,
    'of a person': running.tokens.agencyAdmin,
    none: null,
  };
}

type Asked = readonly [method: string, path: string, body?: object];

/** A request of each kind, to be asked by each token. */
async function requests(placedBy: string): Promise<Record<string, Asked>> {
  const [harbors, maples, agencys, archived] = await Promise.all(
    [HARBOR_RETELL_AGENT, MAPLE_RETELL_AGENT, AGENCYS_OWN_AGENT, ARCHIVED_CLIENTS_AGENT].map(providerIdOf),
  );
  const { accounts } = running.sandbox.retell;
  const place = (agent: string | undefined, from: string): Asked => [
    'POST',
    '/retell/v2/create-phone-call',
    { override_agent_id: agent, from_number: from, to_number: '+14155550123' },
  ];
  const [, path, body] = place(harbors, accounts.client.fromNumber);
  const { json } = await send(running.url, `/gateway${path}`, placedBy, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const call = String(field(json, 'call_id'));
  return {
    'names nothing': ['GET', '/retell/get-concurrency'],
    'names nothing, Vapi': ['GET', '/vapi/assistant'],
    'Harbor’s agent': ['GET', `/retell/get-agent/${harbors}`],
    'Maple’s agent': ['GET', `/retell/get-agent/${maples}`],
    'agency’s agent': ['GET', `/retell/get-agent/${agencys}`],
    'Harbor’s call': ['GET', `/retell/v2/get-call/${call}`],
    'calls, Harbor': place(harbors, accounts.client.fromNumber),
    'calls, Maple': place(maples, accounts.agency.fromNumber),
    'calls, agency': place(agencys, accounts.agency.fromNumber),
    'calls, archived': place(archived, accounts.agency.fromNumber),
    'stops Harbor’s call': ['POST', `/retell/v2/stop-call/${call}`],
    'changes an agent': ['PATCH', `/retell/update-agent/${harbors}`, {}],
  };
}

/** Whose key the provider was asked with, or why it was not asked. */
async function outcome(token: string | null, [method, path, body]: Asked): Promise<string> {
  const sandbox = path.startsWith('/vapi') ? running.sandbox.vapi : running.sandbox.retell;
  const before = sandbox.requests.length;
  const answer = await send(running.url, `/gateway${path}`, token, {
    method,
    body: body && JSON.stringify(body),
  });
  const [asked, ...more] = sandbox.requests.slice(before);
  expect(more).toEqual([]);
  if (!asked) return `${answer.status} ${String(answer.reason)}`;
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
  const used = (Object.entries(sandbox.keys) as [string, string][]).find(
    ([, key]) => hashOf(key) === asked.authorization?.keyHash,
  );
  return { valid: "agency's key", secondAccount: "Harbor's key" }[used?.[0] ?? ''] ?? 'another key';
}

/** What a letter of the table stands for. */
const LETTERS: Readonly<Record<string, string>> = {
  "agency's key": 'A',
  "Harbor's key": 'H',
  '401 NO_KEY_CONFIGURED': 'n',
  '403 CLIENT_ARCHIVED': 'x',
  '403 PROVIDER_NOT_ALLOWED': 'p',
  '403 SCOPE_MISSING': 's',
  '404 AGENT_NOT_FOUND': '-',
  '422 CALL_NOT_FOUND': '-',
  '404 OPERATION_NOT_ALLOWED': 'o',
  '401 TOKEN_REFUSED': 't',
};

// The columns are the kinds of tokens, in their order. The key of the other agency is that of the account
// which both have.
const EXPECTED = {
  'names nothing': 'A A s A p H H n A t t t t',
  'names nothing, Vapi': 'A A s p A H H n n t t t t',
  'Harbor’s agent': 'H H s H p H H - - t t t t',
  // By the same id at the provider, the other agency has an agent of its own.
  'Maple’s agent': 'A A s A p - - A A t t t t',
  'agency’s agent': 'A A s A p - - - - t t t t',
  // For the other agency, and the other client, it is a call that nobody knows.
  'Harbor’s call': 'H H s H p H H n A t t t t',
  'calls, Harbor': 'H s H H p H s - - t t t t',
  'calls, Maple': 'A s A A p - s A A t t t t',
  'calls, agency': 'A s A A p - s - - t t t t',
  'calls, archived': 'x s x x p - s - - t t t t',
  'stops Harbor’s call': 'H s H H p H s n A t t t t',
  // What is not in the table of the provider is there for no token.
  'changes an agent': 'o o o o o o o o o o o o o',
};

test('each kind of token gets from each kind of request what it may have, by the key that counts', async () => {
  const all = await tokens();
  const asked = await requests(all['of the agency'] ?? '');
  const table: Record<string, string> = {};
  for (const [what, request] of Object.entries(asked)) {
    const row: string[] = [];
    for (const token of Object.values(all)) {
      const said = await outcome(token, request);
      row.push(LETTERS[said] ?? said);
    }
    table[what] = row.join(' ');
  }
  expect(table).toEqual(EXPECTED);
});
