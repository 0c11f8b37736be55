import { CallRow } from '../../src/calls/call.entity';
import type { Persona } from '../../src/demo/seed';
import { HARBOR_BLAND_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';

const COST = `query ($id: ID!) {
  call(id: $id) { costStatus startedAt endedAt durationMs endReason providerCost { amount currency } }
}`;

/** The portal user of the tests. */
const HANA = '01900000-0000-7000-8000-000000000303';

interface Shown {
  readonly costStatus: string;
  readonly durationMs: number | null;
  readonly endReason: string | null;
  readonly providerCost: { amount: string; currency: string } | null;
}

let running: TestApp;
let ofAgency: string;
let ofClient: string;
beforeAll(async () => {
  running = await startTestApp();
  ofAgency = await start(HARBOR_BLAND_AGENT);
  ofClient = await start(HARBOR_VAPI_AGENT);
});
afterAll(() => running.close());

async function start(agentId: string): Promise<string> {
  const input = { agentId, toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return startTestCall.call.id;
}

const write = (id: string, change: Partial<CallRow>) =>
  running.app.database.write((tx) => tx.updateRow('calls', change, { id }));
const known = { costStatus: 'KNOWN', costMicros: 72_500, costCurrency: 'USD' } as const;
const shown = async (id: string, as: Persona = 'agencyAdmin') =>
  (await running.data<{ call: Shown }>(COST, { id }, as)).call;

test('a cost is null until it is known, and unknown is not zero', async () => {
  expect(await shown(ofAgency)).toEqual({
    costStatus: 'PENDING',
    startedAt: null,
    endedAt: null,
    durationMs: null,
    endReason: null,
    providerCost: null,
  });
  await write(ofAgency, { costStatus: 'UNKNOWN', costMicros: null });
  expect(await shown(ofAgency)).toMatchObject({ costStatus: 'UNKNOWN', providerCost: null });
});

test('a cost is exact, and greater than 32 bits where it has to be', async () => {
  await write(ofAgency, known);
  expect((await shown(ofAgency)).providerCost).toEqual({ amount: '0.0725', currency: 'USD' });
  await write(ofAgency, { costMicros: 99_999_999_999 });
  expect((await shown(ofAgency)).providerCost).toEqual({ amount: '99999.999999', currency: 'USD' });
});

test('an admin sees the cost on both accounts', async () => {
  for (const id of [ofAgency, ofClient]) await write(id, known);
  for (const id of [ofAgency, ofClient]) expect((await shown(id)).providerCost).not.toBeNull();
});

test("a portal user with MANAGE_BILLING sees the cost on its client's own account alone", async () => {
  for (const id of [ofAgency, ofClient]) await write(id, known);
  expect((await shown(ofClient, 'portalUser')).providerCost).toEqual({ amount: '0.0725', currency: 'USD' });
  expect((await shown(ofAgency, 'portalUser')).providerCost).toBeNull();
});

test('a portal user sees no cost of a call of its client that another account carried, which bears it', async () => {
  await write(ofClient, { ...known, isOtherAccount: true });
  expect((await shown(ofClient, 'portalUser')).providerCost).toBeNull();
  expect((await shown(ofClient)).providerCost).not.toBeNull();
  await write(ofClient, { isOtherAccount: false });
});

test('no member of the agency and no other portal user sees a cost, and the rest of the call stands', async () => {
  await write(ofClient, known);
  const forMember = await running.ask('agencyMember', COST, { id: ofClient });
  expect(forMember.data).toMatchObject({ call: { costStatus: 'KNOWN', providerCost: null } });
  expect(forMember.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);

  const CHANGE = `mutation ($input: ChangePortalUserInput!) { changePortalUser(input: $input) { userErrors { code } } }`;
  await running.data(CHANGE, { input: { personId: HANA, permissions: ['VIEW_CALLS', 'VIEW_CALL_DETAILS'] } });
  const forPortal = await running.ask('portalUser', COST, { id: ofClient });
  expect(forPortal.data).toMatchObject({ call: { costStatus: 'KNOWN', providerCost: null } });
  expect(forPortal.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
});

test('a call that its provider refused costs nothing, lasted no time, and says so alike whatever the reason', async () => {
  const SET = `mutation ($input: SetAgencyApiKeysInput!) { setAgencyApiKeys(input: $input) { userErrors { code } } }`;
  const { revoked, outOfFunds } = running.sandbox.bland.keys;
  for (const apiKey of [revoked, outOfFunds]) {
    await running.data(SET, { input: { keys: [{ provider: 'BLAND', apiKey }] } });
    expect(await shown(await start(HARBOR_BLAND_AGENT))).toMatchObject({
      costStatus: 'KNOWN',
      durationMs: 0,
      endReason: 'PROVIDER_REFUSED',
      providerCost: { amount: '0', currency: 'USD' },
    });
  }
});
