import { randomUUID } from 'node:crypto';
import { CallRevisionRow } from '../../src/calls/call-revision.entity';
import { CallRow } from '../../src/calls/call.entity';
import { partsOf } from '../../src/database/raw';
import { readPlaces } from '../../src/reconciliation/account';
import { reconcileAll } from '../../src/reconciliation/command';
import type { Difference } from '../../src/reconciliation/difference';
import { ReconciliationRow } from '../../src/reconciliation/reconciliation.entity';
import { BRIGHTLINE, HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { newId, newIdAt } from '../../src/platform/ids';
import { CLEAR_CLIENT, SET_CLIENT, START_CALL } from '../operations';
import { unpaced } from '../unpaced';

const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];
const TO = '+14155550123';
const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

async function reconcile(
  name: Name,
  since = new Date(Date.now() - DAY),
  until = new Date(Date.now() + HOUR),
) {
  const lines: (Omit<Difference, 'kind'> & {
    kind: string;
    clientId: string | null;
    listed?: number;
    obstacle?: string;
  })[] = [];
  const provider = name.toUpperCase() as 'RETELL';
  const { reconciler } = running.app.upkeep;
  const options = { agencyId: BRIGHTLINE, provider, since, until, asJson: true };
  const isSame = await reconcileAll(running.app.database.read, reconciler, options, (line) =>
    lines.push(JSON.parse(line) as (typeof lines)[number]),
  );
  return {
    isSame,
    differences: lines.filter(({ kind }) => kind !== 'ACCOUNT'),
    accounts: lines.filter(({ kind }) => kind === 'ACCOUNT'),
  };
}

async function start(name: Name): Promise<CallRow> {
  const input = { agentId: AGENTS[name], toNumber: TO };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return stored(startTestCall.call.id);
}
const stored = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });
const write = (id: string, change: Partial<CallRow>) =>
  running.app.database.write((tx) => tx.updateRow('calls', change, { id }));
const standIn = (name: Name, { providerCallId }: CallRow) => {
  const call = running.sandbox[name].calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  return call;
};
/** The account that carries the calls of the agent: of Bland it is the agency's. */
const accountOf = (name: Name) => running.sandbox[name].accounts[name === 'bland' ? 'agency' : 'client'];

/** A call that ended at the provider, and that nobody placed here. */
async function foreign(name: Name, agentId?: string, metadata: object = {}) {
  const { providerAgentId } = await running
    .data<{ agent: { providerAgentId: string } }>('query ($id: ID!) { agent(id: $id) { providerAgentId } }', {
      id: AGENTS[name],
    })
    .then(({ agent }) => agent);
  const agent = agentId ?? providerAgentId;
  const request = {
    retell: { override_agent_id: agent, to_number: TO, from_number: accountOf(name).fromNumber, metadata },
    vapi: { assistantId: agent, customer: { number: TO }, assistantOverrides: { metadata } },
    bland: { agent_id: agent, phone_number: TO, metadata },
  }[name];
  const call = running.sandbox[name].calls.add(accountOf(name), randomUUID(), request);
  call.answer();
  call.end(60_000);
  return call;
}

describe.each(NAMES)('the calls at %s', (name) => {
  test('are as the provider lists them, and nothing is said or changed twice', async () => {
    const call = await start(name);
    standIn(name, call).answer();
    standIn(name, call).end(60_000);
    const first = await reconcile(name);
    expect(first).toMatchObject({ isSame: true, differences: [] });
    expect(await stored(call.id)).toMatchObject({ status: 'COMPLETED', costStatus: 'KNOWN', askAt: null });
    const revisions = await running.app.database.read.findBy(CallRevisionRow, { callId: call.id });
    expect(revisions).toMatchObject([{ source: 'ASKED' }]);
    expect(await reconcile(name)).toMatchObject({ isSame: true, differences: [] });
    expect(await running.app.database.read.findBy(CallRevisionRow, { callId: call.id })).toEqual(revisions);
  });

  test('that carry an id of another Latchkey are recorded once, and do not end the comparison', async () => {
    const call = await foreign(name, undefined, { latchkey_call_id: newId() });
    expect((await reconcile(name)).differences).toMatchObject([
      { kind: 'UNKNOWN_TO_US', providerCallId: call.id },
    ]);
    const recorded = await running.app.database.read.findBy(CallRow, { providerCallId: call.id });
    expect(recorded).toMatchObject([{ status: 'COMPLETED', origin: 'PROVIDER' }]);
    const { accounts } = await reconcile(name);
    expect(accounts.map(({ obstacle }) => obstacle)).toEqual(accounts.map(() => null));
    expect(await running.app.database.read.count(CallRow)).toBe(1);
  });

  test('that nobody here had heard of are recorded once, if their agent is one of the agency', async () => {
    const { id } = await foreign(name);
    const other = await foreign(name, randomUUID());
    const { isSame, differences } = await reconcile(name);
    expect(isSame).toBe(false);
    expect(differences.map(({ kind, providerCallId }) => [kind, providerCallId]).sort()).toEqual(
      [id, other.id].map((each) => ['UNKNOWN_TO_US', each]).sort(),
    );
    const [call, ...more] = await running.app.database.read.findBy(CallRow, { providerCallId: id });
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      origin: 'PROVIDER',
      status: 'COMPLETED',
      costStatus: 'KNOWN',
      clientId: HARBOR,
    });
    expect(call).toMatchObject({ isOtherAccount: false, askAt: null, durationMs: 60_000 });
    expect(await running.app.database.read.findBy(CallRow, { providerCallId: other.id })).toEqual([]);
    expect((await reconcile(name)).differences).toMatchObject([{ callId: null, providerCallId: other.id }]);
  });

  test('whose cost the provider has corrected get a new revision, and both costs are named', async () => {
    const call = await start(name);
    standIn(name, call).answer();
    standIn(name, call).end(60_000);
    await reconcile(name);
    standIn(name, call).cents = 50;
    expect((await reconcile(name)).differences).toMatchObject([
      { kind: 'OTHER_COST', callId: call.id, ourCost: '0.075 USD', theirCost: '0.5 USD' },
    ]);
    expect(await stored(call.id)).toMatchObject({ costMicros: 500_000, revision: 2 });
  });

  test('that the account does not have are named, after it was asked for them', async () => {
    const call = await start(name);
    const late = new Date(Date.now() + HOUR);
    running.sandbox[name].calls.forget(call.providerCallId ?? '');
    const { differences } = await reconcile(name, new Date(Date.now() - DAY), late);
    expect(differences).toMatchObject([{ kind: 'UNKNOWN_TO_THEM', callId: call.id }]);
    expect((await stored(call.id)).status).toBe('QUEUED');
  });

  test('that were placed without an answer are not taken for calls of somebody else', async () => {
    const call = await start(name);
    standIn(name, call).answer();
    await write(call.id, { status: 'UNKNOWN', providerCallId: null, errorCode: 'TIMEOUT' });
    const other = await foreign(name);
    const { differences } = await reconcile(name);
    expect(differences).toMatchObject([{ kind: 'UNKNOWN_TO_US', providerCallId: other.id }]);
    expect(await stored(call.id)).toMatchObject({ providerCallId: call.providerCallId, origin: 'API' });
    expect(
      await running.app.database.read.countBy(CallRow, { providerCallId: call.providerCallId ?? '' }),
    ).toBe(1);
  });
});

test('a call in the list of another account is named, and its cost stays with the account that carried it', async () => {
  const call = await start('retell');
  standIn('retell', call).answer();
  standIn('retell', call).end(60_000);
  await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
  const { secondAccount, valid } = running.sandbox.retell.keys;
  await running.data(
    'mutation ($input: SetAgencyApiKeysInput!) { setAgencyApiKeys(input: $input) { userErrors { code } } }',
    { input: { keys: [{ provider: 'RETELL', apiKey: secondAccount }] } },
  );
  const { differences } = await reconcile('retell');
  expect(differences).toMatchObject([{ kind: 'OTHER_ACCOUNT', callId: call.id }]);
  expect(await stored(call.id)).toMatchObject({ costStatus: 'PENDING' });
  // With the same key, the account is that of both.
  await running.data(SET_CLIENT, {
    input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey: secondAccount }] },
  });
  const both = await reconcile('retell');
  expect(both.differences).toEqual([]);
  expect(both.accounts).toHaveLength(1);
  expect(valid).not.toBe(secondAccount);
});

test.each(['retell', 'vapi'] as const)(
  'a call of which a wrong address told first is on the account of its receipt that %s lists it for',
  async (name) => {
    const { id: providerCallId } = await foreign(name);
    await reconcile(name);
    const [call] = await running.app.database.read.findBy(CallRow, { providerCallId });
    const id = call?.id ?? '';
    const told = { isOtherAccount: true, otherOwnerId: BRIGHTLINE, keyOwnerId: null };
    await write(id, { ...told, durationMs: null, costStatus: 'PENDING', costMicros: null });
    await running.app.database.write((tx) => tx.run('DELETE FROM provider_calls', []));
    const { differences } = await reconcile(name);
    expect(differences).toEqual([]);
    expect(await stored(id)).toMatchObject({
      ...{ isOtherAccount: false, otherOwnerId: null, keyOwnerId: HARBOR },
      ...{ durationMs: 60_000, costStatus: 'KNOWN' },
    });
    const { revision } = await stored(id);
    await reconcile(name);
    expect((await stored(id)).revision).toBe(revision);
  },
);

test('an account that takes no more requests is an obstacle, and the others are compared all the same', async () => {
  const { revoked: apiKey } = running.sandbox.retell.keys;
  await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
  const { isSame, accounts } = await reconcile('retell');
  expect(isSame).toBe(false);
  expect(new Map(accounts.map(({ clientId, obstacle }) => [clientId, obstacle]))).toEqual(
    new Map([
      [null, null],
      [HARBOR, 'KEY_INVALID'],
    ]),
  );
});

test('every account is compared in its night, by one of the instances', async () => {
  const worker = running.app.upkeep.reconciliation;
  const { read } = running.app.database;
  const { id } = await foreign('vapi');
  await worker.reconcileDue();
  const rows = await read.find(ReconciliationRow);
  expect(rows).toHaveLength((await readPlaces(read, { agencyId: null, provider: null })).length);
  expect(await read.findBy(CallRow, { providerCallId: id })).toEqual([]);
  const night = new Date(Math.max(...rows.map(({ nextAt }) => nextAt.getTime())));
  await worker.reconcileDue(night);
  expect(await read.findBy(CallRow, { providerCallId: id })).toHaveLength(1);
  for (const { nextAt, doneUntil } of await read.find(ReconciliationRow)) {
    expect(nextAt > night).toBe(true);
    expect(doneUntil).toEqual(night);
  }
  const lines = running.logs
    .map((line) => JSON.parse(line) as { msg: string; kind: string; providerCallId?: string })
    .filter(({ msg }) => msg === 'reconciliation');
  expect(lines.filter(({ kind }) => kind === 'ACCOUNT')).toHaveLength(rows.length);
  expect(lines.filter(({ kind }) => kind !== 'ACCOUNT')).toMatchObject([
    { kind: 'UNKNOWN_TO_US', providerCallId: id },
  ]);
});

test('a comparison that is told to end asks for no further call of those that the list lacks', async () => {
  for (let number = 0; number < 3; number += 1) {
    const call = await start('retell');
    running.sandbox.retell.calls.forget(call.providerCallId ?? '');
    // The list is sure to have had the time to show it.
    await write(call.id, { id: newIdAt(new Date(Date.now() - HOUR)) });
  }
  const account = {
    owner: { type: 'CLIENT', id: HARBOR, agencyId: BRIGHTLINE },
    provider: 'RETELL',
  } as const;
  const span = { since: new Date(Date.now() - DAY), until: new Date(Date.now() + HOUR) };
  const asked = () =>
    running.sandbox.retell.requests.filter(({ path }) => path.startsWith('/v2/get-call/')).length;
  let isTold = false;
  const pace = { wait: () => Promise.resolve(!(isTold ||= asked() === 1)) };
  const { obstacle } = await running.app.upkeep.reconciler.reconcile(account, span, pace, () => undefined);
  expect([obstacle, asked()]).toEqual(['STOPPED', 1]);
});

test('the calls of an account are recorded, however many owners have its key', async () => {
  const { database } = running.app;
  const [key = {}] = await database.read.rows<object>(
    'SELECT * FROM api_keys WHERE ownerId = ? AND provider = ?',
    [HARBOR, 'RETELL'],
  );
  const owners = Array.from({ length: 700 }, () => ({ ...key, id: newId(), ownerId: newId() }));
  for (const some of partsOf(owners))
    await database.write(async (tx) => {
      for (const owner of some) await tx.insertRow('api_keys', owner);
    });
  const ids: string[] = [];
  for (let number = 0; number < 50; number += 1) ids.push((await foreign('retell')).id);
  const { differences } = await unpaced(() => reconcile('retell'));
  expect(differences.map(({ providerCallId }) => providerCallId).sort()).toEqual(ids.sort());
  expect(await database.read.countBy(CallRow, { origin: 'PROVIDER' })).toBe(ids.length);
});

test('1,000 calls are compared by a few statements a page, and asked for by one request a page', async () => {
  const { retell } = running.sandbox;
  const account = retell.accounts.client;
  const begin = Date.now() - 10 * HOUR;
  for (let number = 0; number < 1000; number += 1) {
    const at = new Date(begin + number * 1000);
    const request = { override_agent_id: account.agents[0]?.id, to_number: TO };
    const call = retell.calls.add(account, `call_${number}`, request, 'outbound', at);
    call.answer(at);
    call.end(1000);
  }
  expect((await unpaced(() => reconcile('retell'))).differences).toHaveLength(1000);
  const { read } = running.app.database;
  expect(await read.countBy(CallRow, { clientId: HARBOR, origin: 'PROVIDER' })).toBe(1000);
  const [findBy, rows] = [jest.spyOn(read, 'findBy'), jest.spyOn(read, 'rows')];
  const before = retell.requests.length;
  const { differences, accounts } = await unpaced(() => reconcile('retell'));
  const statements = findBy.mock.calls.length + rows.mock.calls.length;
  findBy.mockRestore();
  rows.mockRestore();
  expect(differences).toEqual([]);
  expect(accounts.find(({ clientId }) => clientId === HARBOR)?.listed).toBe(1000);
  // Of both accounts: 20 pages and one.
  expect(retell.requests.length - before).toBeLessThanOrEqual(21);
  expect(statements).toBeLessThan(60);
});
