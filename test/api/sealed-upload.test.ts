import { execFile } from 'node:child_process';
import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateKeyPair, type CryptoKey } from 'jose';
import { entities } from '../../src/entities';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { VaultKeyRow } from '../../src/vault/vault-key.entity';
import { BRIGHTLINE, HARBOR, MAPLE, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { until } from '../e2e/process';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { CLIENT_KEYS, codes, PREVIEW, SET_AGENCY, SET_CLIENT, type UserErrors } from '../operations';
import { sealFor, UPLOAD_KEY, type UploadKey } from '../seal';

const root = join(__dirname, '../..');
const FIELD = 'input.keys.0.apiKey';
const NOT_OPENED =
  'The sealed key does not open: its upload key is unknown or expired, or it is not as it was sealed. Ask for `apiKeyUploadKey` and seal it again.';
const DAY_MS = 24 * 60 * 60 * 1000;

interface Payload extends UserErrors {
  readonly apiKeys: readonly { maskedKey: string; status: string }[];
}

let shared: TestApp;
let running: TestApp;
beforeAll(async () => (running = shared = await startTestApp()));
afterAll(() => shared.close());

type Admin = 'agencyAdmin' | 'otherAgencyAdmin';
const uploadKey = async (on = running, as: Admin = 'agencyAdmin') =>
  (await on.data<{ apiKeyUploadKey: UploadKey }>(UPLOAD_KEY, {}, as)).apiKeyUploadKey;

/** Sealed for Retell at Maple, but for what `header`, `key` and `crit` change. */
const seal = (
  text: string | Buffer,
  header: object = {},
  key?: CryptoKey | Uint8Array,
  crit: Record<string, boolean> = {},
) => sealFor(running, text, { owner: MAPLE, provider: 'RETELL', header, crit, ...(key && { key }) });

const set = async (apiKey: string, provider = 'RETELL', on = running) =>
  (
    await on.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
      input: { clientId: MAPLE, keys: [{ provider, apiKey }] },
    })
  ).setClientApiKeys;
const storedKeys = async () => JSON.stringify(await running.data(CLIENT_KEYS, { id: MAPLE }));
const pairs = () => running.app.database.read.find(VaultKeyRow, { order: { name: 'ASC' } });
const age = (days: number, name: string) =>
  running.app.database.write((tx) =>
    tx.update(VaultKeyRow, { name }, { createdAt: new Date(Date.now() - days * DAY_MS) }),
  );

const expectRefused = async (apiKey: string, code = 'INVALID_FORMAT') => {
  const before = await storedKeys();
  const result = await set(apiKey);
  expect(codes(result)).toEqual([`${code} ${FIELD}`]);
  expect(await storedKeys()).toBe(before);
  return result.userErrors[0]?.message;
};

describe('a sealed key', () => {
  test('is wiped from the bytes in which it was opened', async () => {
    // The bytes in which jose answers are the very ones that it was given.
    const opening = jest.spyOn(crypto.subtle, 'decrypt');
    expect(codes(await set(await seal('key_sealed_to_be_wiped_1')))).toEqual([]);
    const opened = await Promise.all(opening.mock.results.map(({ value }) => value as Promise<ArrayBuffer>));
    opening.mockRestore();
    expect(opened.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual([
      '00'.repeat('key_sealed_to_be_wiped_1'.length),
    ]);
  });

  test('is accepted wherever a key is, and is the key that was sealed', async () => {
    const key = running.sandbox.retell.keys.secondAccount;
    const input = { clientId: MAPLE, verify: true, keys: [{ provider: 'RETELL', apiKey: await seal(key) }] };
    const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input });
    expect(setClientApiKeys.apiKeys).toEqual([
      expect.objectContaining({ maskedKey: '••••••••0002', status: 'VALID' }),
    ]);
    const agency = await running.data<{ setAgencyApiKeys: Payload }>(SET_AGENCY, {
      input: { keys: [{ provider: 'RETELL', apiKey: await seal(key, { lk_owner: BRIGHTLINE }) }] },
    });
    expect(agency.setAgencyApiKeys.apiKeys[0]?.maskedKey).toBe('••••••••0002');
    const candidate = {
      clientId: HARBOR,
      provider: 'RETELL',
      apiKey: await seal(running.sandbox.retell.keys.revoked, { lk_owner: HARBOR }),
    };
    const preview = await running.data<{ previewClientApiKeyChange: { preview: { status: string } } }>(
      PREVIEW,
      { input: candidate },
    );
    expect(preview.previewClientApiKeyChange.preview.status).toBe('INVALID');
  });

  test('is read like one that was typed: white space round it and within the envelope is trimmed', async () => {
    expect((await set(` \n${await seal(' key_sealed_0123456789\n')}\t`)).apiKeys[0]?.maskedKey).toBe(
      '••••••••6789',
    );
  });

  test('opens when it was made by the standard alone, without a library of Latchkey', async () => {
    expect((await set(await sealByTheBook('key_by_the_book_rfc7518'))).apiKeys[0]?.maskedKey).toBe(
      '••••••••7518',
    );
  });

  test.each([
    ['empty', '', 'REQUIRED'],
    ['white space', ' \n ', 'REQUIRED'],
    ['a mask', '••••••••abcd', 'LOOKS_MASKED'],
    ['too short', '1234567', 'TOO_SHORT'],
    ['too long', 'k'.repeat(513), 'TOO_LONG'],
    ['of two words', 'key with a space', 'INVALID_FORMAT'],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8]), 'INVALID_FORMAT'],
  ])('has the checks of any other key: %s', async (_what, text, code) => {
    await expectRefused(await seal(text), code);
  });

  test('that holds a sealed key is refused, and not stored as it stands', async () => {
    expect(await expectRefused(await seal(await seal('key_in_two_envelopes')))).toBe(NOT_OPENED);
  });

  test('of any size gets an answer: what is too long is not opened', async () => {
    await expectRefused(await seal('k'.repeat(100_000)), 'TOO_LONG');
    await expectRefused(`${'e'.repeat(200_000)}..a.b.c`, 'TOO_LONG');
  });

  test('that is refused stands beside what else is wrong, and nothing of the request is set', async () => {
    const before = await storedKeys();
    const keys = [
      await seal('key_good_0123456789'),
      await seal('key_other_0123456789', { kid: 'upload-9' }),
      'short',
    ];
    const input = {
      clientId: MAPLE,
      keys: ['RETELL', 'VAPI', 'BLAND'].map((provider, index) => ({ provider, apiKey: keys[index] })),
    };
    const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input });
    expect(codes(setClientApiKeys)).toEqual([
      'INVALID_FORMAT input.keys.1.apiKey',
      'TOO_SHORT input.keys.2.apiKey',
    ]);
    expect(await storedKeys()).toBe(before);
  });
});

/** RFC 7516 and RFC 7518 with Node's primitives: ECDH, the Concat KDF, AES-256-GCM. */
async function sealByTheBook(text: string): Promise<string> {
  const { kid, jwk } = await uploadKey();
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const shared = diffieHellman({
    privateKey: ephemeral.privateKey,
    publicKey: createPublicKey({ key: { ...jwk }, format: 'jwk' }),
  });
  const uint32 = (number: number) => Buffer.from([0, 0, number >> 8, number & 255]);
  const info = [uint32(7), Buffer.from('A256GCM'), uint32(0), uint32(0), uint32(256)];
  const key = createHash('sha256')
    .update(Buffer.concat([uint32(1), shared, ...info]))
    .digest();
  const epk = ephemeral.publicKey.export({ format: 'jwk' });
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid, epk, lk_owner: MAPLE, lk_provider: 'RETELL' };
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(encoded));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return [encoded, '', ...[iv, body, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join(
    '.',
  );
}

describe('what is not sealed as asked', () => {
  const publicBytes = async () => Buffer.from((await uploadKey()).jwk.x ?? '', 'base64url');
  const otherKey = async (alg: string, options?: { crv: string }) =>
    (await generateKeyPair(alg, options)).publicKey;
  const text = 'key_canary_of_a_bad_envelope';

  const forms: [string, () => Promise<string>][] = [
    [
      'with the public key taken for a shared secret (dir)',
      async () => seal(text, { alg: 'dir' }, await publicBytes()),
    ],
    ['with RSA-OAEP', async () => seal(text, { alg: 'RSA-OAEP' }, await otherKey('RSA-OAEP'))],
    ['with ECDH-ES+A256KW', () => seal(text, { alg: 'ECDH-ES+A256KW' })],
    ['with ECDH-ES+A128KW', () => seal(text, { alg: 'ECDH-ES+A128KW' })],
    ['with A256KW under the public key', async () => seal(text, { alg: 'A256KW' }, await publicBytes())],
    ['with a password', () => seal(text, { alg: 'PBES2-HS256+A128KW' }, Buffer.from('password'))],
    ['with A128GCM', () => seal(text, { enc: 'A128GCM' })],
    ['with A256CBC-HS512', () => seal(text, { enc: 'A256CBC-HS512' })],
    ['compressed', () => seal(text, { zip: 'DEF' })],
    [
      'with a critical extension',
      () => seal(text, { crit: ['urn:x'], 'urn:x': 1 }, undefined, { 'urn:x': true }),
    ],
    ['to another P-256 key', async () => seal(text, {}, await otherKey('ECDH-ES'))],
    ['on another curve', async () => seal(text, {}, await otherKey('ECDH-ES', { crv: 'P-384' }))],
    ['on X25519', async () => seal(text, {}, await otherKey('ECDH-ES', { crv: 'X25519' }))],
    ['with no kid', () => seal(text, { kid: undefined })],
    ['with a kid that is not text', () => seal(text, { kid: 1 })],
    [
      'with a kid that nobody gave out',
      async () => seal(text, { kid: (await uploadKey()).kid.replace('upload-1', 'upload-2') }),
    ],
    ['with a kid in capitals', async () => seal(text, { kid: (await uploadKey()).kid.toUpperCase() })],
    ['with a kid that goes on', async () => seal(text, { kid: `${(await uploadKey()).kid}.x` })],
    ['with a kid of no agency', () => seal(text, { kid: 'upload-1' })],
    [
      "with the name of the vault's other key",
      async () => seal(text, { kid: (await uploadKey()).kid.replace('upload-1', 'fingerprint') }),
    ],
    ['with a kid of SQL', () => seal(text, { kid: "upload-1' OR '1'='1" })],
    ['with a header that is no JSON', async () => (await seal(text)).replace(/^\w+/, 'eyJhbGci')],
    [
      'with a header that is no object',
      async () => (await seal(text)).replace(/^[\w-]+/, Buffer.from('[]').toString('base64url')),
    ],
    [
      'with a header of prototypes',
      async () =>
        (await seal(text)).replace(
          /^[\w-]+/,
          Buffer.from('{"__proto__":{"alg":"ECDH-ES"},"constructor":1}').toString('base64url'),
        ),
    ],
    ['with nothing in it', () => Promise.resolve('a..b.c.d')],
  ];

  test.each(forms)('is refused, %s', async (_what, make) => {
    const jwe = await make();
    expect(jwe.split('.')).toHaveLength(5);
    expect(await expectRefused(jwe)).toBe(NOT_OPENED);
  });

  test('is refused with a character changed in any of its parts', async () => {
    const jwe = await seal(text);
    for (const [index, part] of jwe.split('.').entries()) {
      const parts = jwe.split('.');
      parts[index] = part === '' ? 'AAAA' : (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
      expect(await expectRefused(parts.join('.'))).toBe(NOT_OPENED);
    }
  });

  test('with the agency in its kid exchanged is refused, although the key pair is the same', async () => {
    const ours = await uploadKey();
    const theirs = await uploadKey(running, 'otherAgencyAdmin');
    expect([ours.jwk, ours.kid === theirs.kid]).toEqual([theirs.jwk, false]);
    const jwe = await seal(text);
    const [header = '', ...rest] = jwe.split('.');
    const changed = Buffer.from(header, 'base64url').toString().replace(ours.kid, theirs.kid);
    for (const attempt of [jwe, [Buffer.from(changed).toString('base64url'), ...rest].join('.')]) {
      const input = { clientId: OTHER_AGENCYS_CLIENT, keys: [{ provider: 'RETELL', apiKey: attempt }] };
      const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(
        SET_CLIENT,
        { input },
        'otherAgencyAdmin',
      );
      expect(codes(setClientApiKeys)).toEqual([`INVALID_FORMAT ${FIELD}`]);
    }
  });

  test.each([
    ["Vapi's JWT, of three parts", 'eyJhbGciOiJIUzI1NiJ9.eyJvcmdJZCI6IjEifQ.c2lnbmF0dXJl'],
    ['of four parts', 'part.part.part.part'],
    ['of six parts', 'part.part.part.part.part.part'],
    ['of five parts that are not base64url', 'part.part.part.part.pa+rt'],
  ])('is not taken for sealed: a key %s', async (_what, key) => {
    const { apiKeys, userErrors } = await set(key, 'VAPI');
    expect([apiKeys.length, userErrors]).toEqual([1, []]);
  });
});

describe('the upload key', () => {
  // These change the vault's own keys.
  beforeEach(async () => (running = await startTestApp()));
  afterEach(() => running.close().finally(() => (running = shared)));

  test.each(['agencyAdmin', 'agencyMember', 'portalUser', 'portalUserNoPermissions'] as const)(
    'is for everyone who has signed in: %s',
    async (as) => {
      const { apiKeyUploadKey } = await running.data<{ apiKeyUploadKey: UploadKey }>(UPLOAD_KEY, {}, as);
      expect(apiKeyUploadKey.jwk).toEqual({
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String) as string,
        y: expect.any(String) as string,
      });
      expect(apiKeyUploadKey).toEqual(await uploadKey());
    },
  );

  test('is for nobody else', async () => {
    expect((await running.ask(null, UPLOAD_KEY)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('is the same on every instance and after a restart, also when they start at once on an empty table', async () => {
    await running.app.database.write((tx) => managerOf(tx).query('DELETE FROM vault_keys'));
    const instances = await Promise.all([running.another(), running.another(), running.another()]);
    const keys = await Promise.all(instances.map((instance) => uploadKey(instance)));
    for (const instance of instances) await instance.close();
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(1);
    expect((await pairs()).map(({ name }) => name)).toEqual([
      'audit',
      'fingerprint',
      'place',
      'upload-1',
      'webhook-url',
    ]);
  });

  test('is renewed after 30 days, by one of two instances at once; what was sealed with the one before opens until it is 60 days old', async () => {
    const other = await running.another();
    const jwe = await seal('key_of_last_month_1111');
    await age(29, 'upload-1');
    expect((await uploadKey()).kid).toMatch(/^upload-1\./);
    await age(31, 'upload-1');
    const renewed = await Promise.all([uploadKey(), uploadKey(other), uploadKey(), uploadKey(other)]);
    expect(new Set(renewed.map((key) => JSON.stringify(key))).size).toBe(1);
    expect(renewed[0].kid).toMatch(/^upload-2\./);
    expect(Math.round((Date.parse(renewed[0].expiresAt) - Date.now()) / DAY_MS)).toBe(60);
    for (const on of [running, other])
      expect((await set(jwe, 'RETELL', on)).apiKeys[0]?.maskedKey).toBe('••••••••1111');
    await age(59.9, 'upload-1');
    expect((await set(jwe)).userErrors).toEqual([]);
    await age(60.1, 'upload-1');
    expect(await expectRefused(jwe)).toBe(NOT_OPENED);
    await other.close();
  });

  test('is destroyed after 60 days, and its name is not given again', async () => {
    await age(61, 'upload-1');
    await (await running.another()).close();
    const rows = await pairs();
    expect(rows).toMatchObject([
      { name: 'audit', masterKey: 'test', retiredAt: null },
      { name: 'fingerprint', masterKey: 'test', retiredAt: null },
      { name: 'place', masterKey: 'test', retiredAt: null },
      { name: 'upload-1', sealed: null, masterKey: null, retiredAt: expect.any(Date) as Date },
      { name: 'upload-2', masterKey: 'test', retiredAt: null },
      { name: 'webhook-url', masterKey: 'test', retiredAt: null },
    ]);
    await (await running.another()).close();
    expect(await pairs()).toEqual(rows);
  });

  test('is looked after once an hour by an instance that nobody asks', async () => {
    const real = [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
    ] as const;
    jest.useFakeTimers({ doNotFake: [...real] });
    const instance = await running.another();
    await age(61, 'upload-1');
    jest.advanceTimersByTime(60 * 60 * 1000);
    jest.useRealTimers();
    await until(async () => (await pairs()).some(({ name }) => name === 'upload-2'));
    expect((await pairs()).find(({ name }) => name === 'upload-1')?.sealed).toBeNull();
    await instance.close();
  });

  test("survives a new master key, as the fingerprints' key does", async () => {
    const jwe = await seal('key_under_an_old_master');
    await set('key_under_an_old_master', 'VAPI');
    writeFileSync(
      running.keyRingFile,
      KeyRing.generateLine('next') + readFileSync(running.keyRingFile, 'utf8'),
    );
    const instance = await running.another();
    expect((await set(jwe, 'RETELL', instance)).userErrors).toEqual([]);
    const input = { clientId: HARBOR, keys: [{ provider: 'VAPI', apiKey: 'key_under_an_old_master' }] };
    const { setClientApiKeys } = await instance.data<{ setClientApiKeys: { warnings: unknown[] } }>(
      SET_CLIENT,
      { input },
    );
    expect(setClientApiKeys.warnings).toHaveLength(1);
    await instance.close();
  });

  test('that does not open is a fault of ours, logged without content, and not of the sender', async () => {
    const jwe = await seal('key_canary_of_our_fault');
    await running.app.database.write((tx) =>
      tx.update(VaultKeyRow, { name: 'upload-1' }, { sealed: 'lk1.test.broken' }),
    );
    const answer = await running.ask('agencyAdmin', SET_CLIENT, {
      input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: jwe }] },
    });
    expect(answer.errors[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    expect(running.logs.join('')).toContain('The stored key does not open');
    for (const part of jwe.split('.').filter((each) => each.length > 12))
      expect(answer.text + running.logs.join('')).not.toContain(part);
  });
});

test('nothing of a sealed key is in an answer, the log or the database, whether it opens or not', async () => {
  const canary = 'kcanary_sealed_upload_4711';
  const sent = [
    await seal(canary),
    await seal(`${canary} with spaces`),
    await seal(canary, { enc: 'A128GCM' }),
    await seal(canary, { kid: 'upload-7' }),
  ];
  const answers = await Promise.all(
    sent.map((apiKey) =>
      running.ask('agencyAdmin', SET_CLIENT, {
        input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] },
      }),
    ),
  );
  expect(answers.map(({ text }) => text.includes('••••••••4711'))).toEqual([true, false, false, false]);
  const rows = await Promise.all(entities.map((entity) => running.app.database.read.find(entity)));
  const everywhere = [...answers.map(({ text }) => text), running.logs.join(''), JSON.stringify(rows)].join(
    '\n',
  );
  const parts = sent.flatMap((jwe) => jwe.split('.')).filter((part) => part.length > 12);
  for (const trace of [
    canary,
    Buffer.from(canary).toString('base64url'),
    Buffer.from(canary).toString('hex'),
    ...parts,
  ])
    expect(everywhere).not.toContain(trace);
});

test('the ten lines of docs/handing-in-keys.md seal a key that this server opens', async () => {
  const section =
    readFileSync(join(root, 'docs/handing-in-keys.md'), 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith('Sealing a key')) ?? '';
  const lines = /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  expect(lines.trim().split('\n').length).toBeLessThanOrEqual(10);
  const page = `${lines}
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.TOKEN };
    const ask = async (query, variables) =>
      (await (await fetch(process.env.URL, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json()).data;
    const apiKey = await seal('key_from_the_readme_9876', '${MAPLE}', 'RETELL', ask);
    const input = { clientId: '${MAPLE}', keys: [{ provider: 'RETELL', apiKey }] };
    console.log(JSON.stringify((await ask(${JSON.stringify(SET_CLIENT)}, { input })).setClientApiKeys));`;
  const env = { PATH: process.env.PATH, URL: `${running.url}/graphql`, TOKEN: running.tokens.agencyAdmin };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', page], {
    cwd: root,
    env,
  });
  expect((JSON.parse(stdout) as Payload).apiKeys[0]?.maskedKey).toBe('••••••••9876');
});
