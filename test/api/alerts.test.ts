import { createHmac } from 'node:crypto';
import { AgentRow } from '../../src/agents/agent.entity';
import { AlertRow } from '../../src/alerts/alert.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { CallRow } from '../../src/calls/call.entity';
import { recordPresence } from '../../src/keys/absent-agent';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { newId } from '../../src/platform/ids';
import type { Provider } from '../../src/providers';
import {
  BRIGHTLINE,
  CEDAR,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  MAPLE,
  OTHER_AGENCYS_CLIENT,
} from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  ARCHIVE,
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  CREATE_AGENT,
  ENDPOINTS,
  RESTORE,
  SET_AGENCY,
  SET_CLIENT,
  SET_WEBHOOK_SECRET,
  START_CALL,
  VERIFY_AGENCY,
  VERIFY_CLIENT,
} from '../operations';

const MINUTE = 60 * 1000;

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly provider: string | null;
  readonly client: { readonly id: string; readonly name: string } | null;
  readonly message: string;
  readonly affectedAgentCount: number;
  readonly acknowledgedAt: string | null;
  readonly closedAt: string | null;
}

const ALERTS = `query ($open: Boolean, $clientId: ID, $kinds: [AlertKind!], $first: Int, $after: String) {
  alerts(open: $open, clientId: $clientId, kinds: $kinds, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id kind provider client { id name } message affectedAgentCount openedAt acknowledgedAt closedAt } } }`;
const ACKNOWLEDGE = `mutation ($input: AcknowledgeAlertInput!) { acknowledgeAlert(input: $input) {
  alert { id acknowledgedAt closedAt } userErrors { code field } } }`;

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const work = async (now = new Date(), on = running) => {
  // What keys were set and cleared is noted when the events that tell of it are chained.
  await on.chained();
  await on.app.upkeep.alertWorker.work(now);
};
const check = (now = new Date()) => running.app.upkeep.keyChecker.checkDue(now);
const list = async (args: object = {}, as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin') =>
  (
    await running.data<{
      alerts: { totalCount: number; nodes: Shown[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    }>(ALERTS, args, as)
  ).alerts;
const named = ({ kind, provider, client }: Shown) => [kind, provider, client?.name ?? null].join(' ');
/** What is open once everything was looked at. */
async function openNow(args: object = {}): Promise<string[]> {
  await work();
  return (await list({ open: true, ...args })).nodes.map(named).sort();
}
const set = (clientId: string, provider: Provider, apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId, keys: [{ provider, apiKey }] } });
const clear = (clientId: string, provider: Provider) =>
  running.data(CLEAR_CLIENT, { input: { clientId, providers: [provider] } });
const verify = (clientId: string, provider: Provider) =>
  running.data(VERIFY_CLIENT, { input: { clientId, providers: [provider] } });
const call = async (agentId: string) =>
  (
    await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
      input: { agentId, toNumber: '+14155550123' },
    })
  ).startTestCall.call.id;
const keys = (provider: 'retell' | 'vapi' | 'bland' = 'bland') => running.sandbox[provider].keys;
const events = async (type: 'ALERT_OPENED' | 'ALERT_CLOSED' | 'ALERT_ACKNOWLEDGED') =>
  running.app.database.read.findBy(AuditEventRow, { type, agencyId: BRIGHTLINE });

describe('an alert of a key', () => {
  test.each([
    ['revoked', 'KEY_INVALID'],
    ['restricted', 'KEY_INSUFFICIENT_PERMISSIONS'],
    ['rateLimited', 'KEY_RATE_LIMITED'],
    ['outOfFunds', 'KEY_OUT_OF_FUNDS'],
  ] as const)('that is %s is opened by a call, once, and closed by a good key', async (which, kind) => {
    expect(await openNow()).toEqual([]);
    await set(HARBOR, 'BLAND', keys()[which]);
    await call(HARBOR_BLAND_AGENT);
    await check();
    const expected = [`${kind} BLAND Harbor Dental`];
    expect(await openNow()).toEqual(expected);
    await call(HARBOR_BLAND_AGENT);
    await verify(HARBOR, 'BLAND');
    expect(await openNow()).toEqual(expected);
    expect(await events('ALERT_OPENED')).toMatchObject([
      { actorKind: 'SYSTEM', clientId: HARBOR, details: expect.stringContaining(kind) as string },
    ]);
    await set(HARBOR, 'BLAND', keys().valid);
    expect(await openNow()).toEqual([]);
    expect(await events('ALERT_CLOSED')).toHaveLength(1);
    const [alert] = (await list({ open: false })).nodes;
    expect(alert?.closedAt).toEqual(expect.any(String));
  });

  test('that does not open is one of its own kind', async () => {
    await running.app.database.write((tx) =>
      tx.update(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' }, { sealed: 'lk2.test.AAAA' }),
    );
    await running.data(VERIFY_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    // The row may have been that of any place that the client has no other row of.
    expect(await openNow()).toEqual([
      'KEY_UNREADABLE BLAND Harbor Dental',
      'KEY_UNREADABLE RETELL Harbor Dental',
    ]);
  });

  test('is closed when the key is cleared, and opened anew, as another alert, when it comes up again', async () => {
    for (const [times, state] of [
      [1, 'cleared'],
      [2, 'set again'],
    ] as const) {
      await set(HARBOR, 'BLAND', keys().revoked);
      await verify(HARBOR, 'BLAND');
      expect([state, await openNow()]).toEqual([state, ['KEY_INVALID BLAND Harbor Dental']]);
      await clear(HARBOR, 'BLAND');
      expect([state, await openNow()]).toEqual([state, []]);
      expect((await list()).totalCount).toBe(times);
    }
  });

  test('says what is wrong, what to do, and how many agents it concerns, which is kept up to date', async () => {
    await set(HARBOR, 'BLAND', keys().revoked);
    await verify(HARBOR, 'BLAND');
    await work();
    const [one] = (await list()).nodes;
    expect(one).toMatchObject({
      affectedAgentCount: 1,
      message:
        "Bland does not accept the client's key: calls of 1 agent fail. No other key takes its place. Set a valid key, or clear this one.",
    });
    await running.data(CREATE_AGENT, {
      input: { name: 'New', provider: 'BLAND', providerAgentId: newId(), clientId: HARBOR },
    });
    await work();
    expect((await list()).nodes).toMatchObject([{ id: one?.id, affectedAgentCount: 2 }]);
  });

  test('is closed while its client is archived', async () => {
    await set(HARBOR, 'BLAND', keys().revoked);
    await verify(HARBOR, 'BLAND');
    await work();
    await running.data(ARCHIVE, { input: { clientId: HARBOR } });
    expect(await openNow()).toEqual([]);
    await running.data(RESTORE, { input: { clientId: HARBOR } });
    expect(await openNow()).toEqual(['KEY_INVALID BLAND Harbor Dental']);
  });
});

test('one query names every client that is down because of its own key, and no other', async () => {
  await set(HARBOR, 'BLAND', keys().revoked);
  await set(CEDAR, 'BLAND', keys().outOfFunds);
  await set(MAPLE, 'BLAND', keys().valid);
  for (const id of [HARBOR, CEDAR, MAPLE]) await verify(id, 'BLAND');
  await running.data(CLEAR_AGENCY, { input: { providers: ['RETELL'] } });
  await work();
  const down = ['KEY_INVALID', 'KEY_INSUFFICIENT_PERMISSIONS', 'KEY_OUT_OF_FUNDS', 'KEY_UNREADABLE'];
  const { nodes, totalCount } = await list({ open: true, kinds: down });
  expect(nodes.map(({ client }) => client?.name).sort()).toEqual(['Cedar Clinic', 'Harbor Dental']);
  expect([totalCount, (await list({ open: true })).totalCount > 2]).toEqual([2, true]);
});

test('the alerts of a client are none where the id is that of the agency, whose own alerts concern no client', async () => {
  await running.data(SET_AGENCY, { input: { keys: [{ provider: 'BLAND', apiKey: keys().revoked }] } });
  await running.data(VERIFY_AGENCY, { input: { providers: ['BLAND'] } });
  await work();
  expect((await list({ open: true })).nodes.map(named)).toContain('KEY_INVALID BLAND ');
  expect(await list({ clientId: BRIGHTLINE })).toMatchObject({ totalCount: 0, nodes: [] });
});

describe('agents', () => {
  test('of all clients are told of when the agency clears its key, and until it sets one', async () => {
    await running.data(CLEAR_AGENCY, { input: { providers: ['BLAND'] } });
    expect(await openNow({ kinds: ['AGENTS_WITHOUT_KEY'] })).toEqual([
      'AGENTS_WITHOUT_KEY BLAND Cedar Clinic',
      'AGENTS_WITHOUT_KEY BLAND Harbor Dental',
    ]);
    await set(HARBOR, 'BLAND', keys().valid);
    expect(await openNow()).toEqual(['AGENTS_WITHOUT_KEY BLAND Cedar Clinic']);
    await running.data(SET_AGENCY, { input: { keys: [{ provider: 'BLAND', apiKey: keys().valid }] } });
    expect(await openNow()).toEqual([]);
  });

  test('that do not exist in the account in use are told of, until they do', async () => {
    // A good key of another account.
    await set(HARBOR, 'RETELL', keys('retell').valid);
    await verify(HARBOR, 'RETELL');
    const [alert] = await list({ open: true }).then(
      async () => (await work(), (await list({ open: true })).nodes),
    );
    expect(alert).toMatchObject({
      kind: 'AGENTS_MISSING_IN_ACCOUNT',
      provider: 'RETELL',
      client: { id: HARBOR },
      affectedAgentCount: 1,
    });
    await set(HARBOR, 'RETELL', keys('retell').secondAccount);
    expect(await openNow()).toEqual([]);
  });
});

test('agents that did not exist in their account do no more once they are known as something else', async () => {
  await set(HARBOR, 'RETELL', keys('retell').valid);
  await verify(HARBOR, 'RETELL');
  expect(await openNow()).toEqual(['AGENTS_MISSING_IN_ACCOUNT RETELL Harbor Dental']);
  const [, { id: providerAgentId } = { id: '' }] = running.sandbox.retell.agents.agency;
  await running.data(
    'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { userErrors { code } } }',
    {
      input: { agentId: HARBOR_RETELL_AGENT, providerAgentId: `${providerAgentId}_moved` },
    },
  );
  expect(await openNow()).toEqual([]);
  const { database } = running.app;
  const agent = await database.read.findOneByOrFail(AgentRow, { id: HARBOR_BLAND_AGENT });
  const version = 1;
  const owner = { type: 'AGENCY', id: BRIGHTLINE, agencyId: BRIGHTLINE } as const;
  await database.write((tx) => recordPresence(tx, { owner, provider: 'BLAND', version }, [agent], []));
  expect(await openNow()).toEqual(['AGENTS_MISSING_IN_ACCOUNT BLAND ']);
  await running.data(
    'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { userErrors { code } } }',
    {
      input: { agentId: HARBOR_BLAND_AGENT, providerAgentKind: 'PATHWAY' },
    },
  );
  expect(await openNow()).toEqual([]);
});

describe('events of an account', () => {
  const end = async (callId: string) => {
    const { providerCallId, createdAt } = await running.app.database.read.findOneByOrFail(CallRow, {
      id: callId,
    });
    const standIn = running.sandbox.retell.calls.byId(providerCallId ?? '');
    standIn?.answer();
    standIn?.end(60_000);
    await running.app.upkeep.callAsker.askDue(new Date(createdAt.getTime() + 2 * MINUTE));
  };
  const inTenMinutes = () => new Date(Date.now() + 10 * MINUTE);
  const send = async (
    event: object = { event: 'call_started', call: { call_id: newId() } },
    secret = '',
    clientId: string | null = HARBOR,
  ) => {
    const { webhookEndpoints } = await running.data<{
      webhookEndpoints: { provider: string; url: string }[];
    }>(ENDPOINTS, { clientId });
    const { pathname } = new URL(webhookEndpoints.find(({ provider }) => provider === 'RETELL')?.url ?? '');
    const body = JSON.stringify(event);
    const time = Date.now();
    const d = createHmac('sha256', secret).update(`${body}${time}`).digest('hex');
    const headers = { 'x-retell-signature': `v=${time},d=${d}` };
    expect((await fetch(`${running.url}${pathname}`, { method: 'POST', body, headers })).status).toBe(204);
  };

  test('that never come are told of ten minutes after a call has ended, until one comes', async () => {
    await end(await call(HARBOR_RETELL_AGENT));
    await work(new Date(Date.now() + 9 * MINUTE));
    expect((await list()).nodes).toEqual([]);
    await work(inTenMinutes());
    expect((await list({ open: true })).nodes.map(named)).toEqual(['WEBHOOK_SILENT RETELL Harbor Dental']);
    await send();
    await running.app.upkeep.eventWorker.work();
    expect(await openNow()).toEqual([]);
  });

  test('that came while the call went on are enough, also before its end was asked for', async () => {
    const id = await call(HARBOR_RETELL_AGENT);
    await send();
    await running.app.upkeep.eventWorker.work();
    await end(id);
    await work(inTenMinutes());
    expect((await list()).nodes).toEqual([]);
  });

  // Providers send the events of an account to one address, whoever has its key.
  describe('that several owners have the key of', () => {
    const shareKey = async (owner: string | null) => {
      const apiKey = keys('retell').secondAccount;
      await set(HARBOR, 'RETELL', apiKey);
      if (owner === null)
        await running.data(SET_AGENCY, { input: { keys: [{ provider: 'RETELL', apiKey }] } });
      else await set(owner, 'RETELL', apiKey);
      await work();
    };
    const silent = () => list({ open: true, kinds: ['WEBHOOK_SILENT'] });
    const OTHERS = [
      ['the agency', null],
      ['another client', MAPLE],
    ] as const;

    test.each(OTHERS)('are heard by all of them where they come to %s', async (_whose, other) => {
      await shareKey(other);
      await end(await call(HARBOR_RETELL_AGENT));
      await work(inTenMinutes());
      expect((await silent()).nodes.map(named)).toEqual(['WEBHOOK_SILENT RETELL Harbor Dental']);
      await send(undefined, '', other);
      await running.app.upkeep.eventWorker.work();
      await work();
      expect((await silent()).nodes).toEqual([]);
    });

    test.each(OTHERS)(
      'are enough where they came to %s before the end was asked for',
      async (_whose, other) => {
        await shareKey(other);
        const id = await call(HARBOR_RETELL_AGENT);
        await send(undefined, '', other);
        await running.app.upkeep.eventWorker.work();
        await end(id);
        await work(inTenMinutes());
        expect((await silent()).nodes).toEqual([]);
      },
    );

    test('are missed where they come to the address of an owner with another key', async () => {
      await shareKey(MAPLE);
      await set(MAPLE, 'RETELL', keys('retell').valid);
      await end(await call(HARBOR_RETELL_AGENT));
      for (const other of [MAPLE, null]) await send(undefined, '', other);
      await running.app.upkeep.eventWorker.work();
      await work(inTenMinutes());
      expect((await silent()).nodes.map(named)).toEqual(['WEBHOOK_SILENT RETELL Harbor Dental']);
    });
  });

  test('are not missed from the account of a key that was replaced', async () => {
    await end(await call(HARBOR_RETELL_AGENT));
    await work(inTenMinutes());
    await set(HARBOR, 'RETELL', keys('retell').secondAccount);
    await work(inTenMinutes());
    expect((await list({ open: true })).nodes).toEqual([]);
  });

  test('that tell that an account cannot pay have its key verified', async () => {
    const secret = 'whs_0123456789abcdefghij';
    await running.data(SET_WEBHOOK_SECRET, { input: { clientId: HARBOR, provider: 'RETELL', secret } });
    const id = await call(HARBOR_RETELL_AGENT);
    const { providerCallId } = await running.app.database.read.findOneByOrFail(CallRow, { id });
    const times = { start_timestamp: Date.now(), end_timestamp: Date.now() };
    const reason = { call_status: 'error', disconnection_reason: 'no_valid_payment' };
    await send({ event: 'call_ended', call: { call_id: providerCallId, ...times, ...reason } }, secret);
    await running.app.upkeep.eventWorker.work();
    await check();
    expect(await openNow()).toEqual(['KEY_OUT_OF_FUNDS RETELL Harbor Dental']);
  });
});

test('an alert is acknowledged once, and by its own agency alone', async () => {
  await set(HARBOR, 'BLAND', keys().revoked);
  await verify(HARBOR, 'BLAND');
  await work();
  const [alert] = (await list()).nodes;
  const acknowledge = (as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin', alertId = alert?.id) =>
    running.data<{ acknowledgeAlert: { alert: Shown | null; userErrors: { code: string }[] } }>(
      ACKNOWLEDGE,
      { input: { alertId } },
      as,
    );
  const first = await acknowledge();
  expect(first.acknowledgeAlert.alert).toMatchObject({
    acknowledgedAt: expect.any(String) as string,
    closedAt: null,
  });
  expect(await acknowledge()).toEqual(first);
  expect(await events('ALERT_ACKNOWLEDGED')).toHaveLength(1);
  for (const refused of [await acknowledge('otherAgencyAdmin'), await acknowledge('agencyAdmin', 'x')])
    expect(refused.acknowledgeAlert).toEqual({
      alert: null,
      userErrors: [{ code: 'NOT_FOUND', field: ['input', 'alertId'] }],
    });
  expect((await list({ clientId: HARBOR }, 'otherAgencyAdmin')).nodes).toEqual([]);
  expect((await list({ clientId: OTHER_AGENCYS_CLIENT })).totalCount).toBe(0);
  await work();
  expect((await list({ open: true })).nodes).toHaveLength(1);
});

test('the systems of the agency are told when an alert is opened, and when it is closed', async () => {
  await running.data(
    'mutation ($input: CreateOutgoingWebhookInput!) { createOutgoingWebhook(input: $input) { userErrors { code } } }',
    { input: { url: 'https://example.com/hooks', types: ['ALERT_OPENED', 'ALERT_CLOSED'] } },
  );
  await set(HARBOR, 'BLAND', keys().revoked);
  await verify(HARBOR, 'BLAND');
  await work();
  await set(HARBOR, 'BLAND', keys().valid);
  await work();
  await running.chained();
  const rows = await running.app.database.read.rows<{ body: string }>(
    "SELECT body FROM outgoing_messages WHERE type LIKE 'ALERT%' ORDER BY id",
  );
  const alertId = (await list()).nodes[0]?.id;
  const data = { agencyId: BRIGHTLINE, clientId: HARBOR, provider: 'BLAND', kind: 'KEY_INVALID', alertId };
  expect(rows.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
    { type: 'alert.opened', data },
    { type: 'alert.closed', data },
  ]);
});

test('two instances at once open one alert for each cause', async () => {
  const other = await running.another();
  for (let round = 0; round < 3; round++) {
    await set(HARBOR, 'BLAND', keys().revoked);
    await verify(HARBOR, 'BLAND');
    await Promise.all([work(), work(new Date(), other), work(), work(new Date(), other)]);
    await work();
    await work(new Date(), other);
    expect(await running.app.database.read.countBy(AlertRow, { isOpen: true, ownerId: HARBOR })).toBe(1);
    await set(HARBOR, 'BLAND', keys().valid);
    await Promise.all([work(), work(new Date(), other)]);
    await work();
    await work(new Date(), other);
    expect(await running.app.database.read.countBy(AlertRow, { isOpen: true, ownerId: HARBOR })).toBe(0);
    expect(await events('ALERT_OPENED')).toHaveLength(round + 1);
  }
  await other.close();
});

test('pages go on where the one before has ended, whatever is asked for', async () => {
  await running.app.database.write(async (tx) => {
    for (let n = 0; n < 9; n++)
      await tx.insert(AlertRow, {
        ...{ id: newId(), agencyId: BRIGHTLINE, ownerId: n % 3 === 0 ? HARBOR : BRIGHTLINE },
        ...{ kind: n % 2 === 0 ? 'KEY_INVALID' : 'WEBHOOK_SILENT', provider: 'BLAND', affectedAgentCount: n },
        ...{ outgoingWebhookId: null, outgoingWebhookHost: null },
        ...{ isOpen: n < 5, cause: n < 5 ? `cause ${n}` : null, openedAt: new Date() },
        ...{ acknowledgedAt: null, closedAt: n < 5 ? null : new Date() },
      });
  });
  const counts = async (args: object) => {
    const found: number[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo } = await list({ ...args, first: 2, after });
      found.push(...nodes.map(({ affectedAgentCount }) => affectedAgentCount));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect((await list(args)).totalCount).toBe(found.length);
    return found;
  };
  expect(await counts({})).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  expect(await counts({ open: true })).toEqual([4, 3, 2, 1, 0]);
  expect(await counts({ open: false, kinds: ['KEY_INVALID'] })).toEqual([8, 6]);
  expect(await counts({ kinds: ['KEY_INVALID', 'WEBHOOK_SILENT'], open: true })).toEqual([4, 3, 2, 1, 0]);
  expect(await counts({ clientId: HARBOR })).toEqual([6, 3, 0]);
  expect(await counts({ clientId: HARBOR, open: true, kinds: ['KEY_INVALID'] })).toEqual([0]);
  expect(await counts({ kinds: [] })).toEqual([]);
});
