import { AgentService } from '../../src/agents/agent.service';
import { ClientService } from '../../src/clients/client.service';
import { until } from '../e2e/process';
import { HARBOR } from '../demo-ids';
import { tenantDatabase } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { Loopback } from '../providers/loopback';
import { VERIFY_CLIENT } from '../operations';

let running: TestApp;
let provider: Loopback;
let answerNow: () => void;
beforeAll(async () => {
  const released = new Promise<void>((resolve) => (answerNow = resolve));
  provider = await Loopback.start(
    (_incoming, outgoing) => void released.then(() => outgoing.writeHead(401).end('{}')),
  );
  running = await startTestApp({
    QUERY_TIMEOUT_MS: '100',
    PROVIDER_TIMEOUT_MS: '20000',
    RETELL_BASE_URL: provider.baseUrl,
  });
});
afterAll(async () => {
  await running.close();
  await Loopback.closeAll();
});
afterEach(() => jest.restoreAllMocks());

const QUERY = '{ clients { nodes { agents { nodes { id } } } } }';

/** Holds the clients of the next query back, until what it gives back is called. */
function holdClients(): () => void {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  jest.spyOn(ClientService.prototype, 'list').mockImplementationOnce(async (...args) => {
    await held;
    return new ClientService(tenantDatabase(running.app.database), running.app.audit).list(...args);
  });
  return () => letGo();
}

describe('a query that takes too long', () => {
  test('is refused, and loads nothing more afterwards', async () => {
    const letGo = holdClients();
    const lists = jest.spyOn(ClientService.prototype, 'list');
    const inner = jest.spyOn(AgentService.prototype, 'pagesOfClients');
    const { status, errors, data } = await running.ask('agencyAdmin', QUERY);
    expect([status, errors[0]?.extensions.code, data]).toEqual([422, 'TIME_LIMIT_EXCEEDED', undefined]);
    // On MariaDB, the agents are asked for together with the clients.
    const before = inner.mock.calls.length;
    letGo();
    expect((await running.ask('agencyAdmin', '{ clients { totalCount } }')).errors).toEqual([]);
    expect(inner).toHaveBeenCalledTimes(before);
    // The one that was held back, what it was held back from, and the one after it.
    expect(lists).toHaveBeenCalledTimes(3);
    expect(running.logs.filter((line) => line.includes('"err"'))).toEqual([]);
  });

  test('is refused alone: the next one is answered', async () => {
    expect((await running.ask('agencyAdmin', QUERY)).errors).toEqual([]);
  });
});

test('a mutation runs to its end, however long a provider takes', async () => {
  const verifying = running.ask('agencyAdmin', VERIFY_CLIENT, {
    input: { clientId: HARBOR, providers: ['RETELL'] },
  });
  await until(() => provider.seen.length > 0);
  const letGo = holdClients();
  expect((await running.ask('agencyAdmin', QUERY)).status).toBe(422);
  letGo();
  answerNow();
  const { status, errors, data } = await verifying;
  expect([status, errors]).toEqual([200, []]);
  expect(data).toMatchObject({
    verifyClientApiKeys: { results: [{ apiKey: { provider: 'RETELL', status: 'INVALID' } }] },
  });
});
