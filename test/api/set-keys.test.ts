import { HARBOR, MAPLE, MAPLE_RETELL_AGENT, NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  CLIENT_KEYS,
  codes,
  RESOLUTION,
  SET_AGENCY,
  SET_CLIENT,
  type UserErrors,
} from '../operations';

interface Payload extends UserErrors {
  readonly apiKeys: readonly {
    provider: string;
    isSet: boolean;
    maskedKey: string | null;
    status: string;
    version: number;
    region: string | null;
  }[];
}

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

async function set(keys: readonly object[], extra: object = {}): Promise<Payload> {
  const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
    input: { clientId: MAPLE, keys, ...extra },
  });
  return setClientApiKeys;
}

async function stored(clientId = MAPLE): Promise<Payload['apiKeys']> {
  const { client } = await running.data<{ client: { apiKeys: Payload['apiKeys'] } }>(CLIENT_KEYS, {
    id: clientId,
  });
  return client.apiKeys;
}

const clear = (providers: string[]) => running.data(CLEAR_CLIENT, { input: { clientId: MAPLE, providers } });

describe('setting keys of a client', () => {
  test('answers with a mask of eight dots and the last four characters, whatever the length', async () => {
    const { apiKeys } = await set([
      { provider: 'RETELL', apiKey: 'k'.repeat(500) + 'tail' },
      { provider: 'VAPI', apiKey: '123456789012tail' },
    ]);
    expect(apiKeys).toEqual([
      {
        provider: 'RETELL',
        isSet: true,
        maskedKey: '••••••••tail',
        status: 'UNVERIFIED',
        version: expect.any(Number) as number,
        region: 'US',
      },
      {
        provider: 'VAPI',
        isSet: true,
        maskedKey: '••••••••tail',
        status: 'UNVERIFIED',
        version: expect.any(Number) as number,
        region: 'US',
      },
    ]);
  });

  test('masks a key shorter than 16 characters with the dots alone', async () => {
    const { apiKeys } = await set([{ provider: 'BLAND', apiKey: '12345678901tail' }]);
    expect(apiKeys[0]?.maskedKey).toBe('••••••••');
  });

  test('trims what copy-and-paste adds', async () => {
    const { apiKeys, userErrors } = await set([
      { provider: 'RETELL', apiKey: ' \t\r\n key_pasted_0123456789\u00a0\n' },
    ]);
    expect(userErrors).toEqual([]);
    expect(apiKeys[0]?.maskedKey).toBe('••••••••6789');
  });

  test.each([
    ['nothing', '', 'REQUIRED'],
    ['white space', ' \n ', 'REQUIRED'],
    ['seven characters', '1234567', 'TOO_SHORT'],
    ['513 characters', 'k'.repeat(513), 'TOO_LONG'],
    ['a hundred thousand characters', 'k'.repeat(100_000), 'TOO_LONG'],
    ['a space inside', 'key with space', 'INVALID_FORMAT'],
    ['a line break inside', 'key_abc\ndef_0123', 'INVALID_FORMAT'],
    ['a NUL', 'key_abc\u0000def_0123', 'INVALID_FORMAT'],
    ['a letter beyond ASCII', 'key_schlüssel_0123', 'INVALID_FORMAT'],
    ['a zero-width space', 'key_\u200babcdef0123', 'INVALID_FORMAT'],
    ['our own mask', '••••••••abcd', 'LOOKS_MASKED'],
    ["a mask's dots", '••••••••', 'LOOKS_MASKED'],
    ['a mask of asterisks', '************abcd', 'LOOKS_MASKED'],
    ['a mask in the middle', 'key_****abcd', 'LOOKS_MASKED'],
    ['a number', 1234567890123, 'INVALID_FORMAT'],
    ['a list', ['key_0123456789'], 'INVALID_FORMAT'],
    ['an object', { key: 'key_0123456789' }, 'INVALID_FORMAT'],
    ['true', true, 'INVALID_FORMAT'],
  ])('refuses %s, names the field and stores nothing of the request', async (_what, apiKey, code) => {
    const before = await stored();
    const payload = await set([
      { provider: 'VAPI', apiKey: 'key_well_formed_0123' },
      { provider: 'RETELL', apiKey },
    ]);
    expect(codes(payload)).toEqual([`${code} input.keys.1.apiKey`]);
    expect(payload.apiKeys).toEqual([]);
    expect(await stored()).toEqual(before);
  });

  test.each([8, 512])('accepts %i characters', async (length) => {
    expect((await set([{ provider: 'RETELL', apiKey: 'k'.repeat(length) }])).userErrors).toEqual([]);
  });

  test('reports every fault of a request, not only the first', async () => {
    const payload = await set([
      { provider: 'RETELL', apiKey: '' },
      { provider: 'VAPI', apiKey: 'short' },
      { provider: 'RETELL', apiKey: 'key_well_formed_0123', region: 'EU' },
    ]);
    expect(codes(payload).sort()).toEqual([
      'DUPLICATE input.keys.2.provider',
      'INVALID_FORMAT input.keys.2.region',
      'REQUIRED input.keys.0.apiKey',
      'TOO_SHORT input.keys.1.apiKey',
    ]);
  });

  test('refuses a request without keys', async () => {
    expect(codes(await set([]))).toEqual(['REQUIRED input.keys']);
  });

  test.each([NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT, 'nonsense', '', `${MAPLE} `])(
    'finds no client %j',
    async (clientId) => {
      expect(
        codes(await set([{ provider: 'RETELL', apiKey: 'key_well_formed_0123' }], { clientId })),
      ).toEqual(['NOT_FOUND input.clientId']);
    },
  );

  test('raises the version with every set and every clear', async () => {
    const versionOf = async () => (await stored()).find(({ provider }) => provider === 'BLAND')?.version ?? 0;
    const start = await versionOf();
    await set([{ provider: 'BLAND', apiKey: 'key_first_0123456' }]);
    await set([{ provider: 'BLAND', apiKey: 'key_second_0123456' }]);
    await clear(['BLAND']);
    expect(await versionOf()).toBe(start + 3);
  });

  test('starts at version 0 for a key that was never set', async () => {
    expect((await stored(HARBOR)).find(({ provider }) => provider === 'BLAND')).toMatchObject({
      isSet: false,
      version: 0,
      status: 'NOT_SET',
      maskedKey: null,
    });
  });

  test('refuses the whole request when it is based on another version than the current one', async () => {
    const { apiKeys } = await set([{ provider: 'RETELL', apiKey: 'key_current_012345' }]);
    const version = apiKeys[0]?.version ?? 0;
    const before = await stored();
    const payload = await set([
      { provider: 'VAPI', apiKey: 'key_other_0123456' },
      { provider: 'RETELL', apiKey: 'key_late_0123456', expectedVersion: version - 1 },
    ]);
    expect(codes(payload)).toEqual(['VERSION_CONFLICT input.keys.1.expectedVersion']);
    expect(await stored()).toEqual(before);
    expect(
      (await set([{ provider: 'RETELL', apiKey: 'key_next_0123456', expectedVersion: version }])).apiKeys[0]
        ?.version,
    ).toBe(version + 1);
  });

  test('keeps the account region of a Vapi key, and refuses one that a provider does not have', async () => {
    expect(
      (await set([{ provider: 'VAPI', apiKey: 'key_eu_0123456789', region: 'EU' }])).apiKeys[0]?.region,
    ).toBe('EU');
    expect(codes(await set([{ provider: 'BLAND', apiKey: 'key_eu_0123456789', region: 'EU' }]))).toEqual([
      'INVALID_FORMAT input.keys.0.region',
    ]);
  });

  test('is in force for the very next reader, on every instance', async () => {
    const other = await running.another();
    const source = async () =>
      (
        await other.data<{ agent: { keyResolution: { source: string } } }>(RESOLUTION, {
          id: MAPLE_RETELL_AGENT,
        })
      ).agent.keyResolution.source;
    for (let round = 0; round < 5; round += 1) {
      await set([{ provider: 'RETELL', apiKey: 'key_here_0123456' }]);
      expect(await source()).toBe('CLIENT');
      await clear(['RETELL']);
      expect(await source()).toBe('AGENCY');
    }
    await other.close();
  });
});

describe('setting keys with verification', () => {
  const keys = () => running.sandbox.retell.keys;

  test('stores a key that the provider accepts, as valid', async () => {
    const { apiKeys } = await set([{ provider: 'RETELL', apiKey: keys().secondAccount }], { verify: true });
    expect(apiKeys[0]).toMatchObject({ isSet: true, status: 'VALID' });
  });

  test.each(['revoked', 'restricted'] as const)(
    'stores nothing of a request with a %s key',
    async (which) => {
      const before = await stored();
      const payload = await set(
        [
          { provider: 'VAPI', apiKey: running.sandbox.vapi.keys.valid },
          { provider: 'RETELL', apiKey: keys()[which] },
        ],
        { verify: true },
      );
      expect(codes(payload)).toEqual(['KEY_REJECTED input.keys.1.apiKey']);
      expect(await stored()).toEqual(before);
    },
  );

  test('finds a restricted key by what it may not look up, where the provider lets it verify', async () => {
    const { userErrors } = await set([{ provider: 'BLAND', apiKey: running.sandbox.bland.keys.restricted }], {
      clientId: HARBOR,
      verify: true,
    });
    expect(userErrors).toMatchObject([
      {
        code: 'KEY_REJECTED',
        message: expect.stringContaining('it lacks the permission for this') as string,
      },
    ]);
  });

  test('stores nothing when the provider gives no definitive answer, and says why', async () => {
    const before = await stored();
    const { userErrors } = await set([{ provider: 'RETELL', apiKey: keys().rateLimited }], { verify: true });
    expect(userErrors).toMatchObject([
      {
        code: 'KEY_UNVERIFIABLE',
        field: ['input', 'keys', '0', 'apiKey'],
        message: expect.stringContaining('limits the rate of requests') as string,
      },
    ]);
    expect(await stored()).toEqual(before);
  });

  test('stores a key that is accepted but out of funds, and says so', async () => {
    const { apiKeys } = await set([{ provider: 'RETELL', apiKey: keys().outOfFunds }], { verify: true });
    expect(apiKeys[0]?.status).toBe('OUT_OF_FUNDS');
  });
});

describe('setting keys of the agency', () => {
  test('stores them apart from those of clients', async () => {
    const { setAgencyApiKeys } = await running.data<{ setAgencyApiKeys: Payload }>(SET_AGENCY, {
      input: { keys: [{ provider: 'VAPI', apiKey: 'key_of_the_agency_9999' }] },
    });
    expect(setAgencyApiKeys.apiKeys[0]?.maskedKey).toBe('••••••••9999');
    expect((await stored(MAPLE)).map(({ maskedKey }) => maskedKey)).not.toContain('••••••••9999');
  });
});
