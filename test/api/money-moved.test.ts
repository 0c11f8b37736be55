import { v7 } from 'uuid';
import { CallRow } from '../../src/calls/call.entity';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE, BRIGHTLINE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { HAND_IN } from '../operations';

const MOVED =
  'moneyMoved { minutes callsOfUnknownDuration providerCost { amount currency } callsOfUnknownCost payerBefore payerAfter rateMissing }';
const PREVIEW = `mutation ($input: PreviewClientApiKeyChangeInput!) { previewClientApiKeyChange(input: $input) {
  preview { sourceBefore sourceAfter ${MOVED} } userErrors { code } } }`;
const CLEAR = `mutation ($input: ClearClientApiKeysInput!) { clearClientApiKeys(input: $input) {
  effects { source ${MOVED} } userErrors { code } } }`;
const PREVIEW_OF_AGENCY = `mutation ($input: PreviewAgencyApiKeyChangeInput!) { previewAgencyApiKeyChange(input: $input) {
  preview { ${MOVED} } userErrors { code } } }`;
const PREVIEW_OF_HAND_IN = `mutation ($input: PreviewKeyHandInInput!) { previewKeyHandIn(input: $input) {
  preview { sourceBefore ${MOVED} } userErrors { code } } }`;
const SET_RATE = 'mutation ($input: SetRateInput!) { setRate(input: $input) { userErrors { code } } }';
const DAY_MS = 24 * 60 * 60 * 1000;

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
});
afterAll(() => running.close());
beforeEach(() => running.app.database.write((tx) => tx.run('DELETE FROM calls', [])));

async function insert(call: Partial<CallRow>, daysAgo = 1): Promise<void> {
  const createdAt = new Date(Date.now() - daysAgo * DAY_MS);
  await running.app.database.write((tx) =>
    tx.insertRow('calls', {
      id: v7({ msecs: createdAt.getTime() }),
      agencyId: BRIGHTLINE,
      clientId: MAPLE,
      agentId: HARBOR_RETELL_AGENT,
      provider: 'RETELL',
      kind: 'LIVE',
      direction: 'OUTBOUND',
      status: 'COMPLETED',
      keySource: 'AGENCY',
      keyVersion: 1,
      durationMs: 60_000,
      costStatus: 'KNOWN',
      costMicros: 70_000,
      costCurrency: 'USD',
      createdAt,
      updatedAt: createdAt,
      ...call,
    }),
  );
}

interface Moved {
  readonly preview: { readonly sourceBefore: string; readonly moneyMoved: object | null } | null;
}
async function preview(clientId: string, apiKey: string | null): Promise<Moved['preview']> {
  const input = { clientId, provider: 'RETELL', apiKey };
  const answer = await running.data<{ previewClientApiKeyChange: Moved }>(PREVIEW, { input });
  return answer.previewClientApiKeyChange.preview;
}

const CANDIDATE = 'key_0123456789abcdef0123456789';

describe('moneyMoved', () => {
  test('tells what the calls of the last 30 days come to that would be on another account', async () => {
    await insert({ durationMs: 61_001, costMicros: 120_000 });
    await insert({ durationMs: 30_000, costMicros: 500 }, 29);
    await insert({ costStatus: 'PENDING', costMicros: null, costCurrency: null, durationMs: null });
    for (const elsewhere of [
      { provider: 'VAPI' },
      { clientId: HARBOR },
      { keySource: 'CLIENT' },
      { isOtherAccount: true },
    ] as const)
      await insert(elsewhere);
    await insert({}, 31);
    expect(await preview(MAPLE, CANDIDATE)).toMatchObject({
      moneyMoved: {
        minutes: '1.53',
        callsOfUnknownDuration: 1,
        providerCost: { amount: '0.1205', currency: 'USD' },
        callsOfUnknownCost: 1,
        payerBefore: 'AGENCY',
        payerAfter: 'CLIENT',
        rateMissing: true,
      },
    });
  });

  test('says whether the client has a rate for the account that pays then', async () => {
    const input = { keySource: 'CLIENT', pricePerMinute: '0.02', currency: 'USD' };
    await running.data(SET_RATE, { input });
    expect(await preview(MAPLE, CANDIDATE)).toMatchObject({ moneyMoved: { rateMissing: false } });
  });

  test('is null where nobody else would pay than now', async () => {
    const replaced = await preview(HARBOR, CANDIDATE);
    expect(replaced).toMatchObject({ sourceBefore: 'CLIENT', moneyMoved: null });
    expect(await preview(MAPLE, null)).toMatchObject({ sourceBefore: 'AGENCY', moneyMoved: null });
  });

  test('is told before a clear, for the key of an agency too, and by the clear itself', async () => {
    await insert({ clientId: HARBOR, keySource: 'CLIENT', costMicros: 90_000 });
    const moved = {
      minutes: '1',
      providerCost: { amount: '0.09', currency: 'USD' },
      payerBefore: 'CLIENT',
      payerAfter: 'AGENCY',
      rateMissing: true,
    };
    expect(await preview(HARBOR, null)).toMatchObject({ moneyMoved: moved });
    const { clearClientApiKeys } = await running.data<{ clearClientApiKeys: object }>(CLEAR, {
      input: { clientId: HARBOR, providers: ['RETELL'] },
    });
    expect(clearClientApiKeys).toMatchObject({ effects: [{ source: 'AGENCY', moneyMoved: moved }] });
    await insert({});
    const ofAgency = await running.data<{ previewAgencyApiKeyChange: Moved }>(PREVIEW_OF_AGENCY, {
      input: { provider: 'RETELL' },
    });
    expect(ofAgency.previewAgencyApiKeyChange.preview?.moneyMoved).toMatchObject({
      minutes: '1',
      payerBefore: 'AGENCY',
      payerAfter: null,
      rateMissing: false,
    });
  });

  test('is told before a key is accepted that a client has handed in', async () => {
    await insert({ clientId: HARBOR });
    const handIn = { provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid };
    const { handInApiKey } = await running.data<{ handInApiKey: { keyHandIn: { id: string } } }>(
      HAND_IN,
      { input: handIn },
      'portalUser',
    );
    const { previewKeyHandIn } = await running.data<{ previewKeyHandIn: Moved }>(PREVIEW_OF_HAND_IN, {
      input: { keyHandInId: handInApiKey.keyHandIn.id },
    });
    expect(previewKeyHandIn.preview?.moneyMoved).toMatchObject({
      minutes: '1',
      providerCost: { amount: '0.07', currency: 'USD' },
      payerBefore: 'AGENCY',
      payerAfter: 'CLIENT',
    });
  });
});
