import { createHmac } from 'node:crypto';
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text as textOf } from 'node:stream/consumers';
import Retell from 'retell-sdk';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { WebhookEndpointRow } from '../../src/events/webhook-endpoint.entity';
import { WebhookSecretRow } from '../../src/events/webhook-secret.entity';
import { MAX_EVENT_BYTES } from '../../src/http/webhooks';
import { HARBOR, MAPLE, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, ENDPOINTS, ROTATE_WEBHOOK_URL, SET_WEBHOOK_SECRET, type UserErrors } from '../operations';

interface Endpoint {
  readonly provider: string;
  readonly client: { readonly id: string } | null;
  readonly url: string;
  readonly isSecretSet: boolean;
  readonly lastEventAt: string | null;
  readonly refusedEventCount: number;
}
interface Changed extends UserErrors {
  readonly endpoint: Endpoint | null;
}
type Headers = Readonly<Record<string, string>>;

const SECRET = 'whs_0123456789abcdefghij';
let running: TestApp;
const start = async () => void (running = await startTestApp());
const stop = () => running.close();

const endpointsOf = async (clientId: string | null) =>
  (await running.data<{ webhookEndpoints: Endpoint[] }>(ENDPOINTS, { clientId })).webhookEndpoints;
const endpointOf = async (provider: string, clientId: string | null = HARBOR): Promise<Endpoint> => {
  const found = (await endpointsOf(clientId)).find((each) => each.provider === provider);
  if (!found) throw new Error(`There is no endpoint of ${provider}`);
  return found;
};
const setSecret = async (provider: string, secret: string, clientId: string | null = HARBOR) =>
  (
    await running.data<{ setWebhookSecret: Changed }>(SET_WEBHOOK_SECRET, {
      input: { clientId, provider, secret },
    })
  ).setWebhookSecret;
const rotate = async (provider: string, clientId: string | null = HARBOR) =>
  (await running.data<{ rotateWebhookUrl: Changed }>(ROTATE_WEBHOOK_URL, { input: { clientId, provider } }))
    .rotateWebhookUrl;
const events = () => running.app.database.read.find(ProviderEventRow, { order: { id: 'ASC' } });

async function send(url: string, body: string | Buffer, headers: Headers = {}) {
  const request = sendRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(body);
  const [response] = await answered;
  return { status: response.statusCode, text: await textOf(response) };
}

const BODIES: Readonly<Record<string, string>> = {
  RETELL: JSON.stringify({
    event: 'call_ended',
    call: { call_id: 'call_1', transcript: 'A secret illness' },
  }),
  VAPI: JSON.stringify({
    message: { type: 'end-of-call-report', call: { id: 'call_1' }, transcript: 'A secret illness' },
  }),
  BLAND: JSON.stringify({ call_id: 'call_1', concatenated_transcript: 'A secret illness', completed: true }),
};
const hmac = (body: string, secret = SECRET, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(body);
const retellHeader = (body: string, secret = SECRET, time = Date.now()) => ({
  'x-retell-signature': `v=${time},d=${hmac(`${body}${time}`, secret).digest('hex')}`,
});
const vapiHeaders = (body: string, time = String(Math.floor(Date.now() / 1000)), secret = SECRET) => ({
  'x-timestamp': time,
  'x-signature': hmac(`${time}.${body}`, secret).digest('hex'),
});
const blandHeader = (body: string, secret = SECRET) => ({
  'x-webhook-signature': hmac(body, secret).digest('hex'),
});
const signed: Readonly<Record<string, (body: string, secret?: string) => Headers>> = {
  RETELL: (body, secret) => retellHeader(body, secret),
  VAPI: (body, secret) => vapiHeaders(body, undefined, secret),
  BLAND: (body, secret) => blandHeader(body, secret),
};
const providers = Object.keys(BODIES);
const bodyOf = (provider: string) => BODIES[provider] ?? '';
const headersOf = (provider: string, body: string, secret?: string) => signed[provider]?.(body, secret) ?? {};

describe('the endpoints of an account', () => {
  beforeEach(start);
  afterEach(stop);

  test('are there for every provider, each with an address of its own that nobody can guess', async () => {
    const all = [...(await endpointsOf(null)), ...(await endpointsOf(HARBOR)), ...(await endpointsOf(MAPLE))];
    expect(all.map(({ provider }) => provider)).toEqual([...providers, ...providers, ...providers]);
    expect(new Set(all.map(({ url }) => url.slice(-22))).size).toBe(9);
    expect(all[0]).toMatchObject({
      client: null,
      isSecretSet: false,
      lastEventAt: null,
      refusedEventCount: 0,
    });
    expect(all[3]?.client).toEqual({ id: HARBOR });
    expect((await endpointsOf(HARBOR)).map(({ url }) => url)).toEqual(all.slice(3, 6).map(({ url }) => url));
  });

  test.each([OTHER_AGENCYS_CLIENT, 'nobody'])(
    'are none of a client that the agency does not have: %s',
    async (id) => {
      expect(await endpointsOf(id)).toEqual([]);
      expect(codes(await setSecret('RETELL', SECRET, id))).toEqual(['NOT_FOUND input.clientId']);
      expect(codes(await rotate('RETELL', id))).toEqual(['NOT_FOUND input.clientId']);
    },
  );

  test('take another address, and the one before it is answered for a day', async () => {
    const { url: first } = await endpointOf('RETELL');
    const second = (await rotate('RETELL')).endpoint?.url ?? '';
    expect(second).not.toBe(first);
    expect((await send(first, bodyOf('RETELL'))).status).toBe(204);
    expect((await send(second, bodyOf('RETELL'))).status).toBe(204);
    const [endpoint] = await running.app.database.read.find(WebhookEndpointRow);
    const left = (endpoint?.previousUrlUntil?.getTime() ?? 0) - Date.now();
    expect(Math.round(left / 3_600_000)).toBe(24);
    await running.app.database.write((tx) =>
      tx.updateRow('webhook_endpoints', { previousUrlUntil: new Date() }, { id: endpoint?.id }),
    );
    expect((await send(first, bodyOf('RETELL'))).status).toBe(401);
    expect((await send(second, bodyOf('RETELL'))).status).toBe(204);
  });

  test('answer the address that the provider still uses for its day, however often it is rotated', async () => {
    const { url: first } = await endpointOf('RETELL');
    const second = (await rotate('RETELL')).endpoint?.url ?? '';
    const third = (await rotate('RETELL')).endpoint?.url ?? '';
    const statuses = async () => {
      const sent = [];
      for (const url of [first, second, third]) sent.push((await send(url, bodyOf('RETELL'))).status);
      return sent;
    };
    expect(await statuses()).toEqual([204, 204, 204]);
    const { endpoint, userErrors } = await rotate('RETELL');
    expect([endpoint, codes({ userErrors })]).toEqual([null, ['TOO_MANY input.provider']]);
    expect(await statuses()).toEqual([204, 204, 204]);
    await running.app.database.write((tx) =>
      tx.run('UPDATE webhook_endpoints SET earlierUrlUntil = ?', [new Date()]),
    );
    expect(await statuses()).toEqual([401, 204, 204]);
    await rotate('RETELL');
    expect(await statuses()).toEqual([401, 204, 204]);
  });
});

describe('an event', () => {
  beforeEach(start);
  afterEach(stop);

  test.each(providers)(
    'of %s that is signed by the secret is stored, with nothing of its text',
    async (provider) => {
      await setSecret(provider, SECRET);
      const { url } = await endpointOf(provider);
      const body = bodyOf(provider);
      expect(await send(url, body, headersOf(provider, body))).toEqual({ status: 204, text: '' });
      const stored = await events();
      expect(stored).toMatchObject([
        {
          provider,
          ownerType: 'CLIENT',
          ownerId: HARBOR,
          providerCallId: 'call_1',
          isSigned: true,
          state: 'WAITING',
        },
      ]);
      expect(JSON.stringify(stored) + running.logs.join()).not.toContain('illness');
      expect((await endpointOf(provider)).lastEventAt).toBe(stored[0]?.receivedAt.toISOString());
    },
  );

  test.each(providers)(
    'of %s that is not signed by the secret is refused alike, and only counted',
    async (provider) => {
      await setSecret(provider, SECRET);
      const { url } = await endpointOf(provider);
      const body = bodyOf(provider);
      const attempts: readonly Headers[] = [
        {},
        headersOf(provider, body, 'whs_another_secret_01234'),
        headersOf(provider, `${body} `),
        Object.fromEntries(Object.keys(headersOf(provider, body)).map((name) => [name, 'v=1,d=00'])),
      ];
      for (const headers of attempts)
        expect(await send(url, body, headers)).toEqual({ status: 401, text: '' });
      expect(await events()).toEqual([]);
      await running.app.upkeep.refusedEvents.write();
      expect((await endpointOf(provider)).refusedEventCount).toBe(attempts.length);
    },
  );

  test('that is refused has the reason in the log as a code, and nothing of its secret or its text', async () => {
    await setSecret('RETELL', SECRET);
    const { url } = await endpointOf('RETELL');
    const body = bodyOf('RETELL');
    const hourAgo = Date.now() - 3_600_000;
    const cases: [string, string, string, Headers][] = [
      ['ADDRESS', `${url}x`, body, retellHeader(body)],
      ['ADDRESS', url.replace('/retell/', '/nobody/'), body, retellHeader(body)],
      ['NO_SIGNATURE', url, body, {}],
      ['SIGNATURE', url, body, retellHeader(body, 'whs_another_secret_01234')],
      ['SIGNED_AT', url, body, retellHeader(body, SECRET, hourAgo)],
      ['NO_EVENT', url, 'illness', retellHeader('illness')],
    ];
    const first = running.logs.length;
    for (const [, address, text, headers] of cases) await send(address, text, headers);
    const lines = running.logs.slice(first);
    const reasons = lines.map((line) => (JSON.parse(line) as { eventRefused?: string }).eventRefused);
    expect(reasons.filter((reason) => reason !== undefined)).toEqual(cases.map(([reason]) => reason));
    expect(lines.join('')).not.toMatch(new RegExp(`illness|${SECRET}|${url.slice(-22)}`));
  });

  test('of Retell is verified as its SDK signs and verifies', async () => {
    await setSecret('RETELL', SECRET);
    const { url } = await endpointOf('RETELL');
    const body = bodyOf('RETELL');
    const signature = await Retell.sign(body, SECRET);
    for (const [form, isValid] of [
      [signature, true],
      [signature.toUpperCase(), true],
      [retellHeader(body)['x-retell-signature'], true],
      [`${signature},`, false],
      [signature.replace(',', ', '), false],
    ] as const) {
      expect(await Retell.verify(body, SECRET, form)).toBe(isValid);
      expect((await send(url, body, { 'x-retell-signature': form })).status).toBe(isValid ? 204 : 401);
    }
  });

  const FIVE_MINUTES = 300_000;
  test.each([
    ['RETELL', (time: number, body: string) => retellHeader(body, SECRET, time)],
    ['VAPI', (time: number, body: string) => vapiHeaders(body, String(time))],
    ['VAPI', (time: number, body: string) => vapiHeaders(body, String(Math.floor(time / 1000)))],
  ] as const)(
    'of %s is refused when it was signed more than five minutes ago, or from now',
    async (provider, headers) => {
      await setSecret(provider, SECRET);
      const { url } = await endpointOf(provider);
      const body = bodyOf(provider);
      for (const [offset, status] of [
        [-FIVE_MINUTES - 5_000, 401],
        [FIVE_MINUTES + 5_000, 401],
        [-FIVE_MINUTES + 5_000, 204],
      ] as const)
        expect((await send(url, body, headers(Date.now() + offset, body))).status).toBe(status);
    },
  );

  test.each([
    ['the secret in the older header', { 'x-vapi-secret': SECRET }],
    ['a bearer token', { authorization: `Bearer ${SECRET}` }],
    ['a hash without a time', { 'x-signature': hmac(bodyOf('VAPI')).digest('hex') }],
    ['a hash in base64', { 'x-signature': hmac(bodyOf('VAPI')).digest('base64') }],
    ['a hash in capitals', { 'x-signature': hmac(bodyOf('VAPI')).digest('hex').toUpperCase() }],
    ['a hash with a prefix', { 'x-signature': `sha256=${hmac(bodyOf('VAPI')).digest('hex')}` }],
    ['a longer hash', { 'x-signature': hmac(bodyOf('VAPI'), SECRET, 'sha512').digest('hex') }],
  ])('of Vapi is verified by %s', async (_, headers) => {
    await setSecret('VAPI', SECRET);
    const { url } = await endpointOf('VAPI');
    expect((await send(url, bodyOf('VAPI'), headers)).status).toBe(204);
  });

  test('is verified by each secret for a day after another has taken its place, and by no older one', async () => {
    const { url } = await endpointOf('BLAND');
    const secrets = ['whs_first_0123456789', 'whs_second_0123456789', 'whs_third_0123456789'];
    const accepted = async () => {
      const statuses: unknown[] = [];
      for (const secret of secrets) {
        const body = JSON.stringify({ call_id: `call_${secret}_${statuses.length}` });
        statuses.push((await send(url, body, blandHeader(body, secret))).status);
      }
      return statuses;
    };
    await setSecret('BLAND', secrets[0] ?? '');
    await setSecret('BLAND', secrets[1] ?? '');
    expect(await accepted()).toEqual([204, 204, 401]);
    // Whoever has mistyped a secret sets another one, while the provider still signs by the first.
    await setSecret('BLAND', secrets[2] ?? '');
    expect(await accepted()).toEqual([204, 204, 204]);
    await running.app.database.write((tx) =>
      tx.run('UPDATE webhook_secrets SET validUntil = ? WHERE version = 1', [new Date()]),
    );
    expect(await accepted()).toEqual([401, 204, 204]);
    await running.app.database.write((tx) =>
      tx.run('UPDATE webhook_secrets SET validUntil = ? WHERE validUntil IS NOT NULL', [new Date()]),
    );
    expect(await accepted()).toEqual([401, 401, 204]);
    await setSecret('BLAND', 'whs_fourth_0123456789');
    const stored = await running.app.database.read.find(WebhookSecretRow, { order: { version: 'ASC' } });
    expect(stored.map(({ version }) => version)).toEqual([3, 4]);
  });

  test('is accepted by the secret that holds where another one does not open, and by no other', async () => {
    const secrets = ['whs_first_0123456789', 'whs_second_0123456789'];
    for (const secret of secrets) await setSecret('BLAND', secret);
    const [, newest] = await running.app.database.read.find(WebhookSecretRow, { order: { version: 'ASC' } });
    await running.app.database.write((tx) =>
      tx.run('UPDATE webhook_secrets SET sealed = ? WHERE version = 1', [newest?.sealed]),
    );
    const { url } = await endpointOf('BLAND');
    const body = bodyOf('BLAND');
    const sent = secrets.map((secret) => send(url, body, headersOf('BLAND', body, secret)));
    // What may be signed by the one that does not open is sent again by the provider.
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([500, 204]);
    expect(await events()).toHaveLength(1);
  });

  test('without a secret is stored as one that nobody vouches for', async () => {
    const { url } = await endpointOf('RETELL', null);
    expect((await send(url, bodyOf('RETELL'))).status).toBe(204);
    expect(await events()).toMatchObject([{ ownerType: 'AGENCY', isSigned: false }]);
  });

  test('that tells of a time to come is dated when it was received, so that what is known later is newer', async () => {
    const { url } = await endpointOf('VAPI');
    const at = async (timestamp: number) => {
      const message = {
        type: 'status-update',
        status: 'ringing',
        timestamp,
        call: { id: `at_${timestamp}` },
      };
      expect((await send(url, JSON.stringify({ message }))).status).toBe(204);
      return (await events()).at(-1);
    };
    const soon = Date.now() + 60_000;
    expect((await at(soon))?.occurredAt).toEqual(new Date(soon));
    const late = await at(Date.UTC(2099, 0));
    expect(late?.occurredAt).toEqual(late?.receivedAt);
  });

  test('that comes again, also at once and on another instance, is the same event', async () => {
    const other = await running.another();
    const { url } = await endpointOf('RETELL');
    const path = new URL(url).pathname;
    const sent = Array.from({ length: 12 }, (_, index) =>
      send(`${(index % 2 ? running : other).url}${path}`, bodyOf('RETELL')),
    );
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(Array(12).fill(204));
    expect(await events()).toHaveLength(1);
    await other.close();
  });

  test('to an address of another provider, another owner or nobody is refused like one with a wrong signature', async () => {
    const { url } = await endpointOf('RETELL');
    const other = await endpointOf('RETELL', MAPLE);
    const tokenOf = (address: string) => address.split('/').at(-1) ?? '';
    const [token, others] = [tokenOf(url), tokenOf(other.url)];
    const paths = [
      `vapi/${token}`,
      `RETELL/${token}`,
      `nobody/${token}`,
      `retell/${others.slice(0, 32)}${token.slice(32)}`,
      `retell/${token.slice(0, -1)}`,
      `retell/${token}A`,
      `retell/${token.toUpperCase()}`,
      `retell/${'0'.repeat(32)}${token.slice(32)}`,
      'retell/x',
    ];
    for (const path of paths)
      expect([path, await send(`${running.url}/webhooks/${path}`, bodyOf('RETELL'))]).toEqual([
        path,
        { status: 401, text: '' },
      ]);
    expect(await events()).toEqual([]);
  });

  test('may be as long as a transcript makes it, and not longer', async () => {
    const { url } = await endpointOf('RETELL');
    const bodyOfLength = (length: number) => {
      const empty = JSON.stringify({ event: 'call_analyzed', call: { call_id: 'long', transcript: '' } });
      return empty.replace('""', `"${'x'.repeat(length - empty.length)}"`);
    };
    expect((await send(url, bodyOfLength(MAX_EVENT_BYTES))).status).toBe(204);
    const refused = await send(url, bodyOfLength(MAX_EVENT_BYTES + 1));
    expect(refused.status).toBe(413);
    expect(refused.text).toContain(`larger than ${MAX_EVENT_BYTES} bytes.`);
  });

  test('is taken whatever its content type says, and its type and its ids are kept within bounds', async () => {
    const { url } = await endpointOf('RETELL');
    const body = JSON.stringify({ event: 'x'.repeat(300), call: { call_id: 'y'.repeat(300) } });
    expect((await send(url, body, { 'content-type': 'text/plain' })).status).toBe(204);
    expect(await events()).toMatchObject([{ type: 'x'.repeat(64), providerCallId: null }]);
  });
});

// Nothing is stored of what is refused: one app serves all of these tests.
describe('a text', () => {
  beforeAll(start);
  afterAll(stop);

  test.each(['', 'no JSON', 'null', '[]', '{}', '{"event":{}}', '\u0000'])(
    'that is no event of the provider is answered so, and not stored: %j',
    async (body) => {
      const { url } = await endpointOf('RETELL');
      expect((await send(url, body)).status).toBe(400);
      expect(await events()).toEqual([]);
    },
  );

  test.each([
    ['', 'REQUIRED input.secret'],
    ['short', 'TOO_SHORT input.secret'],
    ['••••••••abcd', 'LOOKS_MASKED input.secret'],
    ['Bearer whs_0123456789', 'INVALID_FORMAT input.secret'],
  ])('that is no secret is refused: %j', async (secret, code) => {
    expect(codes(await setSecret('RETELL', secret))).toEqual([code]);
    expect((await endpointOf('RETELL')).isSecretSet).toBe(false);
  });
});

describe('a webhook secret', () => {
  beforeEach(start);
  afterEach(stop);

  test('is sealed, is in no answer, log line or audit event, and stays with its endpoint', async () => {
    const changed = await setSecret('RETELL', SECRET);
    expect(changed).toMatchObject({ endpoint: { isSecretSet: true }, userErrors: [] });
    const { read } = running.app.database;
    const [secret] = await read.find(WebhookSecretRow);
    const trail = await read.findBy(AuditEventRow, { type: 'WEBHOOK_SECRET_SET' });
    expect(trail).toHaveLength(1);
    expect(JSON.stringify([changed, secret, trail]) + running.logs.join()).not.toContain(SECRET);
    await setSecret('VAPI', 'whs_of_another_provider');
    await running.app.database.write((tx) =>
      tx.run('UPDATE webhook_secrets SET sealed = ? WHERE provider = ?', [secret?.sealed, 'VAPI']),
    );
    const { url } = await endpointOf('VAPI');
    expect((await send(url, bodyOf('VAPI'), headersOf('VAPI', bodyOf('VAPI')))).status).toBe(500);
    expect(await events()).toEqual([]);
  });

  test('that is set by several at once is the newest one of one of them', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => setSecret('BLAND', `whs_at_once_${index}_0123`)),
    );
    const secrets = await running.app.database.read.find(WebhookSecretRow, { order: { version: 'ASC' } });
    expect(secrets.map(({ version, validUntil }) => [version, validUntil === null])).toEqual([
      [6, false],
      [7, false],
      [8, true],
    ]);
  });
});
