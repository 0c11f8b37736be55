import { readFileSync, writeFileSync } from 'node:fs';
import { rotateMasterKeys } from '../../src/vault/master-keys/rotation';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { countByMasterKey } from '../../src/vault/master-keys/sealed-table';
import { sealedTables } from '../../src/sealed-tables';
import { PROVIDERS } from '../../src/providers';
import { ERROR_STATUS } from '../../src/graphql/errors';
import { ConcurrentChange } from '../../src/database/repetition';
import {
  AGENCYS_OWN_AGENT,
  HARBOR,
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
} from '../demo-ids';
import { until } from '../e2e/process';
import { freePort } from '../fixtures/oidc';
import { startReceiver, status } from '../fixtures/receiver';
import { announceCalls, createWebhook, letTimePass } from '../fixtures/webhooks';
import { post, startTestApp, type TestApp } from '../harness';
import { growthOf, metricsTextOf, samplesOf, valuesOf } from '../metrics';
import {
  ACCEPT_HAND_IN,
  CLEAR_CLIENT,
  CLIENT_KEYS,
  CREATE_CLIENT,
  HAND_IN,
  PREVIEW,
  PREVIEW_HAND_IN,
  RESOLUTION,
  SET_CLIENT,
  START_CALL,
  VERIFY_AGENCY,
  VERIFY_CLIENT,
} from '../operations';
import { sealFor } from '../seal';

let running: TestApp;
beforeAll(async () => (running = await startTestApp({ METRICS: 'on' })));
afterAll(() => running.close());

const run = <T>(query: string, input: object, as: 'agencyAdmin' | 'portalUser' = 'agencyAdmin') =>
  running.data<Record<string, T>>(query, { input }, as).then((data) => Object.values(data)[0] as T);
const call = (agentId: string, more: object = {}, on = running) =>
  on.data<{ startTestCall: { call: { keySource: string } } }>(START_CALL, {
    input: { agentId, toNumber: '+14155550123', ...more },
  });
const sumOf = (values: Record<string, number>) =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

describe('the metrics', () => {
  test('are served at /metrics of an address of their own, and nowhere else', async () => {
    const url = running.app.metrics?.url ?? '';
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
    expect((await fetch(new URL('/', url))).status).toBe(404);
    expect((await fetch(`${running.url}/metrics`)).status).toBe(404);
  });

  test('count what came of deliveries of webhooks, and how many wait', async () => {
    const receiver = await startReceiver();
    await createWebhook(running, receiver.url);
    const waiting = async () => Object.values(await valuesOf(running, 'webhook_deliveries_waiting'));
    const attemptsOf = (work: () => Promise<unknown>) => growthOf(running, 'webhook_deliveries_total', work);
    receiver.answer = status(500);
    await announceCalls(running, 2);
    expect(await attemptsOf(() => running.app.upkeep.deliveries.work())).toEqual({ WAITING: 2 });
    expect(await waiting()).toEqual([2]);
    receiver.answer = status(204);
    await letTimePass(running);
    const [delay = 0] = Object.values(await valuesOf(running, 'webhook_deliveries_delay_seconds'));
    expect(delay).toBeGreaterThan(0);
    expect(await attemptsOf(() => running.app.upkeep.deliveries.work())).toEqual({ DELIVERED: 2 });
    receiver.answer = status(410);
    await announceCalls(running, 12);
    expect(await attemptsOf(() => running.app.upkeep.deliveries.work())).toEqual({ FAILED: 12 });
    expect(await waiting()).toEqual([0]);
    await receiver.close();
  });

  test('count requests by the class of their operation and what came of them', async () => {
    const requests = await growthOf(running, 'request_duration_seconds_count', async () => {
      await running.ask('agencyAdmin', '{ viewer { role } }');
      await running.ask('agencyAdmin', CREATE_CLIENT, { input: { name: 'Measured' } });
      await running.ask('agencyAdmin', VERIFY_CLIENT, { input: { clientId: HARBOR } });
      await running.ask(null, '{ clients { totalCount } }');
      await running.ask('portalUser', CREATE_CLIENT, { input: { name: 'Refused' } });
      await running.ask('agencyAdmin', '{ viewer { role ');
      await running.ask('agencyAdmin', '{ nothingOfTheKind }');
      await post(running.url, null, '{"query": 1}');
      await fetch(`${running.url}/healthz`);
      await fetch(`${running.url}/nothing`);
      await fetch(`${running.url}/key/x`);
    });
    expect(requests).toEqual({
      'QUERY OK': 1,
      'MUTATION OK': 1,
      'KEY_OPERATION OK': 1,
      'QUERY UNAUTHENTICATED': 1,
      'MUTATION FORBIDDEN': 1,
      'OTHER GRAPHQL_PARSE_FAILED': 1,
      'OTHER GRAPHQL_VALIDATION_FAILED': 1,
      'OTHER BAD_REQUEST': 2,
      'OTHER OK': 1,
      'ONE_TIME_LINK BAD_REQUEST': 1,
    });
  });

  test('count what a rate limit refuses, of an operation and of a request', async () => {
    const limited = await running.another({
      RATE_LIMIT_KEY_OPERATIONS: '10',
      RATE_LIMIT_ONE_TIME_LINKS: '1',
    });
    const requests = await growthOf(limited, 'request_duration_seconds_count', async () => {
      for (let n = 0; n < 12; n++)
        await limited.ask('agencyAdmin', CLEAR_CLIENT, { input: { clientId: HARBOR, providers: [] } });
      for (let n = 0; n < 2; n++) await fetch(`${limited.url}/key/x`);
    });
    expect(requests).toEqual({
      'KEY_OPERATION OK': 10,
      'KEY_OPERATION RATE_LIMITED': 2,
      'ONE_TIME_LINK BAD_REQUEST': 1,
      'ONE_TIME_LINK RATE_LIMITED': 1,
    });
    await limited.close();
  });

  test('count calls by provider, by whose key they were placed with, and by what came of them', async () => {
    const away = await running.another({ BLAND_BASE_URL: `http://127.0.0.1:${await freePort()}` });
    const place = async (on: TestApp) => {
      for (const agentId of [HARBOR_RETELL_AGENT, HARBOR_BLAND_AGENT, HARBOR_BLAND_AGENT, AGENCYS_OWN_AGENT])
        await call(agentId, {}, on);
    };
    const placed = await growthOf(running, 'calls_total', () => place(running));
    expect(placed).toEqual({
      'RETELL CLIENT PLACED': 1,
      'RETELL AGENCY PLACED': 1,
      'BLAND AGENCY PLACED': 2,
    });
    const failed = await growthOf(away, 'provider_request_duration_seconds_count', () => place(away));
    expect(failed).toEqual({ 'RETELL CALL 2xx': 2, 'BLAND CALL REFUSED': 2 });
    expect(await valuesOf(away, 'calls_total')).toMatchObject({ 'BLAND AGENCY REFUSED': 2 });
    await away.close();
  });

  test('count each decryption with what it was for, and none is unexplained', async () => {
    const { valid } = running.sandbox.bland.keys;
    const agents = [HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, HARBOR_BLAND_AGENT];
    let calls: Record<string, number> = {};
    let verified = 0;
    const decrypts = await growthOf(running, 'decrypts_total', async () => {
      calls = await growthOf(running, 'calls_total', async () => {
        for (const agentId of agents) await call(agentId);
        for (const _ of [1, 2]) await call(HARBOR_RETELL_AGENT, { idempotencyKey: 'once' });
      });
      for (const [query, input] of [
        [VERIFY_CLIENT, { clientId: HARBOR }],
        [VERIFY_AGENCY, {}],
      ] as const)
        verified += (await run<{ results: unknown[] }>(query, input)).results.length;
      const { keyHandIn } = await run<{ keyHandIn: { id: string } }>(
        HAND_IN,
        { provider: 'BLAND', apiKey: valid },
        'portalUser',
      );
      await run(PREVIEW_HAND_IN, { keyHandInId: keyHandIn.id });
      await run(ACCEPT_HAND_IN, { keyHandInId: keyHandIn.id });
      const sealed = await sealFor(running, valid, { owner: MAPLE, provider: 'BLAND' });
      await run(SET_CLIENT, { clientId: MAPLE, keys: [{ provider: 'BLAND', apiKey: sealed }] });
      // None of these opens anything that is stored.
      await run(SET_CLIENT, { clientId: MAPLE, verify: true, keys: [{ provider: 'BLAND', apiKey: valid }] });
      await run(PREVIEW, { clientId: MAPLE, provider: 'BLAND', apiKey: valid });
      await run(CLEAR_CLIENT, { clientId: MAPLE, providers: ['BLAND'] });
      await running.data(CLIENT_KEYS, { id: HARBOR });
      await running.data(RESOLUTION, { id: HARBOR_RETELL_AGENT });
    });
    expect([sumOf(calls), verified]).toEqual([4, expect.any(Number)]);
    expect(verified).toBeGreaterThan(3);
    // The public half of an upload key is made of its private half.
    expect(decrypts).toEqual({
      CALL: 4,
      VERIFY: verified,
      PREVIEW: 1,
      HAND_IN: 1,
      UPLOAD: 1,
      VAULT_KEY: 1,
    });
  });

  test('explain what a start and a rotation of master keys open', async () => {
    const old = readFileSync(running.keyRingFile, 'utf8');
    writeFileSync(running.keyRingFile, KeyRing.generateLine('next') + old);
    const rotating = await running.another();
    expect(await valuesOf(rotating, 'decrypts_total')).toEqual({ VAULT_KEY: 4 });
    const { database, vault } = rotating.app;
    const stored = sumOf(Object.fromEntries(await countByMasterKey(database.read, sealedTables)));
    for await (const step of rotateMasterKeys(database, vault.cipher, sealedTables))
      expect(step.kind).toBe('PROGRESS');
    expect(await valuesOf(rotating, 'decrypts_total')).toEqual({ VAULT_KEY: 4, ROTATION: stored });
    await rotating.close();
  });

  test('count transactions that run again', async () => {
    const retries = await growthOf(running, 'transaction_retries_total', async () => {
      let attempts = 0;
      await running.app.database.write(async () => {
        attempts += 1;
        if (attempts < 3) throw new ConcurrentChange();
      });
    });
    expect(retries).toEqual({ '': 2 });
  });

  test('tell what uses the database, and who waits for it', async () => {
    const { database } = running.app;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const writes = Array.from({ length: 25 }, () => database.write(() => released));
    const all = () => database.load().inUse + database.load().waiting;
    await until(() => all() === 25);
    const inUse = running.databaseUrl.startsWith('sqlite:') ? 1 : 20;
    const samples = await samplesOf(running);
    const told = (name: string) =>
      samples.find((sample) => sample.name === `latchkey_database_${name}`)?.value;
    release();
    expect([told('connections_in_use'), told('waiting')]).toEqual([inUse, 25 - inUse]);
    await Promise.all(writes);
    await until(async () => (await valuesOf(running, 'database_waiting'))[''] === 0);
    expect(all()).toBe(0);
  });

  test('tell how many events of the audit trail wait to be chained, and for how long', async () => {
    await running.chained();
    expect(await valuesOf(running, 'audit_unchained_events')).toEqual({ '': 0 });
    expect(await valuesOf(running, 'audit_unchained_age_seconds')).toEqual({ '': 0 });
    for (const name of ['One', 'Two']) await run(CREATE_CLIENT, { name });
    expect(await valuesOf(running, 'audit_unchained_events')).toEqual({ '': 2 });
    const { '': age = 0 } = await valuesOf(running, 'audit_unchained_age_seconds');
    expect(age).toBeGreaterThan(0);
    expect(age).toBeLessThan(60);
  });

  test('come in time where the database does not answer, without what it would have said', async () => {
    const { read } = running.app.database;
    let answer: (rows: never[]) => void = () => undefined;
    const silent = new Promise<never[]>((resolve) => (answer = resolve));
    const rows = jest.spyOn(read, 'rows').mockReturnValue(silent);
    const before = performance.now();
    const texts = await Promise.all([1, 2, 3].map(() => metricsTextOf(running)));
    expect(performance.now() - before).toBeLessThan(5_000);
    for (const text of texts) expect(text).not.toMatch(/^latchkey_audit/m);
    expect(rows).toHaveBeenCalledTimes(1);
    rows.mockRestore();
    answer([]);
    await until(async () => /^latchkey_audit/m.test(await metricsTextOf(running)));
  });

  test('tell how late the event loop runs', async () => {
    await metricsTextOf(running);
    const end = performance.now() + 200;
    await new Promise((resolve) => setTimeout(resolve, 20));
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { 1: most = 0, ...others } = await valuesOf(running, 'event_loop_delay_seconds');
    expect(Object.keys(others).sort()).toEqual(['0.5', '0.99']);
    expect(most).toBeGreaterThan(0.1);
    expect(most).toBeLessThan(10);
  });

  test('have labels from short lists of our own alone, whatever a client writes', async () => {
    const query = 'query Patient0 { vip: viewer { role } }';
    await post(running.url, running.tokens.agencyAdmin, { query, operationName: 'Patient0' });
    await post(running.url, running.tokens.agencyAdmin, { query: 'query Patient0 { patient0 }' });
    await fetch(`${running.url}/Patient0?Patient0=Patient0`, { method: 'PUT' });
    const allowed: Record<string, readonly string[]> = {
      class: ['QUERY', 'MUTATION', 'KEY_OPERATION', 'ONE_TIME_LINK', 'EVENT', 'GATEWAY', 'OTHER'],
      outcome: [
        ...['OK', 'PLACED', 'REFUSED', 'UNKNOWN', '2xx', '4xx', '5xx', ...Object.keys(ERROR_STATUS)],
        ...['DELIVERED', 'WAITING', 'FAILED'],
      ],
      provider: PROVIDERS,
      source: ['CLIENT', 'AGENCY'],
      request: ['VERIFY', 'AGENT', 'CALL'],
      purpose: ['CALL', 'VERIFY', 'PREVIEW', 'HAND_IN', 'UPLOAD', 'VAULT_KEY', 'DELIVERY'],
      quantile: ['0.5', '0.99', '1'],
    };
    const pairs = (await samplesOf(running)).flatMap(({ labels }) => Object.entries(labels));
    const others = pairs.filter(([label, value]) => label !== 'le' && !allowed[label]?.includes(value));
    expect(others).toEqual([]);
    expect(await metricsTextOf(running)).not.toMatch(/patient0|vip|[0-9a-f]{8}-[0-9a-f]{4}/i);
  });
});
