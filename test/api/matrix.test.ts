import { dayOf } from '../../src/platform/calendar';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isObjectType } from 'graphql';
import { open, policy, type Requirement } from '../../src/api/policy';
import { seedHandIns } from '../../src/demo/hand-ins';
import { emittedFiles } from '../../src/emit-schema';
import { AgencyRow } from '../../src/agencies/agency.entity';
import { PersonRow } from '../../src/people/person.entity';
import { ServiceTokenRow } from '../../src/people/service-token.entity';
import { OutgoingWebhookRow } from '../../src/deliveries/outgoing-webhook.entity';
import { newId } from '../../src/platform/ids';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, MAPLE, NEVER_GIVEN_OUT } from '../demo-ids';
import { post, startTestApp, type TestApp } from '../harness';
import { besideEachOther, documentOf, pathsOf, type FieldPath, type RootArguments } from '../matrix/paths';
import { tokensOfViewers } from '../matrix/viewers';
import { policyWatch, watchPolicy } from '../mocks/watched-policy';
import {
  CLEAR_CLIENT,
  CREATE_GATEWAY_TOKEN,
  SET_RATE,
  CREATE_KEY_LINK,
  CREATE_WEBHOOK,
  FINALIZE,
  GATEWAY_TOKEN,
  SET_CLIENT,
  START_CALL,
} from '../operations';

const TABLE = join(__dirname, '../matrix/matrix.txt');
const LEGEND = `# Who gets what: each field of the schema, asked for over HTTP by each kind of viewer, with ids of Harbor Dental.
#   +  the field is answered          F  the policy refuses: FORBIDDEN        U  the policy refuses: UNAUTHENTICATED
#   -  a field above it is refused    .  there is nothing above it for this viewer
# After a change of the schema or the policy: UPDATE_MATRIX=1 npx jest test/api/matrix.test.ts -t 'is what every kind',
# and read what has changed.
`;

/** Of the demo's agency, in its time zone. */
const TODAY = dayOf(new Date(), 'America/Chicago');

/** First those by id, so that who has no such object is told apart from who may not ask. */
const ROOTS: RootArguments = {
  node: `(id: "${HARBOR}")`,
  viewer: '',
  client: `(id: "${HARBOR}")`,
  agent: `(id: "${HARBOR_RETELL_AGENT}")`,
  '.keyResolutionAt': '(at: "2026-01-01T00:00:00Z")',
  call: '(id: "CALL")',
  agency: '',
  clients: '',
  agents: '',
  calls: '',
  callSummary: '',
  callAnalytics: '(from: "2026-01-01", to: "2026-12-31", interval: TOTAL, splitBy: [AGENT, CLIENT])',
  people: '',
  serviceTokens: '',
  gatewayTokens: `(clientId: "${HARBOR}")`,
  webhookEndpoints: '',
  phoneNumbers: '(provider: RETELL)',
  alerts: '',
  auditEvents: '',
  outgoingWebhooks: '',
  webhookDeliveries: '(outgoingWebhookId: "WEBHOOK")',
  apiKeyUploadKey: '',
  keyHandIns: `(clientId: "${HARBOR}")`,
  keyLinks: `(clientId: "${HARBOR}")`,
  invitations: '',
  memberships: '',
  grantedAccess: '(personId: "MAKER")',
  acceptInvitation: `(input: { invitationId: "${NEVER_GIVEN_OUT}" })`,
  declineInvitation: `(input: { invitationId: "${NEVER_GIVEN_OUT}" })`,
  createClient: '(input: { name: "" })',
  renameClient: `(input: { clientId: "${NEVER_GIVEN_OUT}", name: "" })`,
  archiveClient: `(input: { clientId: "${NEVER_GIVEN_OUT}" })`,
  restoreClient: `(input: { clientId: "${NEVER_GIVEN_OUT}" })`,
  createAgent: '(input: { name: "", provider: RETELL, providerAgentId: "" })',
  importAgents: `(input: { clientId: "${HARBOR}", provider: RETELL, dryRun: true })`,
  renameAgent: `(input: { agentId: "${HARBOR_RETELL_AGENT}", name: "" })`,
  updateAgent: `(input: { agentId: "${NEVER_GIVEN_OUT}" })`,
  assignAgent: `(input: { agentId: "${NEVER_GIVEN_OUT}" })`,
  setWebhookSecret: `(input: { clientId: "${HARBOR}", provider: RETELL, secret: $key })`,
  acknowledgeAlert: `(input: { alertId: "${NEVER_GIVEN_OUT}" })`,
  rotateWebhookUrl: `(input: { clientId: "${NEVER_GIVEN_OUT}", provider: RETELL })`,
  // It is refused, so that it changes nothing.
  createOutgoingWebhook: '(input: { url: "", types: [] })',
  updateOutgoingWebhook: `(input: { outgoingWebhookId: "${NEVER_GIVEN_OUT}" })`,
  deleteOutgoingWebhook: `(input: { outgoingWebhookId: "${NEVER_GIVEN_OUT}" })`,
  rotateOutgoingWebhookSecret: `(input: { outgoingWebhookId: "${NEVER_GIVEN_OUT}" })`,
  redeliverWebhook: `(input: { webhookDeliveryId: "${NEVER_GIVEN_OUT}" })`,
  redeliverFailedWebhooks: `(input: { outgoingWebhookId: "${NEVER_GIVEN_OUT}", since: "2026-01-01T00:00:00Z" })`,
  startWebCall: `(input: { agentId: "${HARBOR_RETELL_AGENT}", idempotencyKey: "ONCE" })`,
  startCall: `(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "", idempotencyKey: "" })`,
  endCall: '(input: { callId: "CALL" })',
  startTestCall: `(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "" })`,
  // Shared with the agency: there is a warning.
  setClientApiKeys: `(input: { clientId: "${MAPLE}", keys: [{ provider: VAPI, apiKey: $key }] })`,
  setAgencyApiKeys: '(input: { keys: [] })',
  clearClientApiKeys: `(input: { clientId: "${HARBOR}", providers: [BLAND] })`,
  clearAgencyApiKeys: '(input: { providers: [] })',
  verifyClientApiKeys: `(input: { clientId: "${HARBOR}", providers: [RETELL] })`,
  verifyAgencyApiKeys: '(input: { providers: [] })',
  previewClientApiKeyChange: `(input: { clientId: "${HARBOR}", provider: RETELL })`,
  previewAgencyApiKeyChange: '(input: { provider: RETELL })',
  refuseKeyHandIn: `(input: { keyHandInId: "${NEVER_GIVEN_OUT}", reason: "No." })`,
  acceptKeyHandIn: `(input: { keyHandInId: "${NEVER_GIVEN_OUT}" })`,
  previewKeyHandIn: `(input: { keyHandInId: "${NEVER_GIVEN_OUT}" })`,
  handInApiKey: '(input: { provider: BLAND, apiKey: $key, region: EU })',
  setHandInPolicy: `(input: { clientId: "${NEVER_GIVEN_OUT}", acceptsValidHandIns: true })`,
  createKeyLink: `(input: { clientId: "${NEVER_GIVEN_OUT}", provider: BLAND })`,
  revokeKeyLink: `(input: { keyLinkId: "${NEVER_GIVEN_OUT}" })`,
  inviteAgencyPerson: '(input: { email: "", name: "", role: AGENCY_MEMBER })',
  invitePortalUser: `(input: { clientId: "${NEVER_GIVEN_OUT}", email: "", name: "" })`,
  changeAgencyPerson: `(input: { personId: "${NEVER_GIVEN_OUT}", role: AGENCY_MEMBER })`,
  changePortalUser: `(input: { personId: "${NEVER_GIVEN_OUT}", permissions: [] })`,
  // A member who has signed in since, and who has made nothing.
  removePerson: `(input: { personId: "MAKER" })`,
  rates: '',
  setRate: '(input: { keySource: AGENCY, pricePerMinute: "-1", currency: "" })',
  statement: `(clientId: "${HARBOR}", from: "${TODAY}", to: "${TODAY}")`,
  statements: '',
  finalizeStatement: `(input: { clientId: "${HARBOR}", from: "${TODAY}", to: "${TODAY}" })`,
  setAgencyTimeZone: '(input: { timeZone: "" })',
  setAgencyPortalPermissions: '(input: { permissions: [VIEW_AGENTS, VIEW_AGENTS] })',
  setClientPortalPermissions: `(input: { clientId: "${NEVER_GIVEN_OUT}", permissions: [] })`,
  createServiceToken: '(input: { name: "", role: AGENCY_MEMBER })',
  createGatewayToken: '(input: { name: "", providers: [], scopes: [], expiresAt: "2026-01-01T00:00:00Z" })',
  revokeGatewayToken: `(input: { gatewayTokenId: "${NEVER_GIVEN_OUT}" })`,
  revokeServiceToken: `(input: { serviceTokenId: "${NEVER_GIVEN_OUT}" })`,
};

/** Ways to fields with a rule that the shortest way to them asks already. */
const DETOURS: Readonly<Record<string, readonly string[]>> = {
  'Agent.fromNumber': ['call', 'agent', 'fromNumber'],
  'Agent.providerAgentId': ['call', 'agent', 'providerAgentId'],
  'Agent.providerAgentKind': ['call', 'agent', 'providerAgentKind'],
};

const TIME_LIMIT_MS = 600_000;

const schema = buildSchema(emittedFiles()['schema/schema.graphql'] ?? '');
const paths = pathsOf(schema, ROOTS, DETOURS);
const given = readFileSync(TABLE, 'utf8');
const table = new Map(
  given
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ +/))
    .map(([name = '', ...cells]) => [name, cells]),
);

let unwatch: () => void;
const { stackTraceLimit } = Error;
let running: TestApp;
let tokens: ReadonlyMap<string, string | null>;
let callId: string;
let webhookId: string;

beforeAll(async () => {
  // Thousands of refusals are errors, whose stacks nobody reads: that jest maps each back to the sources
  // takes a tenth of the time.
  Error.stackTraceLimit = 0;
  unwatch = watchPolicy();
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
  tokens = await tokensOfViewers(running);
  await running.data(CREATE_KEY_LINK, { input: { clientId: HARBOR, provider: 'BLAND' } });
  const price = { pricePerMinute: '0.15', currency: 'USD' };
  for (const keySource of ['CLIENT', 'AGENCY'])
    await running.data(SET_RATE, { input: { clientId: HARBOR, keySource, ...price } });
  const january = { clientId: HARBOR, from: '2026-01-01', to: '2026-01-31' };
  await running.data(FINALIZE, { input: january });
  await running.data(CREATE_GATEWAY_TOKEN, {
    input: { ...GATEWAY_TOKEN, clientId: HARBOR, expiresAt: new Date(Date.now() + TIME_LIMIT_MS) },
  });
  // A call that failed, so that there is an error to be seen.
  await setHarborsBlandKey(running.sandbox.bland.keys.revoked);
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' },
  });
  // The alert of that key.
  await running.app.upkeep.keyChecker.checkDue();
  await running.app.upkeep.alertWorker.work();
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['BLAND'] } });
  callId = startTestCall.call.id;
  webhookId = await webhookWithDelivery();
}, TIME_LIMIT_MS);
afterAll(async () => {
  unwatch();
  Error.stackTraceLimit = stackTraceLimit;
  await running.close();
});

const setHarborsBlandKey = (apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey }] } });

/** A webhook, and a message that waits for it. */
async function webhookWithDelivery(): Promise<string> {
  const { createOutgoingWebhook } = await running.data<{
    createOutgoingWebhook: { outgoingWebhook: { id: string } };
  }>(CREATE_WEBHOOK, { input: { url: 'https://example.com/hooks', types: ['API_KEY_SET'] } });
  const { outgoingWebhook } = createOutgoingWebhook;
  const { database } = running.app;
  const { agencyId } = await database.read.findOneByOrFail(OutgoingWebhookRow, { id: outgoingWebhook.id });
  const made = { agencyId, webhookId: outgoingWebhook.id, messageId: newId(), createdAt: new Date() };
  const waiting = { type: 'API_KEY_SET', body: '{}', status: 'WAITING' } as const;
  await database.write((tx) => tx.insertRow('deliveries', { id: newId(), ...made, ...waiting }));
  return outgoingWebhook.id;
}

/** Somebody who has made something, so that there is something to be told of it. */
async function personWhoMadeATokenNow(): Promise<string> {
  return running.app.database.write(async (tx) => {
    const [agency] = await tx.find(AgencyRow, { order: { id: 'ASC' } });
    const made = { agencyId: agency?.id ?? '', createdAt: new Date(), role: 'AGENCY_ADMIN' as const };
    const id = newId();
    await tx.insert(PersonRow, {
      ...made,
      id,
      name: 'Removed',
      clientId: null,
      permissions: [],
      email: null,
      emailDigest: null,
      identityDigest: null,
      joinedAt: null,
      createdBy: null,
    });
    await tx.insert(ServiceTokenRow, {
      ...made,
      id: newId(),
      name: 'Made',
      prefix: 'lk_svc_0000',
      tokenDigest: newId(),
      expiresAt: new Date(Date.now() + 3_600_000),
      lastUsedAt: null,
      revokedAt: null,
      lastRefusedAt: null,
      createdBy: id,
    });
    return id;
  });
}

/** What one viewer is told of fields that one request asks for, each of which is a cell. */
async function cellsOf(fields: readonly FieldPath[], token: string | null): Promise<string[]> {
  const document = documentOf(fields, ROOTS);
  if (document.includes('clearClientApiKeys')) await setHarborsBlandKey(running.sandbox.bland.keys.valid);
  policyWatch.refused.clear();
  const body = {
    query: document
      .replace('"CALL"', `"${callId}"`)
      .replace('"WEBHOOK"', `"${webhookId}"`)
      .replace('"ONCE"', `"${newId()}"`)
      .replace('MAKER', /removePerson|grantedAccess/.test(document) ? await personWhoMadeATokenNow() : ''),
    variables: { key: running.sandbox.vapi.keys.valid },
  };
  const answer = await post(running.url, token, body);
  return fields.map((field) => cellOf(field, answer));
}

/** Small letters where the policy let through what was then refused by a service of its own accord. */
function cellOf({ name, path }: FieldPath, { data, errors }: Awaited<ReturnType<typeof post>>): string {
  const error = errors.find((each) => each.path && isPrefix(namesOf(each.path), path));
  if (error) {
    const { code } = error.extensions;
    if (code !== 'FORBIDDEN' && code !== 'UNAUTHENTICATED')
      throw new Error(`${name}: ${JSON.stringify(error)}`);
    if (namesOf(error.path ?? []).length < path.length) return '-';
    const letter = code === 'FORBIDDEN' ? 'F' : 'U';
    return policyWatch.refused.has(name) ? letter : letter.toLowerCase();
  }
  if (errors.some((each) => !each.path)) throw new Error(`${name}: ${JSON.stringify(errors)}`);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>(
      (value, field) => first((value as Record<string, unknown> | null | undefined)?.[field]),
      data,
    );
  return parent == null ? '.' : '+';
}

const first = (value: unknown): unknown => (Array.isArray(value) ? (value as unknown[])[0] : value);
const namesOf = (path: readonly (string | number)[]) => path.filter((part) => typeof part === 'string');
const isPrefix = (one: readonly string[], other: readonly string[]) =>
  one.every((part, index) => part === other[index]);

async function rowsOf(fields: readonly FieldPath[]): Promise<(readonly [string, string[]])[]> {
  const columns: string[][] = [];
  for (const token of tokens.values()) columns.push(await cellsOf(fields, token));
  return fields.map(({ name }, index) => [name, columns.map((column) => column[index] ?? '')]);
}

/** Whether a viewer whom the policy refuses a field is told otherwise of it than the table says. */
async function differs(field: FieldPath): Promise<boolean> {
  const expected = table.get(field.name) ?? [];
  for (const [index, token] of [...tokens.values()].entries()) {
    if (!'FU'.includes(expected[index] ?? '-')) continue;
    const [cell] = await cellsOf([field], token);
    if (cell !== expected[index]) return true;
  }
  return false;
}

const ruled = paths.filter(({ name }) => table.get(name)?.some((cell) => 'FU'.includes(cell)));
const ofKeys = (name: string) =>
  /ApiKeys?$|ApiKeyChange$|KeyHandIns?$|KeyLinks?$|keyResolution$|HandInPolicy$|startTestCall$/i.test(name) &&
  name !== 'Mutation.handInApiKey';

describe('the matrix', () => {
  test('has every field of the schema', () => {
    const fields = Object.values(schema.getTypeMap()).flatMap((type) =>
      isObjectType(type) && !type.name.startsWith('__')
        ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
        : [],
    );
    expect(paths.map(({ name }) => name).sort()).toEqual(fields.sort());
  });

  test(
    'is what every kind of viewer gets over HTTP (UPDATE_MATRIX=1 writes it)',
    async () => {
      const rows = new Map<string, string[]>();
      for (const { name } of paths) rows.set(name, []);
      for (const fields of besideEachOther(paths))
        for (const [name, cells] of await rowsOf(fields)) rows.set(name, cells);
      const found = textOf(rows);
      if (process.env.UPDATE_MATRIX) writeFileSync(TABLE, found);
      else expect(found).toBe(given);
      // What nobody gets would hide what is wrong with it.
      expect([...rows].filter(([, cells]) => !cells.includes('+')).map(([name]) => name)).toEqual([]);
      process.stdout.write(
        `The matrix: ${rows.size} fields x ${tokens.size} kinds of viewers = ${rows.size * tokens.size} cells\n`,
      );
    },
    TIME_LIMIT_MS,
  );

  test('has a rule for every field that the policy does not leave open', () => {
    const rules = Object.entries(policy).flatMap(([type, fields]) =>
      fields === open
        ? []
        : Object.entries(fields as Record<string, Requirement>).flatMap(([field, rule]) =>
            rule === open ? [] : [`${type}.${field}`],
          ),
    );
    expect(ruled.map(({ name }) => name).sort()).toEqual(rules.sort());
  });

  test.each(ruled.map((field) => [field.name, field] as const))(
    'changes when the rule of %s is replaced by `allow`',
    async (name, field) => {
      policyWatch.replaced = (each) => each === name;
      const isOtherwise = await differs(field);
      policyWatch.replaced = () => false;
      expect(isOtherwise).toBe(true);
    },
  );

  test(
    'holds for everything of keys without the policy: the services refuse on their own',
    async () => {
      const admins = ['admin', 'other-agency-admin'];
      const fields = ruled.filter(({ name }) => ofKeys(name));
      expect(fields.length).toBeGreaterThan(15);
      policyWatch.replaced = () => true;
      const given: string[] = [];
      for (const field of fields) {
        for (const [viewer, token] of tokens) {
          const expected = table.get(field.name)?.[[...tokens.keys()].indexOf(viewer)];
          if (!admins.includes(viewer) && expected !== '+' && (await cellsOf([field], token))[0] === '+')
            given.push(`${field.name} to ${viewer}`);
        }
      }
      const handIns = await post(running.url, tokens.get('portal:VIEW_INTEGRATIONS') ?? null, {
        query: '{ keyHandIns(first: 1) { nodes { provider maskedKey keyStatus } } }',
      });
      policyWatch.replaced = () => false;
      expect(given).toEqual([]);
      expect(handIns.data).toEqual({
        keyHandIns: { nodes: [{ provider: 'BLAND', maskedKey: null, keyStatus: null }] },
      });
    },
    TIME_LIMIT_MS,
  );
});

function textOf(rows: ReadonlyMap<string, readonly string[]>): string {
  const viewers = [...tokens.keys()];
  const width = Math.max(...[...rows.keys()].map(({ length }) => length));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)} ${cells.map((cell, index) => cell.padEnd(viewers[index]?.length ?? 0)).join(' ')}`.trimEnd();
  return `${LEGEND}${line('field', viewers)}\n${[...rows].map(([name, cells]) => line(name, cells)).join('\n')}\n`;
}
