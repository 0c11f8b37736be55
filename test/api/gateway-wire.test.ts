import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  OutgoingMessage,
  request as sendRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { adapterOf, PROVIDERS } from '../../src/providers';
import { MAX_STREAMS } from '../../src/gateway/gateway.service';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { GatewayOperations } from '../../src/providers/gateway-table';
import { AGENCYS_OWN_AGENT, BRIGHTLINE } from '../demo-ids';
import { canaryOf, generator, hits } from '../fixtures/canaries';
import { PASSED, read, REFUSED, write } from '../fixtures/raw-requests';
import { gatewayToken, send, setAgencyKey } from '../gateway';
import { startTestApp, type TestApp } from '../harness';
import { json, Loopback, text } from '../providers/loopback';

// CI sends 5,000.
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 250);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const KEY = canaryOf(7);
const AGENT = 'agent_of_the_mirror';

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** Answers with what it was asked, so that nothing can be altered on the way without being seen. */
const mirror: RequestListener = (incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const { 'content-type': type = null, accept = null, 'user-agent': agent = null } = headers;
  const body = upstream.seen.at(-1)?.bytes ?? '';
  const digest = sha256(body);
  outgoing.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'set-cookie': 'a=b',
    'x-vendor': 'v',
  });
  outgoing.end(JSON.stringify({ method, url, type, accept, agent, digest }));
};

let running: TestApp;
let upstream: Loopback;
let answer: RequestListener = mirror;
let token: string;

beforeAll(async () => {
  upstream = await Loopback.start((incoming, outgoing) => answer(incoming, outgoing));
  running = await startTestApp(
    Object.fromEntries(PROVIDERS.map((provider) => [`${provider}_BASE_URL`, upstream.baseUrl])),
  );
  ({ token } = await gatewayToken(running));
  for (const provider of PROVIDERS) await setAgencyKey(running, provider, KEY);
  await running.app.database.write((tx) =>
    tx.run('UPDATE agents SET providerAgentId = ? WHERE id = ?', [AGENT, AGENCYS_OWN_AGENT]),
  );
});
beforeEach(() => {
  answer = mirror;
  upstream.seen.length = 0;
});
afterAll(() => running.close().then(() => Loopback.closeAll()));

const operations = PROVIDERS.flatMap((provider) => {
  const { gateway } = adapterOf(provider);
  return gateway ? new GatewayOperations(gateway).all.map((operation) => ({ provider, ...operation })) : [];
});

describe('what is passed on', () => {
  test('is each operation of each table that places no call, byte for byte, and the answer to it', async () => {
    const passed = operations.filter(({ placement }) => placement === null);
    expect(passed.length).toBeGreaterThan(100);
    for (const { provider, method, path, query, agentInQuery } of passed) {
      // Other providers have no agent here.
      if (path.includes('{agent') && provider !== 'RETELL') continue;
      const filled = path.replace('{agent}', AGENT).replace('{call}', 'call_1').replaceAll('{}', 'some-id.1');
      const values = query.filter((name) => name !== agentInQuery).map((name) => `${name}=1%2C2`);
      const target = values.length > 0 ? `${filled}?${values.join('&')}` : filled;
      const body = method === 'GET' ? undefined : '{ "limit": 1e0,\n"x": "\u00e9" }';
      const headers = {
        accept: 'application/json',
        'user-agent': 'sdk/1',
        ...(body && { 'content-type': 'application/json' }),
      };
      const direct = await send(upstream.baseUrl, target, KEY, { method, headers, body });
      const through = await send(running.url, `/gateway/${provider.toLowerCase()}${target}`, token, {
        method,
        headers,
        body,
      });
      expect([target, through.status, through.body.toString()]).toEqual([
        target,
        direct.status,
        direct.body.toString(),
      ]);
      expect(through.headers['content-type']).toBe(direct.headers['content-type']);
      expect([through.headers['set-cookie'], through.headers['x-vendor']]).toEqual([undefined, undefined]);
    }
    expect(upstream.seen.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
  });

  test.each([1, 2, 1_000, 65_535, 65_536, 65_537, 1_048_575, 1_048_576])(
    'is a body of %d bytes, whole and in chunks',
    async (length) => {
      const body = randomBytes(length);
      for (const headers of [{ 'content-length': String(length) }, { 'transfer-encoding': 'chunked' }]) {
        const sent = { method: 'POST', body, headers };
        const { json } = await send(running.url, '/gateway/vapi/analytics', token, sent);
        expect(json).toMatchObject({ digest: sha256(body) });
      }
    },
  );

  test.each([0, 1, 65_535, 65_537, 1_000_000, 10_000_000])(
    'is an answer of %d bytes, whole and in chunks',
    async (length) => {
      const body = randomBytes(length);
      for (const headers of [{ 'content-length': String(length) }, {}]) {
        answer = (_incoming, outgoing) => void outgoing.writeHead(200, headers).end(body);
        const received = await send(running.url, '/gateway/vapi/assistant', token);
        expect([received.body.length, sha256(received.body)]).toEqual([length, sha256(body)]);
      }
    },
  );

  test('is no body over 1 MiB, but a file of 10 MB, and none over 50 MiB', async () => {
    const post = (path: string, length: number) =>
      send(running.url, path, token, { method: 'POST', body: Buffer.alloc(length, 'x') });
    const tooLarge = await post('/gateway/vapi/analytics', 1_048_577);
    expect([tooLarge.status, tooLarge.reason]).toEqual([413, 'BODY_TOO_LARGE']);
    const digest = sha256(Buffer.alloc(10_000_000, 'x'));
    expect((await post('/gateway/vapi/file', 10_000_000)).json).toMatchObject({ digest });
    const over = await send(running.url, '/gateway/vapi/file', token, {
      method: 'POST',
      headers: { 'content-length': String(50 * 1024 * 1024 + 1) },
    }).catch((error: unknown) => error);
    expect(over).toMatchObject({ status: 413 });
  });

  test('is an answer of 10 MB, of which no more is taken than the integration takes', async () => {
    const block = Buffer.alloc(1_000_000, 'ab');
    let written = 0;
    answer = (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'audio/wav', 'content-length': String(200 * block.length) });
      const pour = () => {
        while (written < 200 && !outgoing.destroyed) {
          written += 1;
          if (!outgoing.write(block)) return void outgoing.once('drain', pour);
        }
        outgoing.end();
      };
      pour();
    };
    const { hostname, port } = new URL(running.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /gateway/vapi/assistant HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await once(socket, 'readable');
    socket.pause();
    // Wait until nothing more is taken.
    for (let before = -1; before !== written; await new Promise((resolve) => setTimeout(resolve, 100)))
      before = written;
    expect(written).toBeLessThan(60);
    const gone = upstream.disconnected;
    socket.destroy();
    await gone;
    expect(written).toBeLessThan(60);
  });
});

/** Sends bytes as they are, and reads until the answer is there. */
async function raw(text: string, { piece = Infinity, isCut = false } = {}): Promise<string> {
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    if (/^HTTP\/1\.1 (?!100)\d+/m.test(received)) socket.end();
  });
  socket.on('error', () => undefined);
  const bytes = Buffer.from(text.replace('TOKEN', token), 'latin1');
  const closed = once(socket, 'close');
  for (let at = 0; at < bytes.length; at += piece) {
    socket.write(bytes.subarray(at, at + piece));
    if (piece < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
  if (isCut) socket.end();
  await closed;
  return received.replace('HTTP/1.1 100 Continue\r\n\r\n', '');
}

test('a page in HTML that refuses, of a gateway in front of the provider, says nothing of the key', async () => {
  const keyOf = () =>
    running.app.database.read.findOneByOrFail(ApiKeyRow, { ownerId: BRIGHTLINE, provider: 'VAPI' });
  const before = await keyOf();
  for (const status of [401, 402, 403, 429]) {
    answer = text(status, '<h1>Wait</h1>', { 'content-type': 'text/html', 'retry-after': '86400' });
    expect((await send(running.url, '/gateway/vapi/assistant', token)).status).toBe(status);
  }
  expect(await keyOf()).toEqual(before);
  answer = json(429, { message: 'Too many requests' }, { 'retry-after': '60' });
  await send(running.url, '/gateway/vapi/assistant', token);
  expect(await keyOf()).toMatchObject({ status: 'RATE_LIMITED' });
});

describe('a request that was written by hand', () => {
  test(`is refused where others could read it in another way, and its provider sees nothing: ${REFUSED.length} of them`, async () => {
    expect(REFUSED.length + PASSED.length).toBeGreaterThanOrEqual(150);
    for (const text of REFUSED) {
      const received = await raw(text);
      expect([text, received.slice(0, 12)]).toEqual([text, expect.stringMatching(/^(HTTP\/1\.1 4\d\d|)$/)]);
      expect([text, hits(received)]).toEqual([text, 0]);
    }
    expect(upstream.seen).toEqual([]);
  });

  test(`is built anew: nothing of it goes out but what is listed: ${PASSED.length} of them`, async () => {
    for (const text of PASSED) {
      const received = await raw(text);
      expect([text, received.slice(0, 12)]).toEqual([text, 'HTTP/1.1 200']);
      const seen = upstream.seen.at(-1);
      const { authorization, host, ...headers } = seen?.headers ?? {};
      expect([text, authorization, host]).toEqual([text, `Bearer ${KEY}`, upstream.host]);
      expect(
        Object.keys(headers).filter(
          (name) => !/^(connection|accept-encoding|content-length|transfer-encoding)$/.test(name),
        ),
      ).toEqual(['user-agent']);
      // What stands in front of Vapi refuses a request without one.
      expect(headers['user-agent']).toBe('latchkey');
      expect(['/assistant', '/analytics']).toContain(seen?.url);
      expect(JSON.stringify(seen)).not.toContain('CLIENT');
    }
    expect(upstream.seen).toHaveLength(PASSED.length);
  });

  const SLOW = [
    write('content-length: 14\r\n', '{"queries":[]}'),
    write('transfer-encoding: chunked\r\n', '9\r\n{"queries\r\n5\r\n":[]}\r\n0\r\n\r\n'),
  ];

  test.each([1, 7])(
    'is waited for where it comes slowly, head and body in pieces of %d bytes',
    async (piece) => {
      for (const text of SLOW) {
        expect([text, (await raw(text, { piece })).slice(0, 12)]).toEqual([text, 'HTTP/1.1 200']);
        expect(upstream.seen.at(-1)?.body).toBe('{"queries":[]}');
      }
    },
  );

  test('is not passed on where it stops anywhere in its head or body, and has an end in time', async () => {
    for (const text of SLOW)
      for (let length = 1; length < text.length; length += 4) {
        const received = await raw(text.slice(0, length), { isCut: true });
        expect([text.slice(0, length), received.slice(0, 10)]).toEqual([
          text.slice(0, length),
          expect.stringMatching(/^(HTTP\/1\.1 4|)$/),
        ]);
      }
    expect(upstream.seen).toEqual([]);
    const { server } = running.app.server;
    expect([server.requestTimeout, server.headersTimeout].every((ms) => ms > 0 && ms <= 60_000)).toBe(true);
  });

  test('is not answered as a whole one where its file stops', async () => {
    const text = write('content-length: 1000\r\n', 'half a file', '/gateway/vapi/file');
    const logged = running.logs.length;
    expect((await raw(text, { isCut: true })).slice(0, 10)).toMatch(/^(HTTP\/1\.1 [45]|)$/);
    // The provider may not have been asked yet when the file stops.
    while (running.logs.length === logged) await new Promise(setImmediate);
    expect(upstream.seen).toEqual([]);
  });
});

describe('the key', () => {
  const random = generator(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const bytes = (before: number) => Buffer.from(`${'x'.repeat(before)}${KEY}y`);
  const hex = Buffer.from(KEY).toString('hex');
  const escaped = (sign: string, digits: string) => digits.replace(/../g, `${sign}$&`);
  const forms = [
    KEY,
    hex,
    hex.toUpperCase(),
    escaped('%', hex),
    escaped('%', hex.toUpperCase()),
    escaped('\\u00', hex),
    ...[0, 1, 2].flatMap((before) => [bytes(before).toString('base64'), bytes(before).toString('base64url')]),
  ];
  const around = () => 'x'.repeat(Math.floor(random() * 40));

  function echoing(): RequestListener {
    const [form, header, status] = [
      pick(forms),
      pick([
        'content-type',
        'content-disposition',
        'x-echo',
        'set-cookie',
        'retry-after',
        'x-ratelimit-reset',
      ]),
      pick([200, 201, 400, 401, 404, 429, 500, 503]),
    ];
    const kind = pick([
      'whole',
      'chunks',
      'bytes',
      'header',
      'redirect',
      'gzip',
      'truncated',
      'hang up',
      'garbage',
    ] as const);
    const body = `${around()}${form}${around()}${pick(forms)}${around()}`;
    return (incoming, outgoing) => {
      if (kind === 'hang up') return void incoming.socket.destroy();
      if (kind === 'garbage')
        return void incoming.socket.end(`HTTP/1.1 200 ${KEY}\r\nx ${KEY}\r\n\r\n${KEY}`);
      if (kind === 'redirect')
        return void outgoing
          .writeHead(pick([301, 302, 303, 307, 308, 304]), {
            location: `https://evil.example/?key=${form}`,
          })
          .end(body);
      if (kind === 'gzip')
        return void outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
      outgoing.writeHead(status, { [header]: form });
      if (kind === 'truncated') return void outgoing.write(body, () => incoming.socket.destroy());
      const pieces =
        kind === 'bytes' ? [...body] : kind === 'chunks' ? (body.match(/[^]{1,7}/g) ?? []) : [body];
      for (const piece of pieces) outgoing.write(piece);
      outgoing.end();
    };
  }

  test(`is in no answer, however it is echoed, redirected or broken off: ${REQUESTS} answers, seed ${SEED}`, async () => {
    // A control: it is found where it is.
    answer = (_incoming, outgoing) => void outgoing.end(KEY);
    expect(hits((await send(upstream.baseUrl, '/', null)).body.toString('latin1'))).toBeGreaterThan(0);
    let passed = 0;
    for (let number = 0; number < REQUESTS; number += 8) {
      answer = echoing();
      const received = await Promise.all(
        Array.from({ length: 8 }, () => raw(read('/gateway/vapi/assistant', 'connection: close\r\n'))),
      );
      passed += received.filter((text) => text.includes('********')).length;
      expect(received.map(hits)).toEqual(received.map(() => 0));
    }
    expect(passed).toBeGreaterThan(0);
    expect(hits(running.logs.join(''))).toBe(0);
  }, 600_000);

  test('is masked without any other change of the answer', async () => {
    answer = (_incoming, outgoing) => {
      outgoing.write(`{"a":"${KEY.slice(0, 9)}`);
      setTimeout(() => outgoing.end(`${KEY.slice(9)}","b":"${KEY.slice(0, 9)}"}`), 10);
    };
    const { json } = await send(running.url, '/gateway/vapi/assistant', token);
    expect(json).toEqual({ a: '*'.repeat(KEY.length), b: KEY.slice(0, 9) });
  });
});

test('a token takes no more than its part of the connections to a provider, which others still get', async () => {
  let open = 0;
  answer = (_incoming, outgoing) => {
    open += 1;
    outgoing.writeHead(200, { 'content-type': 'audio/wav' }).write('x');
  };
  const { token: other } = await gatewayToken(running);
  // All of them are to be open at once, however long a busy machine takes to open them.
  const patient = await running.another({ PROVIDER_TIMEOUT_MS: '30000' });
  const { hostname, port } = new URL(patient.url);
  const begin = (by: string) => {
    const headers = { authorization: `Bearer ${by}` };
    const request = sendRequest({
      hostname,
      port,
      path: '/gateway/retell/list-agents',
      headers,
      agent: false,
    });
    request.on('error', () => undefined).end();
    // What is given up ends in the midst of its answer.
    request.on('response', (response) => response.on('error', () => undefined));
    return request;
  };
  const held = Array.from({ length: MAX_STREAMS }, () => begin(token));
  await Promise.all(held.map((request) => once(request, 'response')));
  expect(open).toBe(MAX_STREAMS);
  const refused = await send(patient.url, '/gateway/retell/list-agents', token);
  expect([refused.status, refused.reason]).toEqual([429, 'TOO_MANY_STREAMS']);
  const ofAnother = begin(other);
  await once(ofAnother, 'response');
  for (const request of [...held, ofAnother]) request.destroy();
  answer = mirror;
  // What was given up is given back.
  for (;;) if ((await send(patient.url, '/gateway/retell/list-agents', token)).status === 200) break;
  await patient.close();
});

test('an answer of which its integration takes nothing is cut, and its connection to the provider is free again', async () => {
  let isOver = () => undefined as unknown;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  answer = (_incoming, outgoing) => {
    outgoing.once('close', isOver);
    outgoing.writeHead(200, { 'content-type': 'audio/wav' });
    const more = () => {
      while (outgoing.write(Buffer.alloc(64 * 1024)));
    };
    outgoing.on('drain', more);
    more();
  };
  // A minute would be long for a test: the bound is the same one, with less time.
  const bound = Reflect.get(OutgoingMessage.prototype, 'setTimeout') as OutgoingMessage['setTimeout'];
  const bounds = jest.spyOn(OutgoingMessage.prototype, 'setTimeout').mockImplementation(function (
    this: OutgoingMessage,
    _ms,
    done,
  ) {
    return bound.call(this, 300, done);
  });
  const { hostname, port } = new URL(running.url);
  const headers = { authorization: `Bearer ${token}` };
  const request = sendRequest({ hostname, port, path: '/gateway/retell/list-agents', headers, agent: false });
  request.on('error', () => undefined).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => undefined).pause();
  await over;
  expect(bounds.mock.calls.map(([ms]) => ms)).toEqual([60_000]);
  bounds.mockRestore();
  request.destroy();
});

test('an upload without a length that is too long is refused as such, and is no fault of the provider', async () => {
  const { hostname, port } = new URL(running.url);
  const request = sendRequest({
    hostname,
    port,
    path: '/gateway/vapi/file',
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
  });
  request.on('error', () => undefined);
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  const chunk = Buffer.alloc(1024 * 1024);
  for (let sent = 0; sent <= 50; sent += 1) request.write(chunk);
  request.end();
  const [response] = await answered;
  expect([response.statusCode, response.headers['latchkey-reason']]).toEqual([413, 'BODY_TOO_LARGE']);
});
