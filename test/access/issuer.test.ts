import { once } from 'node:events';
import { moment } from '../moment';
import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { createIdentityVerifier, type TokenHolder } from '../../src/people/identity';
import { identityDigest } from '../../src/people/identities';
import { PersonRow } from '../../src/people/person.entity';
import { ConfigError } from '../../src/platform/config-error';
import { BRIGHTLINE, NEVER_GIVEN_OUT } from '../demo-ids';
import { startFakeIssuer, type FakeIssuer } from '../fixtures/fake-issuer';
import { post, startTestApp } from '../harness';

const AUDIENCE = 'https://latchkey.example.com';

let issuer: FakeIssuer;
let privateKey: CryptoKey;

beforeEach(async () => {
  issuer = await startFakeIssuer();
  const pair = await generateKeyPair('ES256', { extractable: true });
  ({ privateKey } = pair);
  issuer.keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }];
});

afterEach(() => {
  issuer.server.closeAllConnections();
  issuer.server.close();
});

const token = (claims: object = {}) =>
  new SignJWT({
    iss: issuer.url,
    aud: AUDIENCE,
    sub: 'ada',
    exp: Math.floor(Date.now() / 1000) + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(privateKey);

const verifier = (timeoutMs = 5_000) =>
  createIdentityVerifier({
    issuer: issuer.url,
    audience: AUDIENCE,
    asking: { jwksCooldownMs: 0, timeoutMs },
  });

/** Sends as much as is taken, and tells how much that was. */
function endless(response: ServerResponse, begin: string): { sent: () => number; closed: Promise<unknown> } {
  const chunk = ' '.repeat(64 * 1024);
  let sent = 0;
  const more = () => {
    while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    sent += chunk.length;
  };
  response.writeHead(200, { 'content-type': 'application/json' }).write(begin);
  response.on('drain', more);
  more();
  return { sent: () => sent, closed: once(response, 'close') };
}

describe('an answer of the issuer', () => {
  test.each(['/.well-known/openid-configuration', '/jwks', '/userinfo'])(
    'that does not end is read up to 1 MiB, and does not fill the memory: %s',
    async (path) => {
      issuer.discovery = { ...issuer.discovery, userinfo_endpoint: `${issuer.url}/userinfo` };
      let stream: ReturnType<typeof endless> | undefined;
      issuer.instead = ({ url }, response) => {
        if (url !== path) return false;
        stream = endless(response, '{"keys":[');
        return true;
      };
      const verify = verifier();
      const identity = verify.identify(`Bearer ${await token()}`);
      if (path === '/userinfo')
        expect(await ((await identity) as TokenHolder).address()).toEqual({
          email: null,
          refusal: 'USERINFO_FAILED',
        });
      else
        await expect(identity).rejects.toThrow(
          `${issuer.url}${path} cannot be read (longer than 1048576 bytes)`,
        );
      await stream?.closed;
      expect(stream?.sent()).toBeLessThan(64 * 1024 * 1024);
    },
  );

  test.each(['/.well-known/openid-configuration', '/jwks'])(
    'that comes byte by byte is given up when its time is over: %s',
    async (path) => {
      issuer.instead = ({ url }, response) => {
        if (url !== path) return false;
        const drip = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(drip));
        return true;
      };
      await expect(verifier(500).identify(`Bearer ${await token()}`)).rejects.toThrow(
        `${issuer.url}${path} cannot be read (no whole answer within 500 ms)`,
      );
    },
  );
});

describe('the issuer that is configured', () => {
  test.each(['/', '/realms/x'])(
    'is refused at the start when it is not the one of its document: %s',
    async (more) => {
      issuer.discovery = { issuer: `${issuer.url}${more}`, jwks_uri: `${issuer.url}/jwks` };
      const check = verifier().check();
      await expect(check).rejects.toThrow(ConfigError);
      await expect(check).rejects.toThrow(
        `AUTH_ISSUER is ${issuer.url}, but the discovery document ${issuer.url}/.well-known/openid-configuration says ${issuer.url}${more}`,
      );
    },
  );

  test('does not stop the start when it is away, and the address and the reason are told until it is back', async () => {
    const verify = verifier();
    issuer.status = 503;
    await verify.check();
    expect(verify.problem()).toBe(
      `the discovery document ${issuer.url}/.well-known/openid-configuration cannot be read (HTTP 503)`,
    );
    issuer.status = 200;
    await verify.identify(`Bearer ${await token()}`);
    expect(verify.problem()).toBeNull();
  });

  test('on a port that fetch refuses does not stop the start, and the reason is told', async () => {
    const verify = createIdentityVerifier({ issuer: 'http://127.0.0.1:6000', audience: AUDIENCE });
    await verify.check();
    expect(verify.problem()).toBe(
      'the discovery document http://127.0.0.1:6000/.well-known/openid-configuration cannot be read (fetch refuses this port, as browsers do: choose another)',
    );
  });
});

describe('the address of someone', () => {
  const answers = (claims: object | null) => {
    issuer.discovery = { ...issuer.discovery, userinfo_endpoint: `${issuer.url}/userinfo` };
    issuer.instead = ({ url, headers }, response) => {
      if (url !== '/userinfo') return false;
      asked.push(headers.authorization ?? '');
      response
        .writeHead(claims ? 200 : 401, { 'content-type': 'application/json' })
        .end(JSON.stringify(claims ?? {}));
      return true;
    };
  };
  let asked: string[];
  beforeEach(() => (asked = []));
  const addressOf = async (claims: object, trustEmail = false) => {
    const verify = createIdentityVerifier({ issuer: issuer.url, audience: AUDIENCE, trustEmail });
    return ((await verify.identify(`Bearer ${await token(claims)}`)) as TokenHolder).address();
  };
  const known = { email: 'ada@example.com', refusal: null };

  test.each<[string, object, boolean, object]>([
    ['verified', { email: 'ada@example.com', email_verified: true }, false, known],
    ['verified, said as text', { email: 'ada@example.com', email_verified: 'true' }, false, known],
    ['trusted where nothing is said', { email: 'ada@example.com' }, true, known],
    [
      'not verified, trusted or not',
      { email: 'ada@example.com', email_verified: false },
      true,
      { email: null, refusal: 'ADDRESS_NOT_VERIFIED' },
    ],
    [
      'of which nothing is said',
      { email: 'ada@example.com' },
      false,
      { email: null, refusal: 'ADDRESS_NOT_VERIFIED' },
    ],
    [
      'verified in some other way',
      { email: 'ada@example.com', email_verified: 1 },
      false,
      { email: null, refusal: 'ADDRESS_NOT_VERIFIED' },
    ],
    ['absent', {}, true, { email: null, refusal: 'NO_ADDRESS' }],
  ])(
    'is read from the token, and from userinfo where the token has none: %s',
    async (_what, claims, trust, address) => {
      answers({ sub: 'ada' });
      expect(await addressOf(claims, trust)).toEqual(address);
      answers({ sub: 'ada', ...claims });
      expect(await addressOf({}, trust)).toEqual(address);
    },
  );

  const denied = { email: null, refusal: 'ADDRESS_NOT_VERIFIED' };
  const failed = { email: null, refusal: 'USERINFO_FAILED' };
  const address = { email: 'ada@example.com' };
  test.each<[string, object, object | null, object]>([
    ['the endpoint denies it', address, { sub: 'ada', ...address, email_verified: false }, denied],
    ['the endpoint denies it as text', address, { sub: 'ada', ...address, email_verified: 'false' }, denied],
    ['the endpoint denies it without naming it', address, { sub: 'ada', email_verified: false }, denied],
    [
      'the token denies it',
      { ...address, email_verified: false },
      { sub: 'ada', ...address, email_verified: true },
      denied,
    ],
    [
      'the token denies it without naming it',
      { email_verified: 'no' },
      { sub: 'ada', ...address, email_verified: true },
      denied,
    ],
    ['the endpoint says nothing of it', address, { sub: 'ada', ...address }, known],
    [
      'the endpoint speaks of somebody else',
      address,
      { sub: 'eve', ...address, email_verified: false },
      known,
    ],
    ['the endpoint takes no such token', address, null, known],
    ['the endpoint takes no such token, and the token names none', {}, null, failed],
    [
      'the token says that it is verified',
      { ...address, email_verified: true },
      { sub: 'ada', email_verified: false },
      known,
    ],
  ])('that is trusted where nothing is said: %s', async (_what, claims, told, expected) => {
    answers(told);
    expect(await addressOf(claims, true)).toEqual(expected);
  });

  test('is not trusted while nobody can say whether the issuer denies it', async () => {
    answers({ sub: 'ada' });
    issuer.instead = ({ url }, response) => url === '/userinfo' && !!response.writeHead(503).end();
    expect(await addressOf(address, true)).toEqual(failed);
  });

  test('is asked for with the token of that person, once for many requests and for two minutes', async () => {
    answers({ sub: 'ada', email: 'ada@example.com', email_verified: true });
    const verify = verifier();
    const bearer = `Bearer ${await token()}`;
    const ask = async () => ((await verify.identify(bearer)) as TokenHolder).address();
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(
      Array.from({ length: 20 }, () => known),
    );
    await ask();
    expect(asked).toEqual([bearer]);
  });

  test.each<[string, object | null, string]>([
    ['tells of somebody else', { sub: 'eve', email: 'ada@example.com', email_verified: true }, 'NO_ADDRESS'],
    ['tells no address', { sub: 'ada' }, 'NO_ADDRESS'],
  ])('is unknown when userinfo %s, and is not asked for again and again', async (_what, claims, refusal) => {
    answers(claims);
    const verify = verifier();
    // A stranger with ever new tokens is still one person.
    for (let round = 0; round < 5; round += 1) {
      const identity = (await verify.identify(
        `Bearer ${await token({ jti: String(round) })}`,
      )) as TokenHolder;
      expect(await identity.address()).toEqual({ email: null, refusal });
    }
    expect(asked).toHaveLength(1);
  });

  test('is asked for again some seconds after userinfo has failed, which says nothing of the person', async () => {
    answers(null);
    const verify = verifier();
    const ask = async () => ((await verify.identify(`Bearer ${await token()}`)) as TokenHolder).address();
    const failed = { email: null, refusal: 'USERINFO_FAILED' };
    expect([await ask(), await ask()]).toEqual([failed, failed]);
    expect(asked).toHaveLength(1);
    answers({ sub: 'ada', email: 'ada@example.com', email_verified: true });
    // What is remembered of a failure looks at the clock once in a millisecond.
    await moment();
    const now = performance.now();
    const later = jest.spyOn(performance, 'now').mockReturnValue(now + 6_000);
    expect(await ask()).toEqual(known);
    later.mockRestore();
    expect(asked).toHaveLength(2);
  });

  test('that userinfo fails to tell is not taken for one without invitations, and the log has the reason', async () => {
    answers(null);
    const running = await startTestApp({ AUTH_ISSUER: issuer.url, AUTH_AUDIENCE: AUDIENCE });
    const ask = async (query: string, headers: Record<string, string> = {}) =>
      post(running.url, await token({ sub: 'grace' }), { query }, headers);
    const refused = await ask('{ viewer { name } }', { 'latchkey-agency': BRIGHTLINE });
    expect(refused.status).toBe(401);
    expect(running.logs.join('')).toContain('"signInRefused":"USERINFO_FAILED"');
    const input = `(input: { invitationId: "${NEVER_GIVEN_OUT}" }) { userErrors { code } }`;
    for (const query of [
      '{ invitations { agencyId } }',
      `mutation { acceptInvitation${input} }`,
      `mutation { declineInvitation${input} }`,
    ])
      expect((await ask(query)).errors.map(({ extensions }) => extensions.code)).toEqual([
        'SERVICE_UNAVAILABLE',
      ]);
    // For somebody whom another agency knows the reason is the same.
    await running.app.database.write((tx) =>
      tx.update(
        PersonRow,
        { name: 'Max Brightline' },
        { identityDigest: identityDigest(issuer.url, 'grace') },
      ),
    );
    running.logs.length = 0;
    await ask('{ viewer { name } }', { 'latchkey-agency': NEVER_GIVEN_OUT });
    expect(running.logs.join('')).toContain('"signInRefused":"USERINFO_FAILED"');
    await running.close();
  });

  test('is unknown when the issuer has no userinfo endpoint, or one without TLS on another machine', async () => {
    expect(await addressOf({})).toEqual({ email: null, refusal: 'NO_ADDRESS' });
    issuer.discovery = { ...issuer.discovery, userinfo_endpoint: 'http://userinfo.example.com/' };
    expect(await addressOf({})).toEqual({ email: null, refusal: 'NO_ADDRESS' });
  });
});
