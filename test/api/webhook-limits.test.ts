import { once } from 'node:events';
import { connect } from 'node:net';
import { request as sendRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { WebhookEndpointRow } from '../../src/events/webhook-endpoint.entity';
import { REFUSED_EVENTS } from '../../src/http/rate-limits';
import { REQUEST_TIMEOUT_MS } from '../../src/http/server';
import { newId } from '../../src/platform/ids';
import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { growthOf, valuesOf } from '../metrics';
import { ENDPOINTS, SET_WEBHOOK_SECRET } from '../operations';

const SECRET = 'whs_of_the_limits_0123456789';
const LIMIT = 60;

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ METRICS: 'on', TRUST_PROXY: '127.0.0.1' });
});
afterAll(() => running.close());

async function pathOf(clientId: string | null, provider = 'RETELL'): Promise<string> {
  const { webhookEndpoints } = await running.data<{ webhookEndpoints: { provider: string; url: string }[] }>(
    ENDPOINTS,
    { clientId },
  );
  return new URL(webhookEndpoints.find((each) => each.provider === provider)?.url ?? '').pathname;
}
const setSecret = (clientId: string | null, provider = 'RETELL') =>
  running.data(SET_WEBHOOK_SECRET, { input: { clientId, provider, secret: SECRET } });

let number = 0;
const eventBody = () =>
  JSON.stringify({ event: 'call_started', call: { call_id: `limit_${(number += 1)}` } });
function retellSigned(body: string | Buffer, secret = SECRET) {
  const time = Date.now();
  const digest = createHmac('sha256', secret).update(body).update(String(time)).digest('hex');
  return { 'x-retell-signature': `v=${time},d=${digest}` };
}

async function send(
  path: string,
  body: string | Buffer,
  headers: OutgoingHttpHeaders = {},
  on: Pick<TestApp, 'url'> = running,
) {
  const request = sendRequest(`${on.url}${path}`, {
    method: 'POST',
    headers: { ...headers },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(body);
  const [response] = await answered;
  await textOf(response);
  return { status: response.statusCode, retryAfter: response.headers['retry-after'] };
}
const from = (address: string) => ({ 'x-forwarded-for': address });
const rows = () => running.app.database.read.count(ProviderEventRow);
const statusesOf = async (count: number, one: () => Promise<{ status: number | undefined }>) =>
  (await Promise.all(Array.from({ length: count }, one))).map(({ status }) => status);

describe('the events of an account', () => {
  test('are limited for it alone, with the time after which the provider may send again', async () => {
    const limited = await running.another({ RATE_LIMIT_EVENTS: String(LIMIT) });
    await setSecret(HARBOR);
    await setSecret(MAPLE);
    const [path, other] = [await pathOf(HARBOR), await pathOf(MAPLE)];
    const sendTo = (to: string) => () => {
      const body = eventBody();
      return send(to, body, retellSigned(body), limited);
    };
    const before = await rows();
    expect(await statusesOf(LIMIT, sendTo(path))).toEqual(Array(LIMIT).fill(204));
    const refused = await sendTo(path)();
    expect(refused).toEqual({ status: 429, retryAfter: expect.stringMatching(/^[1-9]\d?$/) as string });
    expect(await rows()).toBe(before + LIMIT);
    expect((await sendTo(other)()).status).toBe(204);
    await limited.close();
  });

  test('with wrong signatures are counted in memory, write one row in a second at most, and keep no other event out', async () => {
    await setSecret(HARBOR);
    const path = await pathOf(HARBOR);
    const { database, upkeep } = running.app;
    const refusedSoFar = async () =>
      (await database.read.findBy(WebhookEndpointRow, { ownerId: HARBOR, provider: 'RETELL' }))[0]
        ?.refusedEvents ?? 0;
    await upkeep.refusedEvents.write();
    const [before, stored] = [await refusedSoFar(), await rows()];
    const writes = jest.spyOn(database, 'write');
    const flood = () => send(path, eventBody(), { ...retellSigned('another'), ...from('198.51.100.7') });
    const statuses = await statusesOf(REFUSED_EVENTS + 50, flood);
    expect(writes).not.toHaveBeenCalled();
    await upkeep.refusedEvents.write();
    expect(writes).toHaveBeenCalledTimes(1);
    writes.mockRestore();
    expect(statuses.filter((status) => status === 401)).toHaveLength(REFUSED_EVENTS);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
    expect([await refusedSoFar(), await rows()]).toEqual([before + REFUSED_EVENTS + 50, stored]);
    // The provider sends the events of every account from the same few addresses.
    const body = eventBody();
    const good = await send(path, body, { ...retellSigned(body), ...from('198.51.100.7') });
    expect(good.status).toBe(204);
    expect((await send(path, eventBody(), from('198.51.100.8'))).status).toBe(401);
  });

  test('to an address of nobody are limited by the network that sends them', async () => {
    const path = `/webhooks/retell/${'0'.repeat(32)}${'A'.repeat(22)}`;
    const statuses = await statusesOf(REFUSED_EVENTS + 5, () =>
      send(path, eventBody(), from('2001:db8:1:2::9')),
    );
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    expect((await send(path, eventBody(), from('2001:db8:1:2:ffff::1'))).status).toBe(429);
    expect((await send(path, eventBody(), from('2001:db8:1:3::9'))).status).toBe(401);
  });
});

describe('a request that is no well-formed event', () => {
  const path = () => pathOf(HARBOR);

  test.each([
    ['compressed', 'gzip'],
    ['compressed twice', 'gzip, br'],
    ['in an encoding of nobody', 'x'],
  ])('is refused before it is read when it is %s', async (_, encoding) => {
    const body = gzipSync(eventBody());
    const headers = { ...retellSigned(body), 'content-encoding': encoding };
    const before = await rows();
    expect((await send(await path(), body, headers)).status).toBe(415);
    expect(await rows()).toBe(before);
  });

  test.each([
    ['text/plain', 204],
    ['multipart/form-data; boundary=x', 204],
    ['application/x-www-form-urlencoded', 204],
    ['', 204],
    ['no type', 204],
    [undefined, 204],
  ])('has its signature verified over its bytes, whatever its type says: %j', async (type, status) => {
    await setSecret(HARBOR);
    const body = eventBody();
    const headers = { ...(type !== undefined && { 'content-type': type }), ...retellSigned(body) };
    expect((await send(await path(), body, headers)).status).toBe(status);
  });

  test('has two signatures, of which neither counts, in whatever order', async () => {
    await setSecret(HARBOR);
    const body = eventBody();
    const { 'x-retell-signature': good } = retellSigned(body);
    for (const both of [
      [good, 'v=1,d=00'],
      ['v=1,d=00', good],
      [good, good],
    ])
      expect((await send(await path(), body, { 'x-retell-signature': both })).status).toBe(401);
  });

  test('is not taken by another method, or below the address', async () => {
    const url = `${running.url}${await path()}`;
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'])
      expect((await fetch(url, { method })).status).toBe(404);
    expect((await send(`${await path()}/more`, eventBody())).status).toBe(404);
  });

  test('does not come to its end, and leaves nothing', async () => {
    const before = await rows();
    const path = await pathOf(HARBOR);
    const { hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = eventBody();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: ${body.length + 1}\r\n\r\n${body}`);
    socket.destroy();
    await once(socket, 'close');
    expect(await rows()).toBe(before);
  });

  test('comes too slowly, and is given up in time, with nothing on record', async () => {
    const { server } = running.app.server;
    // Of the two, Node gives a body the longer one.
    expect([server.requestTimeout, server.headersTimeout]).toEqual([REQUEST_TIMEOUT_MS, REQUEST_TIMEOUT_MS]);
    const before = await rows();
    const path = await pathOf(HARBOR);
    const { hostname, port } = new URL(running.url);
    server.requestTimeout = 300;
    server.headersTimeout = 300;
    const socket = connect(Number(port), hostname);
    const answer = textOf(socket);
    const began = Date.now();
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: 1000\r\n\r\n{`);
    const drip = setInterval(() => socket.write(' '), 50);
    expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
    clearInterval(drip);
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await rows()).toBe(before);
  });

  test('is nested deeper than anybody reads, and is an event of no call', async () => {
    await setSecret(HARBOR, 'BLAND');
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const body = `{"call_id":"deep","metadata":${nested}}`;
    const signature = createHmac('sha256', SECRET).update(body).digest('hex');
    const sent = await send(await pathOf(HARBOR, 'BLAND'), body, { 'x-webhook-signature': signature });
    expect(sent.status).toBe(204);
    expect(running.logs.join()).not.toContain('[[[[');
  });
});

describe('events that were worked', () => {
  const DAY_MS = 24 * 60 * 60 * 1000;

  test('are removed 30 days later, a batch at a time, and none that waits', async () => {
    const { database, upkeep } = running.app;
    await database.write((tx) => tx.run('DELETE FROM provider_events', []));
    await setSecret(HARBOR);
    const body = eventBody();
    expect((await send(await pathOf(HARBOR), body, retellSigned(body))).status).toBe(204);
    const [event] = await database.read.find(ProviderEventRow);
    const now = Date.now();
    const ages = [29.9, 30.1, 400];
    await database.write(async (tx) => {
      for (let index = 0; index < 1_200; index += 1) {
        const dueAt = new Date(now - (ages[index % 3] ?? 0) * DAY_MS);
        const state = index < 1_197 ? 'DONE' : 'WAITING';
        await tx.insertRow('provider_events', {
          ...event,
          id: newId(),
          digest: `old ${index}`,
          state,
          dueAt,
        });
      }
    });
    const writes = jest.spyOn(database, 'write');
    await upkeep.eventRetention.removeOld(new Date(now));
    expect(writes).toHaveBeenCalledTimes(2);
    writes.mockRestore();
    expect(await database.read.countBy(ProviderEventRow, { state: 'DONE' })).toBe(399);
    expect(await database.read.countBy(ProviderEventRow, { state: 'WAITING' })).toBe(4);
    await upkeep.eventRetention.removeOld(new Date(now));
    expect(await rows()).toBe(403);
  });
});

describe('the metrics of events', () => {
  test('count what is accepted, refused and worked, by provider, with words of our own alone', async () => {
    const { database, upkeep } = running.app;
    await database.write((tx) => tx.run('DELETE FROM provider_events', []));
    await setSecret(HARBOR);
    const path = await pathOf(HARBOR);
    const events = await growthOf(running, 'events_total', async () => {
      const body = eventBody();
      await send(path, body, retellSigned(body));
      await send(path, body, from('198.51.100.20'));
      await send(path, 'no JSON', retellSigned('no JSON'));
      await send('/webhooks/nobody/secret', body, from('198.51.100.20'));
    });
    expect(events).toEqual({
      'RETELL ACCEPTED': 1,
      'RETELL REFUSED': 1,
      'RETELL UNREADABLE': 1,
      'NONE REFUSED': 1,
    });
    expect(await valuesOf(running, 'events_waiting')).toEqual({ '': 1 });
    expect((await valuesOf(running, 'events_waiting_age_seconds'))['']).toBeGreaterThan(0);
    expect(await growthOf(running, 'events_worked_total', () => upkeep.eventWorker.work())).toEqual({
      'RETELL DONE': 1,
    });
    expect(await valuesOf(running, 'events_waiting')).toEqual({ '': 0 });
    expect(await valuesOf(running, 'events_waiting_age_seconds')).toEqual({ '': 0 });
  });
});
