import { Not } from 'typeorm';
import { UsedSealedKeyRow } from '../../src/vault/used-sealed-key.entity';
import { BRIGHTLINE, HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  CLIENT_KEYS,
  CREATE_KEY_LINK,
  codes,
  HAND_IN,
  PREVIEW,
  SET_CLIENT,
  type UserErrors,
} from '../operations';
import { sealFor } from '../seal';

const FIELD = 'input.keys.0.apiKey';

interface Payload extends UserErrors {
  readonly apiKeys: readonly { maskedKey: string; status: string }[];
}

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const seal = (text: string, header: object = {}) =>
  sealFor(running, text, { owner: MAPLE, provider: 'RETELL', header });

const set = async (apiKey: string, provider = 'RETELL', on = running) =>
  (
    await on.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
      input: { clientId: MAPLE, keys: [{ provider, apiKey }] },
    })
  ).setClientApiKeys;

const storedKeys = async () => JSON.stringify(await running.data(CLIENT_KEYS, { id: MAPLE }));

const expectRefused = async (apiKey: string) => {
  const before = await storedKeys();
  const result = await set(apiKey);
  expect(codes(result)).toEqual([`INVALID_FORMAT ${FIELD}`]);
  expect(await storedKeys()).toBe(before);
  return result.userErrors[0]?.message;
};

describe('what a sealed key is for', () => {
  const NOT_BOUND = /^The sealed key does not say what it is for\. Put `lk_owner` .* `lk_provider`/;
  const ELSEWHERE = /^The sealed key is for another client, agency, provider or region/;

  test.each([
    ['without an owner', { lk_owner: undefined }, NOT_BOUND],
    ['without a provider', { lk_provider: undefined }, NOT_BOUND],
    ['with the name that a JWT has for a party', { lk_owner: undefined, sub: MAPLE }, NOT_BOUND],
    ['another client', { lk_owner: HARBOR }, ELSEWHERE],
    ['the agency', { lk_owner: BRIGHTLINE }, ELSEWHERE],
    ['another provider', { lk_provider: 'VAPI' }, ELSEWHERE],
    ['a list of owners', { lk_owner: [MAPLE, HARBOR] }, ELSEWHERE],
    ['the provider in small letters', { lk_provider: 'retell' }, ELSEWHERE],
    ['another region', { lk_region: 'EU' }, ELSEWHERE],
    ['no region by name', { lk_region: null }, ELSEWHERE],
  ])('is in its header, and good for nothing else: %s', async (_what, header, message) => {
    expect(await expectRefused(await seal('key_bound_elsewhere_1111', header))).toMatch(message);
  });

  test.each([
    ['names', { lk_region: 'EU' }, 'EU', []],
    ['does not name', {}, 'EU', [`INVALID_FORMAT ${FIELD}`]],
    ['names otherwise', { lk_region: 'US' }, 'EU', [`INVALID_FORMAT ${FIELD}`]],
    ['names', { lk_region: 'US' }, 'US', []],
    ['does not name', {}, null, []],
  ])('in a region that the header %s (%j): %s', async (_how, header, region, refusals) => {
    const apiKey = await seal('key_of_a_region_0123', { lk_provider: 'VAPI', ...header });
    const input = { clientId: MAPLE, keys: [{ provider: 'VAPI', region, apiKey }] };
    const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, { input });
    expect(codes(setClientApiKeys)).toEqual(refusals);
  });

  test('cannot be changed on the way', async () => {
    const [header = '', ...rest] = (await seal('key_bound_to_harbor_1111', { lk_owner: HARBOR })).split('.');
    const changed = Buffer.from(header, 'base64url').toString().replace(HARBOR, MAPLE);
    const jwe = [Buffer.from(changed).toString('base64url'), ...rest].join('.');
    expect(await expectRefused(jwe)).toMatch(/^The sealed key does not open/);
  });

  test('counts for hand-ins, too', async () => {
    const key = running.sandbox.bland.keys.secondAccount;
    const handIn = async (header: object) => {
      const apiKey = await seal(key, { lk_provider: 'BLAND', ...header });
      const input = { provider: 'BLAND', apiKey };
      return (await running.data<{ handInApiKey: UserErrors }>(HAND_IN, { input }, 'portalUser'))
        .handInApiKey;
    };
    expect((await handIn({ lk_owner: MAPLE })).userErrors[0]?.message).toMatch(ELSEWHERE);
    expect((await handIn({ lk_owner: HARBOR })).userErrors).toEqual([]);
  });
});

describe('a sealed key that is sent again', () => {
  const VERSIONS = `query ($id: ID!) { client(id: $id) { apiKeys { provider version } } }`;
  const version = async () => {
    const { client } = await running.data<{ client: { apiKeys: { provider: string; version: number }[] } }>(
      VERSIONS,
      { id: MAPLE },
    );
    return client.apiKeys.find(({ provider }) => provider === 'RETELL')?.version;
  };
  const USED = [`SEALED_KEY_USED ${FIELD}`];
  const CLEAR = { input: { clientId: MAPLE, providers: ['RETELL'] } };

  test('changes nothing while the key that it set is in force, and shows the current state', async () => {
    const jwe = await seal('key_sent_again_2222');
    const first = await set(jwe);
    const before = await version();
    expect(await set(` ${jwe}\n`)).toEqual(first);
    expect(await version()).toBe(before);
  });

  test('does not undo a later set or a clear', async () => {
    const jwe = await seal('key_sent_again_3333');
    await set(jwe);
    await set('key_of_later_01234567');
    expect(codes(await set(jwe))).toEqual(USED);
    const other = await seal('key_sent_again_4444');
    await set(other);
    await running.data(CLEAR_CLIENT, CLEAR);
    const before = await version();
    expect(codes(await set(other))).toEqual(USED);
    expect(await version()).toBe(before);
  });

  test('is known however its last characters are written', async () => {
    const jwe = await seal('key_sent_again_5555');
    await set(jwe);
    await set('key_of_later_01234567');
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(jwe.slice(-1));
    const sameBytes = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[last ^ 1] ?? '';
    expect(codes(await set(jwe.slice(0, -1) + sameBytes))).toEqual(USED);
  });

  test('sets one version, on two instances at once', async () => {
    const other = await running.another();
    for (const round of [1, 2, 3]) {
      const jwe = await seal(`key_on_two_instances_${round}`);
      const before = (await version()) ?? 0;
      const results = await Promise.all([running, other, running, other].map((on) => set(jwe, 'RETELL', on)));
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
      expect(results[0]?.userErrors).toEqual([]);
      expect(await version()).toBe(before + 1);
    }
    await other.close();
  });

  test('is refused where it was handed in', async () => {
    const apiKey = await seal(running.sandbox.retell.keys.secondAccount, { lk_owner: HARBOR });
    const input = { provider: 'RETELL', apiKey };
    const handIn = async () =>
      (await running.data<{ handInApiKey: UserErrors }>(HAND_IN, { input }, 'portalUser')).handInApiKey;
    expect((await handIn()).userErrors).toEqual([]);
    expect(codes(await handIn())).toEqual(['SEALED_KEY_USED input.apiKey']);
    const { setClientApiKeys } = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [input] },
    });
    expect(codes(setClientApiKeys)).toEqual(USED);
  });

  describe('asks no provider about it', () => {
    const asked = () => running.sandbox.retell.requests.length + running.sandbox.bland.requests.length;
    const verified = async (apiKey: string, more: object = {}) =>
      (
        await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
          input: { clientId: MAPLE, verify: true, keys: [{ provider: 'RETELL', apiKey, ...more }] },
        })
      ).setClientApiKeys;

    test('when it is to be verified: neither while its key is in force nor afterwards', async () => {
      const jwe = await seal(running.sandbox.retell.keys.secondAccount);
      const first = await verified(jwe);
      expect(first.userErrors).toEqual([]);
      const before = [asked(), await version()];
      expect(await verified(jwe)).toEqual(first);
      expect([asked(), await version()]).toEqual(before);
      await set('key_of_later_01234567');
      expect(codes(await verified(jwe))).toEqual(USED);
      expect(asked()).toBe(before[0]);
    });

    test('when its version is not the expected one', async () => {
      const before = asked();
      const result = await verified(running.sandbox.retell.keys.valid, { expectedVersion: 4711 });
      expect(codes(result)).toEqual(['VERSION_CONFLICT input.keys.0.expectedVersion']);
      expect(asked()).toBe(before);
    });

    test('when setting it is previewed', async () => {
      const jwe = await seal(running.sandbox.retell.keys.secondAccount);
      await set(jwe);
      const preview = async () =>
        (
          await running.data<{ previewClientApiKeyChange: UserErrors }>(PREVIEW, {
            input: { clientId: MAPLE, provider: 'RETELL', apiKey: jwe },
          })
        ).previewClientApiKeyChange;
      expect((await preview()).userErrors).toEqual([]);
      await set('key_of_later_01234567');
      const before = asked();
      expect(codes(await preview())).toEqual(['SEALED_KEY_USED input.apiKey']);
      expect(asked()).toBe(before);
    });

    test('when it is given on the page of a one-time link, which stays open', async () => {
      const jwe = await seal(running.sandbox.bland.keys.secondAccount, {
        lk_owner: HARBOR,
        lk_provider: 'BLAND',
      });
      const input = { provider: 'BLAND', apiKey: jwe };
      expect(
        (await running.data<{ handInApiKey: UserErrors }>(HAND_IN, { input }, 'portalUser')).handInApiKey
          .userErrors,
      ).toEqual([]);
      const { createKeyLink } = await running.data<{ createKeyLink: { url: string; code: string } }>(
        CREATE_KEY_LINK,
        { input: { clientId: HARBOR, provider: 'BLAND' } },
      );
      const before = asked();
      const fill = (apiKey: string) =>
        fetch(createKeyLink.url, {
          method: 'POST',
          body: new URLSearchParams({ code: createKeyLink.code, apiKey }),
        });
      const answer = await fill(jwe);
      expect([answer.status, await answer.text()]).toEqual([
        422,
        expect.stringContaining('This sealed key was used before') as string,
      ]);
      expect(asked()).toBe(before);
      expect((await fill(running.sandbox.bland.keys.valid)).status).toBe(200);
    });
  });

  test('is not used up by a preview, nor by a request that was refused', async () => {
    const apiKey = await seal(running.sandbox.retell.keys.secondAccount);
    await running.data(PREVIEW, { input: { clientId: MAPLE, provider: 'RETELL', apiKey } });
    const keys = [{ provider: 'RETELL', apiKey, expectedVersion: 4711 }];
    const refused = await running.data<{ setClientApiKeys: Payload }>(SET_CLIENT, {
      input: { clientId: MAPLE, keys },
    });
    expect(codes(refused.setClientApiKeys)).toEqual(['VERSION_CONFLICT input.keys.0.expectedVersion']);
    expect((await set(apiKey)).userErrors).toEqual([]);
  });

  test('is remembered until its upload key opens nothing any more', async () => {
    const uses = () => running.app.database.read.count(UsedSealedKeyRow);
    const before = await uses();
    expect(before).toBeGreaterThan(0);
    await running.app.database.write((tx) =>
      tx.update(UsedSealedKeyRow, { digest: Not('') }, { expiresAt: new Date(0) }),
    );
    await running.app.vault.uploads.rotate();
    expect(await uses()).toBe(0);
  });
});
