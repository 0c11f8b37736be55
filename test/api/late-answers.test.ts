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
    'leaves the event of that although it was %s meanwhile, which stands',
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

  test('leaves the event of that although the link was revoked meanwhile', async () => {
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

  test('leaves the event of that although another used the link meanwhile, or its client was archived', async () => {
    const { url, code } = await link();
    provider.meanwhile(() => fill(url, code));
    expect((await fill(url, code)).status).toBe(404);
    expect(await types(3)).toEqual(['API_KEY_REJECTED', 'HAND_IN_VERIFIED', 'HAND_IN_RECEIVED']);
    const second = await link();
    provider.meanwhile(() => running.data(ARCHIVE, { input: { clientId: HARBOR } }));
    expect((await fill(second.url, second.code)).status).toBe(404);
    expect(await types(2)).toEqual(['API_KEY_REJECTED', 'CLIENT_ARCHIVED']);
  });
});
