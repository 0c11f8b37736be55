import { createHash } from 'node:crypto';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { CallRow } from '../../src/calls/call.entity';
import type { Persona } from '../../src/demo/seed';
import {
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  NEVER_GIVEN_OUT,
} from '../demo-ids';
import { post, startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, codes, END_CALL, SET_CLIENT, START_CALL, type UserErrors } from '../operations';
import { json, Loopback, silence, text } from '../providers/loopback';

interface Ended extends UserErrors {
  readonly call: { readonly id: string; readonly status: string; readonly endReason: string | null } | null;
}

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(async () => {
  await running.close();
  await Loopback.closeAll();
});

const AGENTS = { retell: HARBOR_RETELL_AGENT, vapi: HARBOR_VAPI_AGENT, bland: HARBOR_BLAND_AGENT };
type Name = keyof typeof AGENTS;
const NAMES = Object.keys(AGENTS) as Name[];

async function start(name: Name, instance = running): Promise<CallRow> {
  const input = { agentId: AGENTS[name], toNumber: '+14155550123' };
  const { startTestCall } = await instance.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  return stored(startTestCall.call.id);
}
const stored = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });
const standIn = (name: Name, { providerCallId }: CallRow) => {
  const call = running.sandbox[name].calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  return call;
};
const end = async (callId: string, as: Persona = 'agencyAdmin', instance = running) =>
  (await instance.data<{ endCall: Ended }>(END_CALL, { input: { callId } }, as)).endCall;
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
const requestsOf = (name: Name) => running.sandbox[name].requests;
const setHarborsKey = (name: Name, apiKey: string) =>
  running.data(SET_CLIENT, {
    input: { clientId: HARBOR, keys: [{ provider: name.toUpperCase(), apiKey }] },
  });
const clearHarborsKey = (name: Name) =>
  running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: [name.toUpperCase()] } });

describe.each(NAMES)('a call at %s', (name) => {
  test('is stopped while people speak, and what became of it is known at once', async () => {
    const call = await start(name);
    standIn(name, call).answer();
    expect(await end(call.id)).toMatchObject({
      call: {
        id: call.id,
        status: 'COMPLETED',
        durationMs: expect.any(Number) as number,
        costStatus: 'KNOWN',
      },
      userErrors: [],
    });
    expect(standIn(name, call)).toMatchObject({ phase: 'ENDED', ending: 'STOPPED' });
    expect(await stored(call.id)).toMatchObject({ status: 'COMPLETED', revision: 1 });
  });

  test('that has ended is answered as it is, and its provider is not asked', async () => {
    const call = await start(name);
    const first = await end(call.id);
    const count = requestsOf(name).length;
    expect(await end(call.id)).toEqual(first);
    expect(requestsOf(name)).toHaveLength(count);
    expect(await running.app.database.read.countBy(AuditEventRow, { type: 'CALL_END_REQUESTED' })).toBe(1);
  });

  test('that has just ended by itself is no error, although it cannot be stopped', async () => {
    const call = await start(name);
    standIn(name, call).answer();
    standIn(name, call).end();
    expect(await end(call.id)).toMatchObject({
      call: { status: 'COMPLETED', endReason: 'HUNG_UP_BY_CALLEE' },
      userErrors: [],
    });
  });

  test('whose placement was never answered is found by its metadata, and stopped', async () => {
    const call = await start(name);
    const unknown = { status: 'UNKNOWN', providerCallId: null } as const;
    await running.app.database.write((tx) => tx.updateRow('calls', unknown, { id: call.id }));
    expect(await end(call.id)).toMatchObject({ userErrors: [] });
    expect(standIn(name, call).phase).toBe('ENDED');
    expect(await stored(call.id)).toMatchObject({ providerCallId: call.providerCallId, costStatus: 'KNOWN' });
  });
});

describe('the key by which a call is ended', () => {
  test("is the one that the call's owner has now", async () => {
    const call = await start('vapi');
    const { valid, secondAccount } = running.sandbox.vapi.keys;
    expect(call.keySource).toBe('CLIENT');
    await setHarborsKey('vapi', valid);
    const before = requestsOf('vapi').length;
    expect(codes(await end(call.id))).toEqual(['CALL_NOT_ENDED input.callId']);
    const used = requestsOf('vapi')
      .slice(before)
      .map(({ authorization }) => authorization?.keyHash);
    expect(new Set(used)).toEqual(new Set([hashOf(valid)]));
    await setHarborsKey('vapi', secondAccount);
    expect((await end(call.id)).userErrors).toEqual([]);
  });

  test("is never another owner's, and members are not told what is missing", async () => {
    const call = await start('vapi');
    await clearHarborsKey('vapi');
    const before = requestsOf('vapi').length;
    const [forAdmin, forMember] = [await end(call.id), await end(call.id, 'agencyMember')];
    for (const answer of [forAdmin, forMember])
      expect([answer.call, codes(answer)]).toEqual([null, ['NO_KEY_CONFIGURED input.callId']]);
    expect(forAdmin.userErrors[0]?.message).toContain('has no key there any more');
    expect(forMember.userErrors[0]?.message).toBe(
      'There is no key by which this call can be ended. An agency admin can put that right.',
    );
    expect(requestsOf('vapi')).toHaveLength(before);
  });
});

describe('ending a call', () => {
  test('is for members, and for service tokens of either role', async () => {
    expect((await end((await start('retell')).id, 'agencyMember')).userErrors).toEqual([]);
    const CREATE = `mutation ($input: CreateServiceTokenInput!) { createServiceToken(input: $input) { token } }`;
    for (const role of ['AGENCY_ADMIN', 'AGENCY_MEMBER']) {
      const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(CREATE, {
        input: { name: role, role, expiresInDays: 1 },
      });
      const variables = { input: { callId: (await start('retell')).id } };
      const { data } = await post(running.url, createServiceToken.token, { query: END_CALL, variables });
      expect(data).toMatchObject({ endCall: { call: { status: 'CANCELED' }, userErrors: [] } });
    }
  });

  test('is not for portal users, strangers or other agencies', async () => {
    const { id } = await start('retell');
    const ask = (as: Persona | null) => running.ask(as, END_CALL, { input: { callId: id } });
    expect((await ask('portalUser')).errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await ask(null)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const [other, none] = [await end(id, 'otherAgencyAdmin'), await end(NEVER_GIVEN_OUT)];
    expect(codes(other)).toEqual(['NOT_FOUND input.callId']);
    expect(other).toEqual(none);
    expect((await stored(id)).status).toBe('QUEUED');
  });

  test('says so where the provider does not do it, and to members nothing of the key', async () => {
    const call = await start('bland');
    for (const [status, forAdmin, forMember] of [
      [
        401,
        /does not accept the key.*\(HTTP 401\)/,
        /^Bland answered with a fault, or with something that is no answer\.$/,
      ],
      [404, /with a fault/, /with a fault/],
      [503, /with a fault.*\(HTTP 503\)/, /with a fault, or with something that is no answer\.$/],
    ] as const) {
      const provider = await Loopback.start(json(status, {}));
      const instance = await running.another({ BLAND_BASE_URL: provider.baseUrl });
      const answers = [
        await end(call.id, 'agencyAdmin', instance),
        await end(call.id, 'agencyMember', instance),
      ];
      expect(answers.map((answer) => [answer.call?.status, ...codes(answer)])).toEqual(
        answers.map(() => ['QUEUED', 'CALL_NOT_ENDED input.callId']),
      );
      expect(answers[0]?.userErrors[0]?.message).toMatch(forAdmin);
      expect(answers[1]?.userErrors[0]?.message).toMatch(forMember);
      expect(provider.seen.map(({ method, url }) => `${method} ${url}`).slice(0, 2)).toEqual([
        `POST /v1/calls/${call.providerCallId}/stop`,
        `GET /v1/calls/${call.providerCallId}`,
      ]);
      await instance.close();
    }
  });
});

describe('the address by which a call at Vapi is ended', () => {
  async function withAddress(addressOf: (own: string) => string, control = json(200, {}), env = {}) {
    const call = await start('vapi');
    const provider = await Loopback.start((incoming, outgoing) => {
      const body = {
        id: call.providerCallId,
        status: 'in-progress',
        monitor: { controlUrl: addressOf(provider.baseUrl) },
      };
      const answer = incoming.method === 'POST' ? control : json(200, body);
      answer(incoming, outgoing);
    });
    const instance = await running.another({ VAPI_BASE_URL: provider.baseUrl, ...env });
    const answer = await end(call.id, 'agencyAdmin', instance);
    await instance.close();
    return { answer, posts: provider.seen.filter(({ method }) => method === 'POST') };
  }

  test('is sent the request to end it and no key, and appears nowhere else', async () => {
    const call = await start('vapi');
    const { secret } = standIn('vapi', call);
    const answer = await end(call.id);
    const control = requestsOf('vapi').filter(({ path }) => path.includes(secret));
    expect(control).toMatchObject([{ method: 'POST', authorization: null, body: { type: 'end-call' } }]);
    const { read } = running.app.database;
    const rows = await Promise.all(
      ['calls', 'call_revisions', 'audit_events'].map((table) => read.rows(`SELECT * FROM ${table}`)),
    );
    expect(JSON.stringify([answer, rows, running.logs])).not.toContain(secret);
  });

  test('is not used where it is not on a host of the provider', async () => {
    const elsewhere = await Loopback.start(json(200, {}));
    const { answer, posts } = await withAddress(() => `${elsewhere.baseUrl}/control`);
    expect(codes(answer)).toEqual(['CALL_NOT_ENDED input.callId']);
    expect([posts, elsewhere.seen]).toEqual([[], []]);
  });

  test('leads nowhere else: no redirect is followed', async () => {
    const elsewhere = await Loopback.start(json(200, {}));
    const redirect = text(307, '', { location: elsewhere.baseUrl });
    const { answer, posts } = await withAddress((own) => `${own}/control`, redirect);
    expect(codes(answer)).toEqual(['CALL_NOT_ENDED input.callId']);
    expect(posts).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  });

  test('is given up where it does not answer', async () => {
    const { answer } = await withAddress((own) => `${own}/control`, silence, {
      PROVIDER_TIMEOUT_MS: '300',
    });
    expect(codes(answer)).toEqual(['CALL_NOT_ENDED input.callId']);
    expect(answer.userErrors[0]?.message).not.toContain('control');
  });
});
