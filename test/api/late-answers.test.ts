import { HARBOR } from '../demo-ids';
import { handInSteps } from '../hand-ins';
import { startTestApp, type TestApp } from '../harness';
import { startInterruptedProvider, type InterruptedProvider } from '../fixtures/interrupted-provider';
import { ARCHIVE, CREATE_KEY_LINK, REVOKE_KEY_LINK } from '../operations';

let running: TestApp;
let provider: InterruptedProvider;
beforeEach(async () => {
  provider = await startInterruptedProvider(() => running.sandbox.bland.baseUrl);
  running = await startTestApp({ BLAND_BASE_URL: provider.url });
});
afterEach(async () => {
  await running.close();
  provider.close();
});

const { run, bland, handIn, handedIn, accept, refuse, acceptValid, row, blandKey, events, types } =
  handInSteps(() => running);

describe('a key of a portal user that its provider was asked about', () => {
  const pendingId = async () =>
    (
      await running.data<{ keyHandIns: { nodes: { id: string }[] } }>(
        '{ keyHandIns(first: 1) { nodes { id } } }',
      )
    ).keyHandIns.nodes[0]?.id ?? '';

  test.each<[string, () => Promise<unknown>, string[]]>([
    [
      'replaced',
      () => handIn(bland().valid),
      ['HAND_IN_VERIFIED', 'HAND_IN_VERIFIED', 'HAND_IN_RECEIVED', 'HAND_IN_REPLACED', 'HAND_IN_RECEIVED'],
    ],
    [
      'refused',
      async () => refuse(await pendingId()),
      ['HAND_IN_VERIFIED', 'HAND_IN_REFUSED', 'HAND_IN_RECEIVED'],
    ],
    [
      'accepted',
      async () => accept(await pendingId()),
      ['HAND_IN_VERIFIED', 'HAND_IN_ACCEPTED', 'API_KEY_SET', 'HAND_IN_RECEIVED'],
    ],
  ])(
    'leaves an event of the verification although it was %s meanwhile, and that decision stands',
    async (what, meanwhile, expected) => {
      provider.meanwhile(meanwhile);
      const { id } = await handedIn();
      expect(await row(id)).toMatchObject({
        status: what.toUpperCase(),
        keyStatus: 'UNVERIFIED',
        verifiedAt: null,
      });
      expect(await types(expected.length)).toEqual(expected);
      expect((await events())[0]).toMatchObject({ keyHandInId: id, status: 'VALID' });
    },
  );
});

describe("a key that was given on a link's page and that its provider was asked about", () => {
  const link = async () =>
    (await run(CREATE_KEY_LINK, { clientId: HARBOR, provider: 'BLAND' })) as unknown as {
      url: string;
      code: string;
      keyLink: { id: string };
    };
  const fill = (url: string, code: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ code, apiKey: bland().valid }) });

  test('leaves an event of the verification although the link was revoked meanwhile', async () => {
    await acceptValid();
    const { url, code, keyLink } = await link();
    provider.meanwhile(() => run(REVOKE_KEY_LINK, { keyLinkId: keyLink.id }));
    expect((await fill(url, code)).status).toBe(404);
    expect(await types(2)).toEqual(['API_KEY_REJECTED', 'KEY_LINK_REVOKED']);
    expect((await events())[0]).toMatchObject({
      actorKind: 'KEY_LINK',
      clientId: HARBOR,
      maskedKey: `••••••••${bland().valid.slice(-4)}`,
      status: 'VALID',
    });
    expect(await blandKey()).toMatchObject({ isSet: false });
  });

  test('leaves an event of the verification although the link was used meanwhile, or its client was archived', async () => {
    const { url, code } = await link();
    provider.meanwhile(() => fill(url, code));
    expect((await fill(url, code)).status).toBe(404);
    expect(await types(3)).toEqual(['API_KEY_REJECTED', 'HAND_IN_VERIFIED', 'HAND_IN_RECEIVED']);
    const second = await link();
    provider.meanwhile(() => running.data(ARCHIVE, { input: { clientId: HARBOR } }));
    expect((await fill(second.url, second.code)).status).toBe(404);
    expect(await types(2)).toEqual(['API_KEY_REJECTED', 'CLIENT_ARCHIVED']);
  });

  describe('is counted as refused by what its provider answers, and not while it is asked', () => {
    const state = async () =>
      (
        await running.data<{ keyLinks: { nodes: { status: string; refusedKeys: number }[] } }>(
          '{ keyLinks { nodes { status refusedKeys } } }',
        )
      ).keyLinks.nodes[0];
    const locks = async () => (await types(100)).filter((type) => type === 'KEY_LINK_LOCKED').length;
    const after = async (refused: number) => {
      const { url, code, keyLink } = await link();
      const send = async (apiKey: string) =>
        (await fetch(url, { method: 'POST', body: new URLSearchParams({ code, apiKey }) })).status;
      for (let times = 0; times < refused; times += 1) expect(await send(bland().revoked)).toBe(422);
      return { send, keyLink };
    };
    /** Sends a key, and does something else while its provider is asked. */
    const during = async (
      send: (apiKey: string) => Promise<number>,
      key: string,
      work: () => Promise<unknown>,
    ) => {
      let meanwhile: unknown;
      provider.meanwhile(async () => (meanwhile = await work()));
      return [await send(key), meanwhile];
    };

    test('so that a link whose ninth key was refused is open, also while a tenth key is checked', async () => {
      const { send } = await after(9);
      const [status, meanwhile] = await during(send, bland().rateLimited, async () => [
        await state(),
        await send(bland().revoked),
      ]);
      // The provider was not asked about the eleventh key, which could have been the second that locks the
      // link.
      expect([status, meanwhile]).toEqual([422, [{ status: 'OPEN', refusedKeys: 9 }, 404]]);
      expect([await state(), await locks()]).toEqual([{ status: 'OPEN', refusedKeys: 9 }, 0]);
      expect(await send(bland().revoked)).toBe(404);
      expect([await state(), await locks()]).toEqual([{ status: 'LOCKED', refusedKeys: 10 }, 1]);
    });

    test('so that the link is locked once, and stays locked, when a key before the tenth could not be checked', async () => {
      const { send } = await after(8);
      expect(await during(send, bland().rateLimited, () => send(bland().revoked))).toEqual([422, 422]);
      expect([await state(), await locks()]).toEqual([{ status: 'OPEN', refusedKeys: 9 }, 0]);
      expect(await send(bland().revoked)).toBe(404);
      expect([await state(), await locks()]).toEqual([{ status: 'LOCKED', refusedKeys: 10 }, 1]);
    });

    test('so that the refusal which comes last locks the link, whichever key was sent last', async () => {
      const { send } = await after(8);
      expect(await during(send, bland().revoked, () => send(bland().revoked))).toEqual([404, 422]);
      expect([await state(), await locks()]).toEqual([{ status: 'LOCKED', refusedKeys: 10 }, 1]);
    });

    test('and nothing is told of a key when the link was revoked meanwhile', async () => {
      const { send, keyLink } = await after(9);
      const revoke = () => run(REVOKE_KEY_LINK, { keyLinkId: keyLink.id });
      expect((await during(send, bland().revoked, revoke))[0]).toBe(404);
      expect([await state(), await locks()]).toEqual([{ status: 'REVOKED', refusedKeys: 9 }, 0]);
      expect((await events())[0]).toMatchObject({ type: 'API_KEY_REJECTED', status: 'INVALID' });
    });
  });
});
