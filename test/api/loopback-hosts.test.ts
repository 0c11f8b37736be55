import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { startIssuer, type DemoIssuer } from '../../src/demo/issuer';
import { startSandbox, type Sandbox } from '../../src/demo/sandbox';
import { createServer, type Server } from '../../src/http/server';
import { createLog } from '../../src/platform/log';

let server: Server;
let issuer: DemoIssuer;
let sandbox: Sandbox;
const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
const addresses: Record<string, string> = {};
beforeAll(async () => {
  server = await createServer({
    log: createLog('silent'),
    corsOrigins: ['https://portal.example.com'],
    trustProxy: ['127.0.0.1'],
    loopbackOnly: true,
    metrics: null,
    routes: [(scope) => void scope.get('/tokens', async () => ({ token: 'secret' }))],
  });
  addresses.server = await server.listen({ host: '127.0.0.1', port: 0 });
  issuer = await startIssuer({ keyFile: join(folder, 'issuer.json') });
  sandbox = await startSandbox();
  addresses.issuer = issuer.issuer;
  addresses.sandbox = sandbox.bland.baseUrl;
});
afterAll(async () => {
  await Promise.all([server.close(), issuer.close(), sandbox.close()]);
  rmSync(folder, { recursive: true });
});

async function get(url: string, headers: Record<string, string>, method = 'GET'): Promise<[number, string]> {
  const request = sendRequest(url, { headers, method });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end();
  const [response] = await answered;
  return [response.statusCode ?? 0, await textOf(response)];
}

describe('the demo', () => {
  test.each(['localhost:4000', '127.0.0.1', '[::1]:4000'])('answers as %s', async (host) => {
    expect(await get(`${addresses.server}/tokens`, { host })).toEqual([200, '{"token":"secret"}']);
  });

  test.each([
    ['/tokens', 'GET', {}],
    ['/nothing', 'GET', {}],
    ['/%zz', 'GET', {}],
    ['/tokens', 'HEAD', {}],
    ['/tokens', 'GET', { 'x-forwarded-host': 'localhost' }],
    ['/tokens', 'OPTIONS', { origin: 'https://portal.example.com', 'access-control-request-method': 'POST' }],
  ])(
    'refuses another host, so that no page elsewhere reads it by DNS rebinding: %s %s %j',
    async (path, method, headers) => {
      const [status, text] = await get(
        `${addresses.server}${path}`,
        { host: 'evil.example:4000', ...headers },
        method,
      );
      expect(status).toBe(421);
      if (method !== 'HEAD') expect(text).toMatch(/use localhost, 127\.0\.0\.1 or \[::1\]/);
    },
  );

  test.each([
    ['issuer', '/jwks'],
    ['sandbox', '/v1/me'],
  ])('refuses another host at its %s, too', async (name, path) => {
    expect((await get(`${addresses[name]}${path}`, { host: 'evil.example' }))[0]).toBe(421);
    expect((await get(`${addresses[name]}${path}`, {}))[0]).not.toBe(421);
  });
});
