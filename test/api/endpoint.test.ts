import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { post, startTestApp, type TestApp } from '../harness';

const PORTAL = 'https://portal.example.com';
const VIEWER = '{ viewer { role } }';
const CREATE = 'mutation { createClient(input: { name: "By GET" }) { client { id } } }';
const json = { 'content-type': 'application/json' };

let running: TestApp;
beforeAll(
  async () =>
    (running = await startTestApp({
      PLAYGROUND: 'on',
      CORS_ORIGINS: `${PORTAL}, https://admin.example.com`,
    })),
);
afterAll(() => running.close());

/** Reads every answer whole: one that is left unread keeps its connection, and the server from closing. */
async function send(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const headers = new Headers({
    authorization: `Bearer ${running.tokens.agencyAdmin}`,
    ...(init.headers as Record<string, string>),
  });
  if (headers.get('authorization') === '') headers.delete('authorization');
  const response = await fetch(`${running.url}${path}`, {
    ...init,
    headers,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
const query = (text: string) => `/graphql?query=${encodeURIComponent(text)}`;

describe('a request that another site could make a browser send', () => {
  test.each<[string, string, RequestInit, number]>([
    ['a query by GET with nothing that a form or an image cannot send', query(VIEWER), unsigned(), 400],
    [
      'a query by GET as a form',
      query(VIEWER),
      unsigned({ 'content-type': 'application/x-www-form-urlencoded' }),
      400,
    ],
    ['a query by GET as plain text', query(VIEWER), unsigned({ 'content-type': 'text/plain' }), 400],
    [
      'a query by GET with an odd content type',
      query(VIEWER),
      { headers: { 'content-type': 'message/http' } },
      415,
    ],
    [
      'a query by GET with a content type that is none',
      query(VIEWER),
      { headers: { 'content-type': 'x' } },
      415,
    ],
    [
      'a query by GET with an odd content type and the header that lets GETs through',
      query(VIEWER),
      { headers: { 'content-type': 'message/http', 'apollo-require-preflight': '1' } },
      415,
    ],
    ['a mutation by GET', query(CREATE), { headers: { 'apollo-require-preflight': '1' } }, 405],
    ['a mutation by GET as JSON', query(CREATE), { headers: json }, 405],
    ['a form', '/graphql', { method: 'POST', body: new URLSearchParams({ query: VIEWER }) }, 415],
    [
      'plain text',
      '/graphql',
      { method: 'POST', body: JSON.stringify({ query: VIEWER }), headers: { 'content-type': 'text/plain' } },
      415,
    ],
    ['an upload', '/graphql', { method: 'POST', body: upload() }, 415],
    [
      'an upload with the header that lets it through elsewhere',
      '/graphql',
      { method: 'POST', body: upload(), headers: { 'apollo-require-preflight': '1' } },
      415,
    ],
    [
      'a body of no type',
      '/graphql',
      { method: 'POST', body: new Blob([JSON.stringify({ query: VIEWER })]) },
      415,
    ],
    ['a document in the address of a POST', query(VIEWER), { method: 'POST' }, 400],
  ])('is refused: %s', async (_what, path, init, status) => {
    const response = await send(path, init);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.text)).toEqual({
      errors: [
        { message: expect.stringMatching(/\bsend\b/i) as string, extensions: { code: 'BAD_REQUEST' } },
      ],
    });
    expect(await running.data('{ clients(search: "By GET") { totalCount } }')).toEqual({
      clients: { totalCount: 0 },
    });
  });
});

// An image or a form of another site is sent without the header that signs in.
function unsigned(headers: Record<string, string> = {}): RequestInit {
  return { headers: { ...headers, authorization: '' } };
}

test('a query by GET runs for whoever has signed in, as urql sends it', async () => {
  const { status, text } = await send(query(VIEWER));
  expect([status, JSON.parse(text)]).toEqual([200, { data: { viewer: { role: 'AGENCY_ADMIN' } } }]);
});

function upload(): FormData {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: VIEWER, variables: {} }));
  form.set('map', '{}');
  return form;
}

describe('a client cannot', () => {
  const sha256Hash = createHash('sha256').update(VIEWER).digest('hex');
  const persistedQuery = { version: 1, sha256Hash };

  // The status 200 is Apollo's own: its clients send the whole document then.
  test.each<[string, unknown, number, string]>([
    [
      'store a document',
      { query: VIEWER, extensions: { persistedQuery } },
      200,
      'PERSISTED_QUERY_NOT_SUPPORTED',
    ],
    ['ask for one by its hash', { extensions: { persistedQuery } }, 200, 'PERSISTED_QUERY_NOT_SUPPORTED'],
    ['ask for one by its id', { documentId: sha256Hash }, 400, 'BAD_REQUEST'],
    ['send a batch', [{ query: VIEWER }, { query: VIEWER }], 400, 'BAD_REQUEST'],
    ['send a batch of one', [{ query: VIEWER }], 400, 'BAD_REQUEST'],
  ])('%s', async (_what, body, status, code) => {
    const answer = await post(running.url, running.tokens.agencyAdmin, body);
    expect([answer.status, answer.data, answer.errors.map(({ extensions }) => extensions.code)]).toEqual([
      status,
      undefined,
      [code],
    ]);
  });

  test('be led astray by it: urql and the clients for mobile systems know the answer by its text alone', async () => {
    const answer = await post(running.url, running.tokens.agencyAdmin, { extensions: { persistedQuery } });
    expect(answer.errors.map(({ message }) => message)).toEqual(['PersistedQueryNotSupported']);
  });

  test.each(['a b', '[', '', '%', 'x@[::1'])(
    'bring the endpoint down by naming the host %p',
    async (host) => {
      const body = JSON.stringify({ query: VIEWER });
      const answer = await new Promise<string>((resolve) => {
        let text = '';
        const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
        const socket = connect(Number(new URL(running.url).port), '127.0.0.1', () =>
          socket.write(head + body),
        );
        socket.on('data', (data) => (text += data.toString())).on('close', () => resolve(text));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    },
  );
});

describe('other origins', () => {
  const preflight = (origin: string) =>
    send('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test.each([PORTAL, 'https://admin.example.com'])(
    '%s, which is listed, may ask and read',
    async (origin) => {
      const asked = await preflight(origin);
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
      expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
      expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
      const answered = await send('/graphql', {
        method: 'POST',
        headers: { ...json, origin },
        body: JSON.stringify({ query: VIEWER }),
      });
      expect(answered.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answered.headers.get('access-control-expose-headers')).toMatch(/retry-after/);
      expect(answered.headers.get('vary')).toMatch(/origin/i);
    },
  );

  test('may ask for a part of a recording, and see which part it was given', async () => {
    const asked = await send('/calls/01900000-0000-7000-8000-000000000401/recording', {
      method: 'OPTIONS',
      headers: {
        origin: PORTAL,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,if-range,range',
      },
    });
    expect(asked.headers.get('access-control-allow-headers')?.split(/, */)).toEqual(
      expect.arrayContaining(['authorization', 'if-range', 'range']),
    );
    const answered = await send('/healthz', { headers: { origin: PORTAL } });
    expect(answered.headers.get('access-control-expose-headers')?.split(/, */)).toEqual(
      expect.arrayContaining(['accept-ranges', 'content-range', 'etag']),
    );
  });

  test('may send the headers by which clients and tracing name themselves', async () => {
    const headers = [
      'accept',
      'apollographql-client-name',
      'apollographql-client-version',
      'baggage',
      'sentry-trace',
      'traceparent',
      'tracestate',
    ];
    const asked = await send('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: PORTAL,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers.join(','),
      },
    });
    expect(asked.headers.get('access-control-allow-headers')?.split(/, */)).toEqual(
      expect.arrayContaining(headers),
    );
  });

  test.each([
    'https://evil.example',
    'null',
    'https://portal.example.com.evil.example',
    'http://portal.example.com',
  ])('%s, which is not, may not', async (origin) => {
    for (const response of [
      await preflight(origin),
      await send('/graphql', {
        method: 'POST',
        headers: { ...json, origin },
        body: JSON.stringify({ query: VIEWER }),
      }),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('may not ask unless they are configured', async () => {
    const closed = await startTestApp();
    const response = await fetch(`${closed.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: PORTAL, 'access-control-request-method': 'POST' },
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([404, null]);
    await response.text();
    await closed.close();
  });
});

describe('every answer', () => {
  test.each<[string, string, RequestInit]>([
    ['to a query', '/graphql', { method: 'POST', headers: json, body: JSON.stringify({ query: VIEWER }) }],
    ['to what is no request', '/graphql', { method: 'POST', headers: json, body: '{' }],
    ['of a health check', '/healthz', {}],
    ['where nothing is', '/nothing', {}],
    ['to an address that cannot be decoded', '/%zz', {}],
    [
      'to an address that cannot be decoded, of a POST',
      '/graphql%zz',
      { method: 'POST', headers: json, body: '{}' },
    ],
    ['to a very long address', `/${'x'.repeat(8_000)}`, {}],
  ])('%s tells browsers to load, frame and keep nothing', async (_what, path, init) => {
    const { headers } = await send(path, init);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'strict-transport-security': expect.stringMatching(/max-age=\d{8}/) as string,
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test.each(['/healthz', '/nothing', '/%zz', `/key/${'x'.repeat(101)}`, `/key/${'x'.repeat(8_000)}`])(
    'to %p has the id of its one log line, which does not quote the address',
    async (path) => {
      const { status, headers } = await send(path);
      const id = headers.get('x-request-id') ?? 'none';
      const lines = running.logs
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ requestId }) => requestId === id);
      expect(lines).toMatchObject([{ method: 'GET', status, durationMs: expect.any(Number) as number }]);
      expect(JSON.stringify(lines)).not.toMatch(/zz|xxx/);
    },
  );

  test('to a link of any length that opens nothing is the same page', async () => {
    const pages = await Promise.all([43, 101, 8_000].map((length) => send(`/key/${'x'.repeat(length)}`)));
    expect(new Set(pages.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(pages[0]?.status).toBe(404);
  });

  test.each(['/playground', '/playground/main.js'])(
    'of the playground (%s) has its own policy: everything from this origin',
    async (path) => {
      const { headers } = await send(path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
      expect(headers.get('content-security-policy')).not.toMatch(/https?:/);
      expect(headers.get('content-security-policy')).toMatch(
        /; base-uri 'self'; form-action 'none'; frame-ancestors 'none'$/,
      );
    },
  );
});

describe('with trusted documents', () => {
  const RENAMED = 'query Who { viewer { name role } }';
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const manifests = {
    "Apollo's manifest": {
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [VIEWER, RENAMED].map((body) => ({ id: hash(body), name: 'x', type: 'query', body })),
    },
    'a plain object': { [hash(VIEWER)]: VIEWER, [hash(RENAMED)]: RENAMED },
  };
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(Object.entries(manifests))('of %s', (_form, manifest) => {
    let trusting: TestApp;
    beforeAll(async () => {
      const file = join(folder, 'documents.json');
      writeFileSync(file, JSON.stringify(manifest));
      trusting = await startTestApp({ TRUSTED_DOCUMENTS_FILE: file });
    });
    afterAll(() => trusting.close());
    const ask = (body: unknown) => post(trusting.url, trusting.tokens.agencyAdmin, body);

    test.each<[string, object]>([
      ['by its hash', { extensions: { persistedQuery: { version: 1, sha256Hash: hash(VIEWER) } } }],
      ['by its id', { documentId: hash(VIEWER) }],
      ['word by word', { query: VIEWER }],
      [
        'word by word, with its hash',
        { query: VIEWER, extensions: { persistedQuery: { version: 1, sha256Hash: hash(VIEWER) } } },
      ],
      [
        'by its hash, with nulls for all else',
        {
          query: null,
          variables: null,
          operationName: null,
          extensions: { persistedQuery: { version: 1, sha256Hash: hash(VIEWER) } },
        },
      ],
    ])('a document that is listed runs %s', async (_how, body) => {
      expect((await ask(body)).data).toEqual({ viewer: { role: 'AGENCY_ADMIN' } });
    });

    test('a document that is listed runs by GET, word by word', async () => {
      const get = (text: string) =>
        fetch(`${trusting.url}${query(text)}`, {
          headers: {
            'apollo-require-preflight': '1',
            authorization: `Bearer ${trusting.tokens.agencyAdmin}`,
          },
        });
      expect(await (await get(VIEWER)).json()).toEqual({ data: { viewer: { role: 'AGENCY_ADMIN' } } });
      const refused = await get('{ __typename }');
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain('DOCUMENT_NOT_TRUSTED');
    });

    test('what stands behind a number sign in the address is no part of a document', async () => {
      const more = encodeURIComponent('\nquery More { clients { totalCount } }');
      const path = `/graphql?operationName=More&query=${encodeURIComponent(RENAMED)}#${more}`;
      const headers = {
        'apollo-require-preflight': '1',
        authorization: `Bearer ${trusting.tokens.agencyAdmin}`,
      };
      // `fetch` would not send it.
      const answer = await new Promise<IncomingMessage>((resolve, reject) =>
        get(trusting.url, { path, headers }, resolve).on('error', reject),
      );
      expect(await readJson(answer)).toEqual({
        errors: [
          expect.objectContaining({
            extensions: expect.objectContaining({ code: 'OPERATION_RESOLUTION_FAILURE' }) as unknown,
          }),
        ],
      });
    });

    test.each<[string, unknown]>([
      ['another document', { query: '{ __typename }' }],
      ['one with another space', { query: `${VIEWER} ` }],
      [
        'another under the hash of one',
        { query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: hash(VIEWER) } } },
      ],
      ['another under the id of one', { query: '{ __typename }', documentId: hash(VIEWER) }],
      ['an empty one under the id of one', { query: '', documentId: hash(VIEWER) }],
      ['an unknown hash', { extensions: { persistedQuery: { version: 1, sha256Hash: hash('x') } } }],
      ['the name of a property', { documentId: '__proto__' }],
      ['nothing', {}],
      ['a batch', [{ query: VIEWER }]],
      ['a list for a document', { query: [VIEWER] }],
    ])('no other document runs: %s', async (_what, body) => {
      const { status, errors, data } = await ask(body);
      expect([status, errors.map(({ extensions }) => extensions.code), data]).toEqual([
        400,
        ['DOCUMENT_NOT_TRUSTED'],
        undefined,
      ]);
    });
  });
});
