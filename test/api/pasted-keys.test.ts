import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  codes,
  CREATE_KEY_LINK,
  HAND_IN,
  PREVIEW,
  SET_AGENCY,
  SET_CLIENT,
  SET_WEBHOOK_SECRET,
  type UserErrors,
} from '../operations';
import { sealFor } from '../seal';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const asked = () => running.sandbox.providers.map(({ requests }) => requests.length);

/** Each way by which keys come in: what it answers, and where it says so. */
const WAYS = {
  async setClient(apiKey: string) {
    const input = { clientId: MAPLE, verify: true, keys: [{ provider: 'RETELL', apiKey }] };
    return (await running.data<Record<string, UserErrors>>(SET_CLIENT, { input })).setClientApiKeys;
  },
  async setAgency(apiKey: string) {
    const input = { verify: true, keys: [{ provider: 'RETELL', apiKey }] };
    return (await running.data<Record<string, UserErrors>>(SET_AGENCY, { input })).setAgencyApiKeys;
  },
  async preview(apiKey: string) {
    const input = { clientId: HARBOR, provider: 'RETELL', apiKey };
    return (await running.data<Record<string, UserErrors>>(PREVIEW, { input })).previewClientApiKeyChange;
  },
  async handIn(apiKey: string) {
    const input = { provider: 'RETELL', apiKey };
    return (await running.data<Record<string, UserErrors>>(HAND_IN, { input }, 'portalUser')).handInApiKey;
  },
};

async function byLink(apiKey: string): Promise<{ status: number; text: string }> {
  const { createKeyLink } = await running.data<{ createKeyLink: { url: string; code: string } }>(
    CREATE_KEY_LINK,
    { input: { clientId: MAPLE, provider: 'RETELL' } },
  );
  const { url, code } = createKeyLink;
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams({ code, apiKey }) });
  return { status: response.status, text: await response.text() };
}

const seal = (text: string) => sealFor(running, text, { owner: MAPLE, provider: 'RETELL' });

test.each([
  ['behind a scheme', () => 'Bearer key_pasted_0123456789', /`Bearer`/],
  ['in curly quotes', () => '“key_pasted_0123456789”', /quotes/],
  ['with its name', () => 'RETELL_API_KEY=key_pasted_0123456789', /name/],
  ['with a comma', () => 'key_pasted_0123456789,', /comma/],
  ['that is a placeholder', () => '{{RETELL_API_KEY}}', /placeholder/],
  ['that is no value', () => 'undefined', /no value/],
  ['that is an id of an agent', () => 'agent_0a1b2c3d4e5f60718293', /id of an agent/],
  ['that signs webhooks', () => `whsec_${Buffer.alloc(32, 7).toString('base64')}`, /webhooks/],
  ['that verifies webhooks', () => `whpk_${Buffer.alloc(32, 7).toString('base64')}`, /webhooks/],
  ['that stands there twice', () => 'key_pasted_0123456789'.repeat(2), /more than once/],
  ['with a character that is not seen', () => 'key_pasted\u200b_0123456789', /not seen.+zero-width space/],
  ['and another one behind a comma', () => 'key_pasted_0123456789,org_pasted_9876543210', /several keys/],
  ['and another one in the next line', () => 'key_pasted_0123456789\norg_pasted_9876543210', /several keys/],
  ['that is a service token', () => 'lk_svc_0123456789_pasted', /token for Latchkey/],
  [
    'that is a damaged sealed key',
    async () => `${await seal('key_pasted_0123456789')},`,
    /seal the key again/,
  ],
])('a key %s is refused with the reason on every way in, and goes nowhere', async (_what, make, reason) => {
  const before = asked();
  const text = await make();
  for (const way of Object.values(WAYS)) {
    const payload = await way(text);
    expect(payload && codes(payload)).toEqual([expect.stringMatching(/^INVALID_FORMAT input\..*apiKey$/)]);
    expect(payload?.userErrors[0]?.message).toMatch(reason);
    expect(JSON.stringify(payload)).not.toContain(text);
  }
  const page = await byLink(text);
  expect([page.status, page.text]).toEqual([422, expect.stringMatching(reason)]);
  expect(page.text).not.toContain(text);
  expect(asked()).toEqual(before);
});

test('a secret of Standard Webhooks is taken where a provider signs its events with it', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const input = { clientId: MAPLE, provider: 'VAPI', secret };
  expect(await running.data(SET_WEBHOOK_SECRET, { input })).toMatchObject({
    setWebhookSecret: { endpoint: { isSecretSet: true }, userErrors: [] },
  });
});

test('the token of a one-time link is refused on every way in, and goes nowhere', async () => {
  const before = asked();
  const { createKeyLink } = await running.data<{ createKeyLink: { url: string } }>(CREATE_KEY_LINK, {
    input: { clientId: MAPLE, provider: 'RETELL' },
  });
  const token = createKeyLink.url.slice(-43);
  for (const text of [token, `x:${token}`, Buffer.from(token).toString('base64'), await seal(token)]) {
    if (!text.includes('..'))
      for (const way of Object.values(WAYS))
        expect((await way(text))?.userErrors[0]?.message).toMatch(/token for Latchkey/);
    else expect((await WAYS.setClient(text))?.userErrors[0]?.message).toMatch(/token for Latchkey/);
    expect((await byLink(text)).text).toMatch(/token for Latchkey/);
  }
  expect(asked()).toEqual(before);
});

test('the token of anybody whom the issuer knows is refused on every way in, and goes nowhere', async () => {
  const before = asked();
  const { issuer, tokens } = running;
  const texts = [
    tokens.agencyMember,
    tokens.otherAgencyAdmin,
    await issuer.mint({ subject: 'stranger', audience: 'another-audience', expiresInSeconds: -60 }),
  ];
  for (const text of [...texts, ...(await Promise.all(texts.map(seal)))])
    expect((await WAYS.setClient(text))?.userErrors[0]?.message).toMatch(/token for Latchkey/);
  for (const text of texts) {
    for (const way of Object.values(WAYS))
      expect((await way(text))?.userErrors[0]?.message).toMatch(/token for Latchkey/);
    expect((await byLink(text)).text).toMatch(/token for Latchkey/);
  }
  expect(asked()).toEqual(before);
});

test('the token of the caller is refused on every way in, sealed or not, and goes nowhere', async () => {
  const before = asked();
  for (const [name, way] of Object.entries(WAYS)) {
    const token = running.tokens[name === 'handIn' ? 'portalUser' : 'agencyAdmin'];
    for (const text of [token, ` ${token} `]) {
      const payload = await way(text);
      expect(payload?.userErrors[0]?.message).toMatch(/token for Latchkey/);
      expect(JSON.stringify(payload)).not.toContain(token);
    }
  }
  const sealed = await WAYS.setClient(await seal(running.tokens.agencyAdmin));
  expect(sealed?.userErrors[0]?.message).toMatch(/token for Latchkey/);
  expect(asked()).toEqual(before);
});
