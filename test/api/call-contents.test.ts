import { inspect } from 'node:util';
import { CallRow } from '../../src/calls/call.entity';
import { MAX_CONTENTS } from '../../src/calls/call-content.service';
import type { Persona } from '../../src/demo/seed';
import { HARBOR, HARBOR_BLAND_AGENT, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_AGENCY, SET_CLIENT, START_CALL } from '../operations';
import { json, Loopback, silence } from '../providers/loopback';

const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];
const SPOKEN = 'Agent: Hello, zqxspoken here.\nPerson: Good evening.';

const READ = 'query ($id: ID!) { call(id: $id) { id transcript recordingUrl } }';
interface Read {
  readonly call: { readonly transcript: string | null; readonly recordingUrl: string | null } | null;
}

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
});
afterAll(() => running.close());
afterEach(() => Loopback.closeAll());

const requestsOf = (name: Name) => running.sandbox[name].requests;
const stored = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });
const standIn = (name: Name, { providerCallId }: CallRow) => {
  const call = running.sandbox[name].calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  return call;
};
const read = async (id: string, as: Persona = 'agencyAdmin', instance = running) =>
  (await instance.data<Read>(READ, { id }, as)).call;

async function start(name: Name): Promise<CallRow> {
  const input = { agentId: AGENTS[name], toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return stored(startTestCall.call.id);
}

/** A call in which people spoke, and of which Latchkey knows that it is over. */
async function held(name: Name): Promise<CallRow> {
  const call = await start(name);
  const there = standIn(name, call);
  there.turns = [
    { by: 'AGENT', text: 'Hello, zqxspoken here.' },
    { by: 'PERSON', text: 'Good evening.' },
  ];
  there.answer();
  there.end();
  await running.app.database.write((tx) =>
    tx.updateRow('calls', { status: 'COMPLETED', durationMs: 42_500, askAt: null }, { id: call.id }),
  );
  return stored(call.id);
}

describe.each(NAMES)('what was said in a call at %s', (name) => {
  test('is asked of the provider by one request, for whoever may see the details of calls', async () => {
    const call = await held(name);
    const before = requestsOf(name).length;
    const own = `${running.url}/calls/${call.id}/recording`;
    const signed = expect.stringMatching(/^http:.*X-Amz-Signature/) as string;
    const content = { transcript: SPOKEN, recordingUrl: name === 'vapi' ? signed : own };
    for (const as of ['agencyAdmin', 'agencyMember', 'portalUser'] as const)
      expect(await read(call.id, as)).toMatchObject(content);
    expect(requestsOf(name)).toHaveLength(before + 3);
    expect(await read(call.id, 'otherAgencyAdmin')).toBeNull();
    expect(requestsOf(name)).toHaveLength(before + 3);
  });

  test('is null before the call has ended and where nobody answered, and nobody is asked', async () => {
    const call = await start(name);
    const before = requestsOf(name).length;
    const nothing = { transcript: null, recordingUrl: null };
    expect(await read(call.id)).toMatchObject(nothing);
    await running.app.database.write((tx) =>
      tx.updateRow('calls', { status: 'NO_ANSWER', durationMs: 0 }, { id: call.id }),
    );
    expect(await read(call.id)).toMatchObject(nothing);
    expect(requestsOf(name)).toHaveLength(before);
  });

  test('is found in no table, no log and no metric after it was read', async () => {
    const call = await held(name);
    await read(call.id);
    const { read: reader } = running.app.database;
    const tables = ['calls', 'call_revisions', 'provider_calls', 'audit_events', 'agents'];
    const rows = await Promise.all(tables.map((table) => reader.rows(`SELECT * FROM ${table}`)));
    expect(inspect([rows, running.logs], { depth: null })).not.toMatch(/zqxspoken|X-Amz/);
  });
});

describe('what was said', () => {
  test('is null where the owner of the key has none any more, and never asked with the key of another', async () => {
    const call = await held('vapi');
    expect(call.keySource).toBe('CLIENT');
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['VAPI'] } });
    const before = requestsOf('vapi').length;
    expect(await read(call.id)).toMatchObject({ transcript: null, recordingUrl: null });
    expect(requestsOf('vapi')).toHaveLength(before);
    const { valid, secondAccount } = running.sandbox.vapi.keys;
    const set = (apiKey: string) =>
      running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'VAPI', apiKey }] } });
    await set(valid);
    const { data, errors } = await running.ask('agencyMember', READ, { id: call.id });
    expect(data).toMatchObject({ call: { transcript: null } });
    expect(
      errors.map(({ path, message, extensions }) => [path?.join('.'), extensions.code, message]),
    ).toEqual(
      ['transcript', 'recordingUrl'].map((field) => [
        `call.${field}`,
        'PROVIDER_UNAVAILABLE',
        'Vapi does not show this call with the key that its owner has now.',
      ]),
    );
    await set(secondAccount);
    expect(await read(call.id)).toMatchObject({ transcript: SPOKEN });
  });

  test('is for nobody without VIEW_CALL_DETAILS', async () => {
    const call = await held('bland');
    await running.app.database.write((tx) =>
      tx.run("UPDATE people SET permissions = 'VIEW_CALLS' WHERE clientId = ?", [HARBOR]),
    );
    const before = requestsOf('bland').length;
    const { data, errors } = await running.ask('portalUser', READ, { id: call.id });
    expect(data).toEqual({ call: { id: call.id, transcript: null, recordingUrl: null } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(requestsOf('bland')).toHaveLength(before);
  });

  test('is null with an error where the provider fails, and members are told nothing of the key', async () => {
    const call = await held('bland');
    for (const [answer, forAdmin, forMember] of [
      [
        json(401, {}),
        /^Bland does not accept the key.*\(HTTP 401\)$/,
        /^Bland answered with a fault, or [^(]*$/,
      ],
      [json(429, {}), /limits the rate/, /answered with a fault/],
      [json(503, {}), /with a fault.*\(HTTP 503\)/, /with a fault, or with something that is no answer\.$/],
      [json(200, { call_id: 'another' }), /with a fault/, /with a fault/],
      [silence, /no answer in time/, /no answer in time/],
    ] as const) {
      const provider = await Loopback.start(answer);
      const instance = await running.another({
        BLAND_BASE_URL: provider.baseUrl,
        PROVIDER_TIMEOUT_MS: '200',
      });
      for (const [as, message] of [
        ['agencyAdmin', forAdmin],
        ['agencyMember', forMember],
      ] as const) {
        const { data, errors, status } = await instance.ask(as, READ, { id: call.id });
        expect([status, data]).toEqual([
          200,
          { call: { id: call.id, transcript: null, recordingUrl: null } },
        ]);
        expect(errors.map(({ extensions }) => extensions.code)).toEqual([
          'PROVIDER_UNAVAILABLE',
          'PROVIDER_UNAVAILABLE',
        ]);
        expect(errors[0]?.message).toMatch(message);
      }
      // What failed is not asked again when a compiled query is run once more for its errors.
      expect(provider.seen).toHaveLength(2);
      await instance.close();
    }
  });

  test('says that a key does not open, which is not the same as no key', async () => {
    const call = await held('retell');
    const { read: reader } = running.app.database;
    const [row] = await reader.rows<{ id: string; sealed: string }>(
      "SELECT id, sealed FROM api_keys WHERE ownerId = ? AND provider = 'RETELL'",
      [HARBOR],
    );
    if (!row) throw new Error('The client has no key');
    const put = (sealed: string) =>
      running.app.database.write((tx) =>
        tx.run('UPDATE api_keys SET sealed = ? WHERE id = ?', [sealed, row.id]),
      );
    await put(`${row.sealed.slice(0, -8)}AAAAAAAA`);
    const { errors } = await running.ask('agencyAdmin', READ, { id: call.id });
    await put(row.sealed);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([
      'PROVIDER_UNAVAILABLE',
      'PROVIDER_UNAVAILABLE',
    ]);
    expect(errors[0]?.message).toContain('does not open');
  });

  test('is asked of ten calls of one operation at most, whatever the length of its lists', async () => {
    const { valid } = running.sandbox.retell.keys;
    await running.data(SET_AGENCY, { input: { keys: [{ provider: 'RETELL', apiKey: valid }] } });
    for (let count = 0; count <= MAX_CONTENTS; count += 1) await held('retell');
    const before = requestsOf('retell').length;
    const LIST = `query ($first: Int) {
      calls(first: $first, filter: { provider: RETELL, status: [COMPLETED] }) { nodes { transcript recordingUrl } }
      again: calls(first: $first, filter: { provider: RETELL, status: [COMPLETED] }) { nodes { transcript } }
    }`;
    const { data, errors } = await running.ask('agencyAdmin', LIST, { first: MAX_CONTENTS + 1 });
    const { nodes } = (data as { calls: { nodes: { transcript: string | null }[] } }).calls;
    expect(nodes.map(({ transcript }) => transcript)).toEqual([...Array<string>(10).fill(SPOKEN), null]);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill('LIMIT_EXCEEDED'));
    expect(requestsOf('retell')).toHaveLength(before + MAX_CONTENTS);
    expect((await running.ask('agencyAdmin', LIST, { first: MAX_CONTENTS })).errors).toEqual([]);
  });
});

test('the calls of another client are asked of nobody for a portal user', async () => {
  const call = await held('retell');
  await running.app.database.write((tx) => tx.updateRow('calls', { clientId: MAPLE }, { id: call.id }));
  const before = requestsOf('retell').length;
  expect(await read(call.id, 'portalUser')).toBeNull();
  expect(requestsOf('retell')).toHaveLength(before);
});
