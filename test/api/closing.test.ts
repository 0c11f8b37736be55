import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { followConnections } from '../../src/http/closing';
import { HARBOR_RETELL_AGENT } from '../demo-ids';
import { startWaitingProvider } from '../fixtures/waiting-provider';
import { startTestApp } from '../harness';
import { until } from '../e2e/process';
import { START_CALL } from '../operations';

const HEAD =
  'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n';

/** A connection that has sent this, and nothing more. */
async function connected(url: string, sent: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(sent);
  return { socket, closed: once(socket.resume(), 'close') };
}

test('an instance that ends waits for no connection on which nothing was sent', async () => {
  const running = await startTestApp();
  const accepted = once(running.app.server.server, 'connection');
  const { closed } = await connected(running.url, '');
  await accepted;
  const began = Date.now();
  await Promise.all([running.close(), closed]);
  expect(Date.now() - began).toBeLessThan(10_000);
});

test('a server that ends answers a request that lay unread on a connection which it had just accepted', async () => {
  const server = createServer((_request, response) => response.setHeader('connection', 'close').end('done'));
  const { cutOffUnused } = followConnections(server);
  server.once('connection', () => {
    server.close();
    cutOffUnused();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('done');
});

test('an instance that ends gives half a request the time that every request has, and finishes a whole one', async () => {
  const provider = await startWaitingProvider();
  const running = await startTestApp({ RETELL_BASE_URL: provider.url, PROVIDER_TIMEOUT_MS: '60000' });
  const { server } = running.app.server;
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const calling = running.data(START_CALL, { input });
  await until(() => provider.placed() === 1);
  const halves = [HEAD, `${HEAD}{`, 'POST /gra'];
  const sent = await Promise.all(halves.map((half) => connected(running.url, half)));
  await until(async () => (await connectionsOf(server)) === halves.length + 1);
  const closing = running.close();
  const isCut = () => sent.map(({ socket }) => socket.closed);
  await until(() => !server.listening);
  expect(isCut()).toEqual([false, false, false]);
  // From now on the time is over.
  server.requestTimeout = 1;
  await Promise.all(sent.map(({ closed }) => closed));
  provider.release();
  expect(await calling).toMatchObject({ startTestCall: { call: { status: 'QUEUED' } } });
  await closing;
  provider.close();
});

const connectionsOf = (server: {
  getConnections(done: (error: Error | null, count: number) => void): void;
}) => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
