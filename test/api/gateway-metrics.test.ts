import { HARBOR_RETELL_AGENT } from '../demo-ids';
import { gatewayToken, send } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { growthOf } from '../metrics';
import { hangUp, Loopback } from '../providers/loopback';

let running: TestApp;
beforeAll(async () => (running = await startTestApp({ METRICS: 'on' })));
afterAll(() => running.close().then(() => Loopback.closeAll()));

/** What is placed, what is read, and what is refused, by one token. */
async function useGateway(on: TestApp): Promise<void> {
  const { token } = await gatewayToken(running);
  const { agent } = await running.data<{ agent: { providerAgentId: string } }>(
    `{ agent(id: "${HARBOR_RETELL_AGENT}") { providerAgentId } }`,
  );
  const ask = (path: string, by: string | null, body?: object) =>
    send(on.url, `/gateway/retell${path}`, by, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
    });
  await ask('/v2/create-phone-call', token, {
    override_agent_id: agent.providerAgentId,
    from_number: running.sandbox.retell.accounts.client.fromNumber,
    to_number: '+14155550123',
  });
  await ask(`/get-agent/${agent.providerAgentId}`, token);
  await ask('/get-agent/nobody', token);
  await ask('/create-agent', token, {});
  await ask(`/get-agent/${agent.providerAgentId}`, null);
}

test('requests to the gateway are counted by what came of them', async () => {
  expect(await growthOf(running, 'request_duration_seconds_count', () => useGateway(running))).toMatchObject({
    'GATEWAY OK': 2,
    'GATEWAY AGENT_NOT_FOUND': 1,
    'GATEWAY OPERATION_NOT_ALLOWED': 1,
    'GATEWAY TOKEN_REFUSED': 1,
  });
});

test('requests of the gateway to providers are counted, those that place calls as those for calls', async () => {
  const name = 'provider_request_duration_seconds_count';
  expect(await growthOf(running, name, () => useGateway(running))).toEqual({
    'RETELL CALL 2xx': 1,
    'RETELL GATEWAY 2xx': 1,
  });
  const broken = await Loopback.start(hangUp);
  const failing = await running.another({ RETELL_BASE_URL: broken.baseUrl });
  expect(await growthOf(failing, name, () => useGateway(failing))).toEqual({
    'RETELL CALL BROKEN': 1,
    'RETELL GATEWAY BROKEN': 1,
  });
  expect(await growthOf(running, 'calls_total', () => useGateway(running))).toEqual({
    'RETELL CLIENT PLACED': 1,
  });
  await failing.close();
});
