import { CallRow } from '../../src/calls/call.entity';
import { hasRate } from '../../src/billing/rate-in-force';
import { newId } from '../../src/platform/ids';
import {
  ARCHIVED_CLIENT,
  BRIGHTLINE,
  HARBOR,
  HARBOR_BLAND_AGENT,
  MAPLE,
  NEVER_GIVEN_OUT,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, RATES, SET_RATE, type UserErrors } from '../operations';

const START = `mutation ($input: StartCallInput!) { startCall(input: $input) { call { id receipt { rate { id } } } userErrors { code } } }`;

interface Rate {
  readonly id: string;
  readonly client: { readonly id: string } | null;
  readonly pricePerMinute: string;
  readonly validFrom: string;
}
type Result = UserErrors & { readonly rate: Rate | null };

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const USUAL = { keySource: 'AGENCY', pricePerMinute: '0.15', currency: 'USD' };

async function set(input: object): Promise<Result> {
  const { setRate } = await running.data<{ setRate: Result }>(SET_RATE, { input: { ...USUAL, ...input } });
  return setRate;
}

async function rateId(input: object): Promise<string> {
  const { rate, userErrors } = await set(input);
  expect(userErrors).toEqual([]);
  return rate?.id ?? '';
}

async function call(): Promise<{ id: string; rateId: string | null }> {
  const input = { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123', idempotencyKey: newId() };
  const { startCall } = await running.data<{
    startCall: { call: { id: string; receipt: { rate: { id: string } | null } } };
  }>(START, { input });
  return { id: startCall.call.id, rateId: startCall.call.receipt.rate?.id ?? null };
}

const row = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });

test('a rate is a version with all that it says, valid from now on, and in increments of a second by default', async () => {
  const before = Date.now();
  const { rate } = await set({ clientId: HARBOR, pricePerMinute: '0.0725000' });
  expect(rate).toMatchObject({
    client: { id: HARBOR },
    keySource: 'AGENCY',
    pricePerMinute: '0.0725',
    currency: 'USD',
    firstIncrementSeconds: 1,
    incrementSeconds: 1,
  });
  expect(Date.parse(rate?.validFrom ?? '')).toBeGreaterThanOrEqual(before);
  const byDefault = await rateId({ firstIncrementSeconds: 30, incrementSeconds: 6 });
  const { rates } = await running.data<{ rates: { nodes: Rate[]; totalCount: number } }>(RATES);
  expect(rates.nodes.map(({ id }) => id)).toEqual([rate?.id, byDefault]);
  const ofHarbor = await running.data<{ rates: { nodes: Rate[] } }>(RATES, { clientId: HARBOR });
  expect(ofHarbor.rates.nodes.map(({ id }) => id)).toEqual([rate?.id]);
  const ofOthers = await running.data<{ rates: { nodes: Rate[] } }>(RATES, {}, 'otherAgencyAdmin');
  expect(ofOthers.rates.nodes).toEqual([]);
});

test.each([
  [{ pricePerMinute: '-1' }, 'INVALID_FORMAT input.pricePerMinute'],
  [{ pricePerMinute: '0.0000001' }, 'INVALID_FORMAT input.pricePerMinute'],
  [{ pricePerMinute: '1000000' }, 'INVALID_FORMAT input.pricePerMinute'],
  [{ currency: 'usd' }, 'INVALID_FORMAT input.currency'],
  [{ currency: 'XXX' }, 'INVALID_FORMAT input.currency'],
  [{ firstIncrementSeconds: 0 }, 'INVALID_FORMAT input.firstIncrementSeconds'],
  [{ incrementSeconds: 3601 }, 'INVALID_FORMAT input.incrementSeconds'],
  [{ validFrom: new Date(0) }, 'IN_THE_PAST input.validFrom'],
  [{ validFrom: new Date('9999-01-01T00:00:00Z') }, 'INVALID_FORMAT input.validFrom'],
  [{ clientId: NEVER_GIVEN_OUT }, 'NOT_FOUND input.clientId'],
  [{ clientId: OTHER_AGENCYS_CLIENT }, 'NOT_FOUND input.clientId'],
  [{ clientId: ARCHIVED_CLIENT }, 'CLIENT_ARCHIVED input.clientId'],
])('%j is refused, and nothing is stored', async (input, error) => {
  expect(codes(await set(input))).toEqual([error]);
  expect(await running.data('{ rates { totalCount } }')).toEqual({ rates: { totalCount: 0 } });
});

test('a call keeps the rate that was valid when it started, whatever is set later', async () => {
  const without = await call();
  expect(without.rateId).toBeNull();
  const byDefault = await rateId({});
  const first = await call();
  expect(first.rateId).toBe(byDefault);
  const own = await rateId({ clientId: HARBOR, pricePerMinute: '0.2' });
  await rateId({ clientId: MAPLE, pricePerMinute: '0.3' });
  await rateId({ clientId: HARBOR, keySource: 'CLIENT', pricePerMinute: '0.01' });
  await rateId({ clientId: HARBOR, validFrom: new Date(Date.now() + 3_600_000) });
  const second = await call();
  expect(second.rateId).toBe(own);
  const newer = await rateId({ clientId: HARBOR, pricePerMinute: '0.4' });
  expect((await call()).rateId).toBe(newer);
  const kept = await Promise.all([without, first, second].map(async ({ id }) => (await row(id)).rateId));
  expect(kept).toEqual([null, byDefault, own]);
});

test('a rate counts from its instant on, and the later version of two that begin together', async () => {
  const { read } = running.app.database;
  const question = { agencyId: BRIGHTLINE, clientId: HARBOR, keySource: 'AGENCY' } as const;
  const validFrom = new Date(Date.now() + 60_000);
  await rateId({ validFrom });
  expect(await hasRate(read, question, new Date(validFrom.getTime() - 1))).toBe(false);
  expect(await hasRate(read, question, validFrom)).toBe(true);
  expect(await hasRate(read, { ...question, keySource: 'CLIENT' }, validFrom)).toBe(false);
});

test('an alert says that the rate of a client is missing, once the agency sets rates at all', async () => {
  const open = async () => {
    await running.app.upkeep.alertWorker.work();
    const { alerts } = await running.data<{ alerts: { nodes: { client: { name: string } | null }[] } }>(
      '{ alerts(open: true, kinds: [RATE_MISSING]) { nodes { client { name } } } }',
    );
    return alerts.nodes.map(({ client }) => client?.name);
  };
  expect(await open()).toEqual([]);
  await rateId({ clientId: MAPLE });
  const missing = await open();
  expect(missing).toContain('Harbor Dental');
  expect(missing).not.toContain('Maple Legal');
  // Harbor Dental has agents on the agency's account, and others on its own, for which there is still none.
  await rateId({});
  expect(await open()).toContain('Harbor Dental');
  await rateId({ keySource: 'CLIENT', pricePerMinute: '0.02' });
  expect(await open()).toEqual([]);
});
