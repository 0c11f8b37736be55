import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { managerOf } from '../database';
import { post, startTestApp, type TestApp } from '../harness';
import { SET_CLIENT } from '../operations';

let running: TestApp;
beforeAll(async () => (running = await startTestApp({ PLAYGROUND: 'on' })));
afterAll(() => running.close());

const VIEWER = '{ viewer { role } }';
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${running.url}${path}`, { headers });
const asAdmin = () => ({ authorization: `Bearer ${running.tokens.agencyAdmin}` });

describe('the endpoint', () => {
  test.each(['/graphql', '/'])('answers a POST to %s', async (path) => {
    const response = await fetch(`${running.url}${path}`, {
      method: 'POST',
      headers: { ...asAdmin(), 'content-type': 'application/json' },
      body: JSON.stringify({ query: VIEWER }),
    });
    expect(await response.json()).toEqual({ data: { viewer: { role: 'AGENCY_ADMIN' } } });
  });

  test('answers a query by GET from a client that says what it accepts, and no mutation', async () => {
    const accept = { ...asAdmin(), accept: 'application/json', 'apollo-require-preflight': '1' };
    const query = await get(`/graphql?query=${encodeURIComponent(VIEWER)}`, accept);
    expect(await query.json()).toEqual({ data: { viewer: { role: 'AGENCY_ADMIN' } } });
    const mutation = await get(
      `/graphql?query=${encodeURIComponent('mutation { createClient(input: { name: "x" }) { client { id } } }')}`,
      accept,
    );
    expect(mutation.status).toBe(405);
  });

  test.each<[string, string, RequestInit, number]>([
    [
      'a body that is not JSON',
      '/graphql',
      { method: 'POST', body: '{"query": key_canary', headers: { 'content-type': 'application/json' } },
      400,
    ],
    [
      'an empty body',
      '/graphql',
      { method: 'POST', body: '', headers: { 'content-type': 'application/json' } },
      400,
    ],
    [
      'plain text',
      '/graphql',
      { method: 'POST', body: VIEWER, headers: { 'content-type': 'text/plain' } },
      415,
    ],
    [
      'a form',
      '/graphql',
      { method: 'POST', body: 'query=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
    ],
    [
      'a body over the limit',
      '/graphql',
      {
        method: 'POST',
        body: JSON.stringify({ query: ' '.repeat(300_000) }),
        headers: { 'content-type': 'application/json' },
      },
      413,
    ],
    ['an address where nothing is', '/key_canary_in_address', {}, 404],
    ['an address that cannot be decoded', '/%key_canary', {}, 400],
    ['a method that is not served', '/graphql', { method: 'DELETE' }, 404],
    [
      'a batch',
      '/graphql',
      {
        method: 'POST',
        body: JSON.stringify([{ query: VIEWER }]),
        headers: { 'content-type': 'application/json' },
      },
      400,
    ],
  ])('answers %s with one error of the form that GraphQL clients know', async (_what, path, init, status) => {
    const response = await fetch(`${running.url}${path}`, init);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: expect.any(String) as string, extensions: { code: 'BAD_REQUEST' } }],
    });
    expect(text).not.toContain('key_canary');
  });

  const named = (name: Buffer, type = 'application/json') =>
    fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { ...asAdmin(), 'content-type': type },
      body: Buffer.concat([
        Buffer.from(
          '{"query":"mutation ($name: String!) { createClient(input: { name: $name }) { client { name } } }"',
        ),
        Buffer.from(',"variables":{"name":"'),
        name,
        Buffer.from('"}}'),
      ]),
    });

  test('refuses a body that is not UTF-8, or that is said not to be, and stores nothing of it', async () => {
    const count = async () => (await running.data<object>('{ clients { totalCount } }')) as unknown;
    const before = await count();
    expect((await named(Buffer.from('Zürich', 'latin1'))).status).toBe(400);
    for (const charset of ['iso-8859-1', '"ISO-8859-1"', 'utf-16le'])
      expect((await named(Buffer.from('Zurich'), `application/json; charset=${charset}`)).status).toBe(415);
    expect(await count()).toEqual(before);
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'application/json;charset="UTF8"',
      "application/json; charset='utf-8'",
      'application/json; charset=us-ascii',
      'application/json; charset=',
    ])
      expect(await (await named(Buffer.from('Zürich'), type)).json()).toEqual({
        data: { createClient: { client: { name: 'Zürich' } } },
      });
  });

  test.each(['gzip', 'br', 'identity, gzip'])(
    'says of a body in the encoding %s that it takes none that is compressed',
    async (encoding) => {
      const response = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
        body: gzipSync(JSON.stringify({ query: VIEWER })),
      });
      expect([response.status, await response.text()]).toEqual([
        415,
        expect.stringContaining('without compression'),
      ]);
    },
  );

  test('gives every answer the id under which it is logged', async () => {
    const { headers } = await running.ask('agencyAdmin', VIEWER);
    const id = headers.get('x-request-id') ?? 'none';
    const line = running.logs
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ requestId }) => requestId === id);
    expect(line).toMatchObject({
      method: 'POST',
      route: '/graphql',
      status: 200,
      agencyId: expect.any(String) as string,
    });
  });

  test('logs no address, header or body', async () => {
    await get('/key_canary_path_1?key_canary_query_1', { 'x-canary': 'key_canary_header_1' });
    await post(running.url, 'key_canary_token_1', { query: '{ key_canary_query_2 }' });
    expect(running.logs.join('')).not.toContain('canary');
    expect(running.logs.join('')).toContain('"status":404');
  });

  test('masks what goes wrong inside, under an id by which the log has the reason', async () => {
    await managerOf(running.app.database.read).query('ALTER TABLE agents RENAME TO agents_away');
    const { errors, text } = await running.ask('agencyAdmin', '{ viewer { role } agents { nodes { id } } }');
    await managerOf(running.app.database.read).query('ALTER TABLE agents_away RENAME TO agents');
    expect(errors).toMatchObject([
      { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as string } },
    ]);
    expect(text).not.toMatch(/agents_away|SELECT|sqlite|mysql|Error:|\bat /i);
    const logged = running.logs.find(
      (line) => line.includes(String(errors[0]?.extensions.requestId)) && line.includes('"err"'),
    );
    expect(logged).toContain('QueryFailedError');
  });

  test('closes a connection that sends malformed bytes, although its other side stays open', async () => {
    const letGo = new Promise((resolve) =>
      running.app.server.server.once('connection', (socket) => socket.once('close', resolve)),
    );
    const socket = connect({
      port: Number(new URL(running.url).port),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    socket.on('error', () => undefined).write('no HTTP at all\r\n\r\n');
    await letGo;
    socket.destroy();
  });

  test('closes a connection that does not speak HTTP, without a word about what it said', async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(new URL(running.url).port), '127.0.0.1', () =>
        socket.write('key_canary_raw\r\n\r\n'),
      );
      socket.on('data', (data) => (text += data.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('canary');
    expect(running.logs.join('')).not.toContain('canary_raw');
  });
});

describe('a request that cannot run', () => {
  test.each([1, 5, 6, 50, 51, 400])(
    'with %i wrong values in its variables is told of five of them and that there are more, and is not logged as a fault',
    async (wrong) => {
      const keys = Array.from({ length: wrong }, () => 'key_canary_variable');
      const { status, errors, data, text } = await running.ask('agencyAdmin', SET_CLIENT, {
        input: { clientId: 'none', keys },
      });
      const [told, more] = [
        'A variable does not have the type that the document declares for it.',
        'More values in the variables do not have the type that is declared for them.',
      ];
      const expected = [
        ...Array.from({ length: Math.min(wrong, 5) }, () => told),
        ...(wrong > 5 ? [more] : []),
      ].map((message) => [message, 'BAD_USER_INPUT']);
      expect([
        status,
        data,
        errors.map(({ message, extensions }) => [message.startsWith(told) ? told : message, extensions.code]),
      ]).toEqual([400, undefined, expected]);
      expect(text).not.toContain('canary');
      expect(running.logs.filter((line) => line.includes('GraphQL fault'))).toEqual([]);
    },
  );

  test.each([
    'subscription { x }',
    'subscription S { __typename }',
    'query Q { __typename } subscription S { __typename }',
  ])('is refused when it is a subscription, which the schema does not have: %s', async (query) => {
    for (const as of [null, 'agencyAdmin'] as const) {
      const { status, errors, data } = await running.ask(as, query);
      expect([status, data, errors.map(({ extensions }) => extensions.code)]).toEqual([
        400,
        undefined,
        ['GRAPHQL_VALIDATION_FAILED'],
      ]);
      expect(errors[0]?.message).toBe(
        'There are no subscriptions here. Ask again from time to time instead.',
      );
    }
    expect(running.logs.filter((line) => line.includes('GraphQL fault'))).toEqual([]);
  });
});

describe('an instance that ends', () => {
  test.each([
    ['10000', 430_000],
    ['120000', 2_630_000],
  ])(
    'gives ten mutations of one document, each of which asks a provider for as long as %s ms, the time that they need',
    async (PROVIDER_TIMEOUT_MS, drainMs) => {
      const patient = await startTestApp({ PROVIDER_TIMEOUT_MS });
      expect(patient.app.drainMs).toBe(drainMs);
      await patient.close();
    },
  );
});

describe('health', () => {
  test('is told without signing in', async () => {
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200]);
  });

  test('is not ready without its database, and says so, and still alive', async () => {
    const instance = await running.another();
    await instance.app.database.close();
    const unready = await fetch(`${instance.url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { status: 'not ready', database: expect.stringMatching(/^The database /) as string },
    ]);
    expect((await fetch(`${instance.url}/healthz`)).status).toBe(200);
    await instance.app.server.close();
  });
});

describe('the playground', () => {
  test('is served from this origin alone, with every script and style that it names', async () => {
    const response = await get('/playground');
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    const names = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      expect(name).not.toMatch(/^(https?:)?\/\//);
      const file = await get(`/playground/${name}`);
      expect(file.status).toBe(200);
      // Read whole: an answer that is left unread can keep the server from closing.
      await file.arrayBuffer();
    }
  });

  test.each([
    '/playground/../package.json',
    '/playground/..%2f..%2fpackage.json',
    '/playground/%2e%2e/%2e%2e/package.json',
    '/playground/none.js',
  ])('gives out nothing but its own files: %s', async (path) => {
    const { status } = await get(path);
    expect(status).toBe(404);
  });

  test('and introspection are off unless they are switched on', async () => {
    const closed = await startTestApp();
    expect((await fetch(`${closed.url}/`)).status).toBe(404);
    const { errors } = await closed.ask('agencyAdmin', '{ __schema { types { name } } }');
    expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    await closed.close();
  });
});

describe('sign-in', () => {
  test('that cannot be checked, since the issuer is away, is an error of ours and not a refusal', async () => {
    const away = await startTestApp({ AUTH_ISSUER: 'http://127.0.0.1:9' });
    const { status, errors } = await away.ask('agencyAdmin', VIEWER);
    expect([status, errors[0]?.extensions.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect((await away.ask(null, VIEWER)).status).toBe(401);
    await away.close();
  });

  test('that cannot be checked counts for the address that asks', async () => {
    const away = await startTestApp({
      AUTH_ISSUER: 'http://127.0.0.1:9',
      RATE_LIMIT_QUERIES: '400',
      RATE_LIMIT_MUTATIONS: '10',
      RATE_LIMIT_KEY_OPERATIONS: '10',
    });
    for (let n = 0; n < 420; n += 1) expect((await away.ask('agencyAdmin', VIEWER)).status).toBe(503);
    const { status, errors } = await away.ask('agencyAdmin', VIEWER);
    expect([status, errors[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED']);
    await away.close();
  });
});

describe('an address that is opened in a browser', () => {
  const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
  const open = async (url: string, accept = BROWSER, method = 'GET') => {
    const response = await fetch(url, { method, headers: { accept } });
    const { status, headers } = response;
    return { status, type: headers.get('content-type'), headers, text: await response.text() };
  };

  test.each([
    ['/nowhere_canary?key=canary', 404, 'There is nothing here'],
    ['/assets/canary.js', 404, 'There is nothing here'],
    ['/%', 404, 'There is nothing here'],
    ['/%canary', 404, 'There is nothing here'],
    ['/graphql', 400, 'This is the address of the API'],
    ['/graphql?canary=1', 400, 'This is the address of the API'],
  ])('%s says by a page what to do, and repeats nothing', async (path, status, title) => {
    const opened = await open(running.url + path);
    expect([opened.status, opened.type]).toEqual([status, 'text/html; charset=utf-8']);
    expect(opened.text).toContain(`<h1>${title}</h1>`);
    expect(opened.text).not.toContain('canary');
    expect(opened.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(opened.headers.get('cache-control')).toBe('no-store');
  });

  test('leads to what this server has for people, and to nothing else', async () => {
    const everything = await startTestApp({
      CONSOLE: 'on',
      CONSOLE_CLIENT_ID: 'latchkey-console',
      PLAYGROUND: 'on',
    });
    const nothing = await startTestApp();
    const links = async ({ url }: TestApp) =>
      [...(await open(`${url}/nowhere`)).text.matchAll(/href="(.*?)"/g)].map(([, address = '']) => address);
    expect(await links(everything)).toEqual(['/', '/playground']);
    for (const address of await links(everything))
      expect((await open(everything.url + address)).status).toBe(200);
    expect(await links(nothing)).toEqual([]);
    await everything.close();
    await nothing.close();
  });

  test.each([
    ['/nowhere', '*/*', 'GET'],
    ['/nowhere', 'application/json', 'GET'],
    ['/nowhere', BROWSER, 'POST'],
    ['/graphql', '*/*', 'GET'],
    ['/graphql?query={__typename}', BROWSER, 'GET'],
    ['/%zz', '*/*', 'GET'],
  ])('is answered as an API answers: %s, which takes %s, by %s', async (path, accept, method) => {
    const { status, type, text } = await open(running.url + path, accept, method);
    expect([status >= 400, type]).toEqual([true, 'application/json; charset=utf-8']);
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });
});
