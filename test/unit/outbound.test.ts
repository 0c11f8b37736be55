import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { MAX_RETRY_AFTER_SECONDS, sendWith } from '../../src/vault/outbound';
import { ApiKeyText } from '../../src/vault/secret';
import {
  deadUrl,
  flood,
  hangUp,
  json,
  KEY,
  Loopback,
  silence,
  stall,
  text,
  truncated,
} from '../providers/loopback';

const GET = { method: 'GET', path: '/thing?limit=1' } as const;
const POST = { method: 'POST', path: '/thing', body: { text: 'ünïcode', list: [1, null] } } as const;
const MEGABYTE = 1024 * 1024;
const LIMITS = { timeoutMs: 5000, maxBodyBytes: MEGABYTE };

let server: Loopback;

async function sender(...[answer, limits]: [Parameters<typeof Loopback.start>[0], Partial<typeof LIMITS>?]) {
  server = await Loopback.start(answer);
  return server.sender(limits);
}

function sendTo(baseUrl: string) {
  return sendWith(new ApiKeyText(KEY), { baseUrl, keyPresentation: { scheme: 'Bearer' } }, POST, LIMITS);
}

afterEach(async () => {
  jest.restoreAllMocks();
  await Loopback.closeAll();
});

describe('what is sent', () => {
  test('carries the key in the authorization header and nowhere else', async () => {
    await (
      await sender(json(200, {}))
    )(POST);
    const [request] = server.seen;
    const { authorization, ...others } = request?.headers ?? {};
    expect(authorization).toBe(`Bearer ${KEY}`);
    expect(inspect([request?.url, request?.body, others])).not.toContain(KEY);
  });

  test('carries the key in a header of its own where the provider wants it there', async () => {
    server = await Loopback.start(json(200, {}));
    await server.sender({}, { header: 'X-API-Key' })(POST);
    const [request] = server.seen;
    const { 'x-api-key': key, ...others } = request?.headers ?? {};
    expect(key).toBe(KEY);
    expect(others.authorization).toBeUndefined();
    expect(inspect([request?.url, request?.body, others])).not.toContain(KEY);
  });

  test('says who we are and what we want', async () => {
    await (
      await sender(json(200, {}))
    )(GET);
    const headers = { 'user-agent': 'latchkey', accept: 'application/json' };
    expect(server.seen).toMatchObject([{ method: 'GET', url: '/thing?limit=1', headers, body: '' }]);
    expect(server.seen[0]?.headers).not.toHaveProperty('content-type');
  });

  test('is JSON where there is a body', async () => {
    await (
      await sender(json(200, {}))
    )(POST);
    expect(server.seen[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(POST.body);
  });

  test('goes below the path of the base URL, with or without a slash at its end', async () => {
    server = await Loopback.start(json(200, {}));
    await sendTo(`${server.baseUrl}/proxy/`);
    await sendTo(`${server.baseUrl}/proxy`);
    expect(server.seen.map(({ url }) => url)).toEqual(['/proxy/thing', '/proxy/thing']);
  });
});

describe('what comes back', () => {
  test.each([200, 201, 400, 401, 403, 404, 418, 429, 500, 503])(
    'is the status %i and the JSON',
    async (status) => {
      const send = await sender(json(status, { some: ['thing'] }));
      expect(await send(GET)).toEqual({
        kind: 'ANSWER',
        status,
        json: { some: ['thing'] },
        isHtml: false,
        retryAfterSeconds: null,
      });
    },
  );

  test.each([
    ['HTML', '<html>'],
    ['nothing', ''],
    ['half an object', '{"a":'],
    ['JSON with something after it', '{} {}'],
    ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['arrays a hundred thousand deep', '['.repeat(100_000)],
  ])('has no JSON when the body is %s', async (_what, body) => {
    const send = await sender(text(200, body), { maxBodyBytes: MEGABYTE });
    expect(await send(GET)).toEqual({
      kind: 'ANSWER',
      status: 200,
      json: undefined,
      isHtml: false,
      retryAfterSeconds: null,
    });
  });

  test('has no string in which the key is repeated, however it is escaped', async () => {
    const escaped = [...KEY]
      .map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    const send = await sender(
      text(401, `{"message":"bad key ${escaped}","deep":[{"key":"${KEY}"}],"status":"error"}`),
    );
    expect(await send(GET)).toMatchObject({
      status: 401,
      json: { message: null, deep: [{ key: null }], status: 'error' },
    });
  });

  test('has no text of a body that is not JSON', async () => {
    const send = await sender(text(500, `Error: ${KEY} at line 1`));
    expect(inspect(await send(GET), { depth: null })).not.toMatch(/canary|line 1/);
  });

  test('may be exactly as long as the limit, and not one byte longer', async () => {
    const body = JSON.stringify('x'.repeat(998));
    const fits = await sender(text(200, body), { maxBodyBytes: 1000 });
    expect(await fits(GET)).toMatchObject({ json: 'x'.repeat(998) });
    expect(await server.sender({ maxBodyBytes: 999 })(GET)).toMatchObject({ status: 200, json: undefined });
  });

  test('is not read beyond the limit: the connection is closed', async () => {
    const send = await sender(flood(200, 100 * MEGABYTE), LIMITS);
    expect(await send(GET)).toMatchObject({ kind: 'ANSWER', status: 200, json: undefined });
    expect((await server.disconnected).bytesWritten).toBeLessThan(20 * MEGABYTE);
  });

  test('is measured after decompression', async () => {
    const bomb = gzipSync(JSON.stringify(' '.repeat(4 * MEGABYTE)));
    expect(bomb.length).toBeLessThan(64 * 1024);
    const send = await sender(text(200, bomb, { 'content-encoding': 'gzip' }), LIMITS);
    expect(await send(GET)).toMatchObject({ status: 200, json: undefined });
  });

  test('keeps the status when the body breaks off', async () => {
    expect(await (await sender(truncated(201)))(POST)).toMatchObject({
      kind: 'ANSWER',
      status: 201,
      json: undefined,
    });
  });

  test.each([301, 302, 303, 307, 308])(
    'is the redirect %i itself, and nothing is sent to where it points',
    async (status) => {
      const other = await Loopback.start(json(200, {}));
      const send = await sender(json(status, { read: 'no' }, { location: other.baseUrl }));
      expect(await send(POST)).toMatchObject({ kind: 'ANSWER', status, json: undefined });
      expect([server.seen.length, other.seen.length]).toEqual([1, 0]);
    },
  );
});

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['30', 30],
    ['1.2', 2],
    ['86401', MAX_RETRY_AFTER_SECONDS],
    ['9'.repeat(400), MAX_RETRY_AFTER_SECONDS],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', MAX_RETRY_AFTER_SECONDS],
    ['', null],
    ['-5', null],
    ['soon', null],
    ['2031', 2031],
    ['Someday, whenever GMT', null],
  ])('%j is %j seconds', async (header, seconds) => {
    const send = await sender(json(429, {}, { 'retry-after': header }));
    expect(await send(GET)).toMatchObject({ status: 429, retryAfterSeconds: seconds });
  });

  test('a date is the seconds until then', async () => {
    const send = await sender(json(429, {}, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }));
    const { retryAfterSeconds } = (await send(GET)) as { retryAfterSeconds: number };
    // The header has whole seconds, and the test takes some of them.
    expect(retryAfterSeconds).toBeGreaterThan(50);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

describe('without an answer', () => {
  test.each([
    ['silence', silence],
    ['a body that does not end', stall(200)],
    ['a refusal whose body does not end', stall(401)],
  ])('%s is a TIMEOUT', async (_what, answer) => {
    expect(await (await sender(answer, { timeoutMs: 100 }))(POST)).toEqual({
      kind: 'NO_ANSWER',
      reason: 'TIMEOUT',
    });
    expect(server.seen).toHaveLength(1);
  });

  test('the time limit is for the whole exchange, however steadily the body drips', async () => {
    const send = await sender(
      (_incoming, outgoing) => {
        outgoing.writeHead(200);
        const drip = setInterval(() => outgoing.write(' '), 20);
        outgoing.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 200 },
    );
    expect(await send(GET)).toEqual({ kind: 'NO_ANSWER', reason: 'TIMEOUT' });
    await server.disconnected;
  });

  test('a connection dropped after the request is BROKEN, and nothing is sent again', async () => {
    expect(await (await sender(hangUp))(POST)).toEqual({ kind: 'NO_ANSWER', reason: 'BROKEN' });
    expect(server.seen).toHaveLength(1);
  });

  test('an answer that is not HTTP is BROKEN', async () => {
    const send = await sender((incoming) => void incoming.socket.end('220 mail.example ESMTP\r\n'));
    expect(await send(POST)).toEqual({ kind: 'NO_ANSWER', reason: 'BROKEN' });
  });

  test('a port on which nothing listens is REFUSED', async () => {
    expect(await sendTo(await deadUrl())).toEqual({ kind: 'NO_ANSWER', reason: 'REFUSED' });
  });

  test('a port that fetch refuses is REFUSED', async () => {
    expect(await sendTo('http://127.0.0.1:6000')).toEqual({ kind: 'NO_ANSWER', reason: 'REFUSED' });
  });

  test('a server without TLS behind an https URL is REFUSED', async () => {
    server = await Loopback.start(json(200, {}));
    expect(await sendTo(`https://${server.host}`)).toEqual({ kind: 'NO_ANSWER', reason: 'REFUSED' });
    expect(server.seen).toEqual([]);
  });

  test.each([
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, 'REFUSED'],
    [{ code: 'EAI_AGAIN', syscall: 'getaddrinfo' }, 'REFUSED'],
    [{ code: 'EHOSTUNREACH', syscall: 'connect' }, 'REFUSED'],
    [{ code: 'ENETUNREACH', syscall: 'connect' }, 'REFUSED'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'REFUSED'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'REFUSED'],
    [{ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'REFUSED'],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'REFUSED'],
    [{ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'REFUSED'],
    [{ code: 'EHOSTUNREACH', syscall: 'read' }, 'BROKEN'],
    [{ code: 'ECONNRESET', syscall: 'read' }, 'BROKEN'],
    [{ code: 'EPIPE', syscall: 'write' }, 'BROKEN'],
    [{ code: 'UND_ERR_SOCKET' }, 'BROKEN'],
    [{ code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' }, 'BROKEN'],
    [{}, 'BROKEN'],
  ])('%j is %s', async (details, reason) => {
    jest
      .spyOn(globalThis, 'fetch')
      .mockRejectedValue(new TypeError('fetch failed', { cause: Object.assign(new Error(KEY), details) }));
    expect(await sendTo('http://provider.example')).toEqual({ kind: 'NO_ANSWER', reason });
  });

  test('a host of several addresses, to none of which there is a connection, is REFUSED', async () => {
    const cause = Object.assign(new AggregateError([new Error(KEY), new Error(KEY)]), {
      code: 'ECONNREFUSED',
    });
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));
    expect(await sendTo('http://provider.example')).toEqual({ kind: 'NO_ANSWER', reason: 'REFUSED' });
  });

  test.each([[undefined], ['text'], [new Error(KEY)], [new Error(KEY, { cause: KEY })]])(
    'never throws: %#',
    async (thrown) => {
      jest.spyOn(globalThis, 'fetch').mockRejectedValue(thrown);
      expect(await sendTo('http://provider.example')).toEqual({ kind: 'NO_ANSWER', reason: 'BROKEN' });
    },
  );

  test('a base URL that cannot be used gives no answer, and does not throw', async () => {
    expect(await sendTo('not a url')).toMatchObject({ kind: 'NO_ANSWER' });
  });
});
