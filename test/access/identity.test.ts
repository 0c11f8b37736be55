import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { createIdentityVerifier, IssuerUnreachable, type TokenRefusal } from '../../src/people/identity';
import { emailDigest } from '../../src/people/email';
import { identityDigest } from '../../src/people/identities';
import { PersonRow } from '../../src/people/person.entity';
import { newId } from '../../src/platform/ids';
import { startIssuer } from '../../src/demo/issuer';
import { until } from '../e2e/process';
import { post, startTestApp } from '../harness';
import { startFakeIssuer, type FakeIssuer } from '../fixtures/fake-issuer';
import { freePort, startOidcProvider, type OidcProvider } from '../fixtures/oidc';

const AUDIENCE = 'https://latchkey.example.com';
const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';
const now = () => Math.floor(Date.now() / 1000);

let issuer: FakeIssuer;
let privateKey: CryptoKey;
let publicKey: CryptoKey;

beforeEach(async () => {
  issuer = await startFakeIssuer();
  ({ privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true }));
  issuer.keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }];
});

afterEach(() => {
  issuer.server.closeAllConnections();
  issuer.server.close();
});

const token = (claims: object = {}, key = privateKey, kid = 'one', typ?: string) =>
  new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid, ...(typ !== undefined && { typ }) })
    .sign(key);

const verifier = () =>
  createIdentityVerifier({
    issuer: issuer.url,
    audience: AUDIENCE,
    asking: { jwksCooldownMs: 0 },
  });

describe('a bearer token', () => {
  test('that is valid tells who someone is, and no more', async () => {
    expect(await verifier().identify(`Bearer ${await token({ role: 'AGENCY_ADMIN' })}`)).toEqual({
      digest: identityDigest(issuer.url, 'ada'),
      address: expect.any(Function) as unknown,
    });
  });

  test.each(['bearer', 'BEARER'])('is found behind its scheme in upper or lower case: %s', async (scheme) => {
    expect(await verifier().identify(`${scheme} ${await token()}`)).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
  });

  test.each<[string, TokenRefusal, () => object]>([
    ['expired', 'EXPIRED', () => ({ exp: now() - 60 })],
    ['not valid yet', 'NOT_YET_VALID', () => ({ nbf: now() + 600 })],
    ['without an expiry', 'CLAIMS', () => ({ exp: undefined })],
    ['for another audience', 'AUDIENCE', () => ({ aud: 'https://other.example.com' })],
    ['without an audience', 'AUDIENCE', () => ({ aud: undefined })],
    ['of another issuer', 'ISSUER', () => ({ iss: 'https://other.example.com' })],
    ['of an issuer with a slash more', 'ISSUER', () => ({ iss: `${issuer.url}/` })],
    ['without a subject', 'CLAIMS', () => ({ sub: undefined })],
    ['with an empty subject', 'CLAIMS', () => ({ sub: '' })],
    ['with a subject that is no text', 'CLAIMS', () => ({ sub: 7 })],
  ])('is refused: %s, for the reason %s', async (_what, refusal, claims) => {
    expect(await verifier().identify(`Bearer ${await token(claims())}`)).toBe(refusal);
  });

  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'Application/AT+JWT'])(
    'may say that it is an access token or an ID token: typ %s',
    async (typ) => {
      const verify = verifier();
      expect(await verify.identify(`Bearer ${await token({}, privateKey, 'one', typ)}`)).toMatchObject({
        digest: identityDigest(issuer.url, 'ada'),
      });
    },
  );

  test.each(['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JOSE', 'xjwt', ''])(
    'is refused when it was made for something else: typ %j',
    async (typ) => {
      expect(await verifier().identify(`Bearer ${await token({}, privateKey, 'one', typ)}`)).toBe('TYPE');
    },
  );

  test('is accepted up to 30 seconds outside of its validity, since clocks differ, and not beyond', async () => {
    const verify = verifier();
    for (const claims of [{ exp: now() - 20 }, { nbf: now() + 20 }])
      expect(await verify.identify(`Bearer ${await token(claims)}`)).toMatchObject({
        digest: identityDigest(issuer.url, 'ada'),
      });
    expect(await verify.identify(`Bearer ${await token({ exp: now() - 40 })}`)).toBe('EXPIRED');
    expect(await verify.identify(`Bearer ${await token({ nbf: now() + 40 })}`)).toBe('NOT_YET_VALID');
  });

  test('that was accepted is refused once it has expired, although its verification is remembered', async () => {
    const verify = verifier();
    const header = `Bearer ${await token({ exp: now() - 20 })}`;
    expect(await verify.identify(header)).toMatchObject({ digest: identityDigest(issuer.url, 'ada') });
    jest.useFakeTimers({
      now: Date.now() + 15_000,
      doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
    });
    try {
      expect(await verify.identify(header)).toBe('EXPIRED');
    } finally {
      jest.useRealTimers();
    }
  });

  test('of another issuer is refused for its issuer, whoever signed it', async () => {
    const other = await generateKeyPair('ES256');
    const foreign = await token({ iss: 'https://other.example.com' }, other.privateKey, 'theirs');
    expect(await verifier().identify(`Bearer ${foreign}`)).toBe('ISSUER');
  });

  test('is refused with `alg: none`', async () => {
    const unsigned = new UnsecuredJWT({ sub: 'ada' })
      .setIssuer(issuer.url)
      .setAudience(AUDIENCE)
      .setExpirationTime('1m')
      .encode();
    expect(await verifier().identify(`Bearer ${unsigned}`)).toBe('ALGORITHM');
  });

  test('is refused when it is signed with HS256 and the public key as its secret', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(publicKey));
    const forged = await new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);
    expect(await verifier().identify(`Bearer ${forged}`)).toBe('ALGORITHM');
  });

  test("is refused when someone else's key signed it", async () => {
    const other = await generateKeyPair('ES256');
    const verify = verifier();
    expect(await verify.identify(`Bearer ${await token({}, other.privateKey)}`)).toBe('SIGNATURE');
    expect(await verify.identify(`Bearer ${await token({}, other.privateKey, 'unheard-of')}`)).toBe(
      'UNKNOWN_KEY',
    );
  });

  test('is refused with its payload or its signature changed', async () => {
    const [header = '', , signature = ''] = (await token()).split('.');
    const payload = Buffer.from(
      JSON.stringify({ iss: issuer.url, aud: AUDIENCE, sub: 'eve', exp: now() + 60 }),
    ).toString('base64url');
    expect(await verifier().identify(`Bearer ${header}.${payload}.${signature}`)).toBe('SIGNATURE');
    const good = await token();
    expect(await verifier().identify(`Bearer ${good.slice(0, -6)}AAAAAA`)).toBe('SIGNATURE');
  });

  test('is accepted with as many groups as fit into the headers that Node takes', async () => {
    const long = await token({ groups: 'g'.repeat(11_000) });
    expect(long.length).toBeGreaterThan(14_000);
    expect(await verifier().identify(`Bearer ${long}`)).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
  });

  test.each<[string, TokenRefusal, string]>([
    ['an empty header', 'NOT_A_BEARER_TOKEN', ''],
    ['a scheme alone', 'NOT_A_BEARER_TOKEN', 'Bearer'],
    ['a scheme and a space', 'NOT_A_BEARER_TOKEN', 'Bearer '],
    ['another scheme', 'NOT_A_BEARER_TOKEN', 'Basic YTpi'],
    ['three parts of nothing', 'NOT_A_JWT', 'Bearer a.b.c'],
    ['one word', 'NOT_A_JWT', 'Bearer garbage'],
    ['an encrypted token', 'NOT_A_JWT', 'Bearer a.b.c.d.e'],
    ['two words', 'NOT_A_BEARER_TOKEN', 'Bearer a b'],
    ['a hundred thousand characters', 'TOO_LONG', `Bearer ${'a'.repeat(100_000)}`],
  ])('is refused: %s, for the reason %s', async (_what, refusal, header) => {
    expect(await verifier().identify(header)).toBe(refusal);
  });
});

describe('an issuer', () => {
  test('is asked once for many requests', async () => {
    const verify = verifier();
    const header = `Bearer ${await token()}`;
    await Promise.all(Array.from({ length: 20 }, () => verify.identify(header)));
    await verify.identify(header);
    expect(issuer.requests).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test('may rotate its signing keys: the new one is accepted, and the one that it took away is not', async () => {
    const verify = verifier();
    const old = await token();
    expect(await verify.identify(`Bearer ${old}`)).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
    const next = await generateKeyPair('ES256', { extractable: true });
    issuer.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'two', alg: 'ES256', use: 'sig' }];
    const fresh = `Bearer ${await token({}, next.privateKey, 'two')}`;
    expect(await verify.identify(fresh)).toMatchObject({ digest: identityDigest(issuer.url, 'ada') });
    expect(await verify.identify(`Bearer ${old}`)).toBe('UNKNOWN_KEY');
  });

  const under = async (kid: string, key: CryptoKey) => ({
    ...(await exportJWK(key)),
    kid,
    alg: 'ES256',
    use: 'sig',
  });

  test('may publish another key under the name of an earlier one: its tokens are accepted at once, by all who wait', async () => {
    const verify = verifier();
    await verify.identify(`Bearer ${await token()}`);
    const next = await generateKeyPair('ES256', { extractable: true });
    issuer.keys = [await under('one', next.publicKey)];
    const bearer = `Bearer ${await token({}, next.privateKey)}`;
    const all = await Promise.all(Array.from({ length: 5 }, () => verify.identify(bearer)));
    for (const one of all) expect(one).toMatchObject({ digest: identityDigest(issuer.url, 'ada') });
    expect(issuer.requests.filter((path) => path === '/jwks')).toHaveLength(2);
  });

  test('may publish another key under the name of an earlier one: a token is accepted whose check ends after the reload for another one', async () => {
    const verify = createIdentityVerifier({
      issuer: issuer.url,
      audience: AUDIENCE,
      asking: { jwksCooldownMs: 60_000 },
    });
    await verify.identify(`Bearer ${await token()}`);
    const next = await generateKeyPair('ES256', { extractable: true });
    issuer.keys = [await under('one', next.publicKey)];
    const bearer = (jti: string) => token({ jti, exp: now() + 600 }, next.privateKey);
    const [slow, fast] = [await bearer('slow'), await bearer('fast')];
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const check = crypto.subtle.verify.bind(crypto.subtle);
    const checking = jest.spyOn(crypto.subtle, 'verify').mockImplementationOnce(async (...checked) => {
      await ended;
      return check(...checked);
    });
    const known = { digest: identityDigest(issuer.url, 'ada') };
    const waiting = verify.identify(`Bearer ${slow}`);
    await until(() => checking.mock.calls.length === 1);
    expect(await verify.identify(`Bearer ${fast}`)).toMatchObject(known);
    end();
    expect(await waiting).toMatchObject(known);
    expect(issuer.requests.filter((path) => path === '/jwks')).toHaveLength(2);
    later.mockRestore();
    checking.mockRestore();
  });

  test.each([200, 503])(
    'is asked for its keys no more than once in the cooldown, however many tokens are forged, also where it answers %s',
    async (status) => {
      const verify = createIdentityVerifier({
        issuer: issuer.url,
        audience: AUDIENCE,
        asking: { jwksCooldownMs: 60_000 },
      });
      await verify.identify(`Bearer ${await token()}`);
      const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
      issuer.status = status;
      const { privateKey: own } = await generateKeyPair('ES256');
      for (let round = 0; round < 5; round += 1) {
        const forged = `Bearer ${await token({ jti: String(round), exp: now() + 600 }, own)}`;
        expect(await verify.identify(forged)).toBe('SIGNATURE');
      }
      later.mockRestore();
      expect(issuer.requests.filter((path) => path === '/jwks')).toHaveLength(2);
    },
  );

  test('whose key set has a member that is no object is believed with the others, and sign-ins are no problem', async () => {
    const verify = verifier();
    issuer.keys = [null as never, ...issuer.keys];
    expect(await verify.identify(`Bearer ${await token()}`)).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
    expect(verify.problem()).toBeNull();
  });

  test('whose signing key is broken leaves the question open and is told of, until it publishes a whole one', async () => {
    const verify = verifier();
    const whole = issuer.keys;
    issuer.keys = whole.map((key) => ({ ...key, x: 'broken' }));
    await expect(verify.identify(`Bearer ${await token()}`)).rejects.toThrow(IssuerUnreachable);
    expect(verify.problem()).toBe("a signing key of the issuer's key set cannot be used");
    issuer.keys = whole;
    expect(await verify.identify(`Bearer ${await token()}`)).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
    expect(verify.problem()).toBeNull();
  });

  test('that is away leaves the question open: neither accepted nor refused, and asked again the next time', async () => {
    const verify = verifier();
    issuer.status = 503;
    const header = `Bearer ${await token()}`;
    await expect(verify.identify(header)).rejects.toThrow(IssuerUnreachable);
    issuer.status = 200;
    expect(await verify.identify(header)).toMatchObject({ digest: identityDigest(issuer.url, 'ada') });
  });

  test.each<[string, () => void]>([
    [
      'names another issuer',
      () => (issuer.discovery = { issuer: 'https://other.example.com', jwks_uri: `${issuer.url}/jwks` }),
    ],
    [
      'names a key set in the clear elsewhere',
      () => (issuer.discovery = { issuer: issuer.url, jwks_uri: 'http://keys.example.com/jwks' }),
    ],
    ['names no key set', () => (issuer.discovery = { issuer: issuer.url })],
    ['sends us elsewhere', () => (issuer.location = 'http://127.0.0.1:9/')],
  ])('is not trusted when its discovery document %s', async (_what, change) => {
    change();
    await expect(verifier().identify(`Bearer ${await token()}`)).rejects.toThrow(IssuerUnreachable);
  });

  test('whose key set cannot be read leaves the question open', async () => {
    issuer.discovery = { issuer: issuer.url, jwks_uri: `${issuer.url}/.well-known/openid-configuration` };
    await expect(verifier().identify(`Bearer ${await token()}`)).rejects.toThrow(IssuerUnreachable);
  });
});

test("the demo's issuer keeps its signing key over a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-issuer-'));
  const keyFile = join(folder, 'key.json');
  const first = await startIssuer({ keyFile, port: await freePort() });
  const minted = await first.mint({ subject: 'ada', audience: AUDIENCE, expiresInSeconds: 60 });
  await first.close();
  const second = await startIssuer({ keyFile, port: Number(new URL(first.issuer).port) });
  const verify = createIdentityVerifier({ issuer: second.issuer, audience: AUDIENCE });
  expect(await verify.identify(`Bearer ${minted}`)).toMatchObject({
    digest: identityDigest(second.issuer, 'ada'),
  });
  await second.close();
  rmSync(folder, { recursive: true });
});

describe('people of a real OpenID provider', () => {
  let port: number;
  let provider: OidcProvider;
  beforeAll(async () => {
    port = await freePort();
    provider = await startOidcProvider(port, AUDIENCE);
  });
  afterAll(() => provider.stop());

  test('sign in by authorization code, and may do what the database says', async () => {
    const running = await startTestApp({ AUTH_ISSUER: provider.issuer, AUTH_AUDIENCE: AUDIENCE });
    const asks = async (bearer: string) => post(running.url, bearer, { query: '{ viewer { name } }' });
    await running.app.database.write((tx) =>
      tx.update(
        PersonRow,
        { role: 'AGENCY_ADMIN', name: 'Ada Brightline' },
        { identityDigest: identityDigest(provider.issuer, 'ada') },
      ),
    );
    const ada = await provider.signIn('ada');
    expect((await asks(ada.accessToken)).data).toEqual({ viewer: { name: 'Ada Brightline' } });
    const stranger = await provider.signIn('eve');
    const forAnotherAudience = ada.idToken;
    for (const refused of [stranger.accessToken, forAnotherAudience])
      expect((await asks(refused)).status).toBe(401);
    await running.close();
  });

  test('take up an invitation although their access tokens carry no address: the issuer is asked for it', async () => {
    const running = await startTestApp({ AUTH_ISSUER: provider.issuer, AUTH_AUDIENCE: AUDIENCE });
    for (const name of ['grace', 'heidi-unverified'])
      await running.app.database.write((tx) =>
        tx.insert(PersonRow, {
          id: newId(),
          agencyId: BRIGHTLINE,
          clientId: null,
          role: 'AGENCY_MEMBER',
          name,
          permissions: [],
          email: `${name}@example.com`,
          emailDigest: emailDigest(`${name}@example.com`),
          createdAt: new Date(),
        }),
      );
    const asks = async (person: string) =>
      post(
        running.url,
        (await provider.signIn(person)).accessToken,
        { query: '{ viewer { name } }' },
        { 'latchkey-agency': BRIGHTLINE },
      );
    expect((await asks('grace')).data).toEqual({ viewer: { name: 'grace' } });
    expect((await asks('heidi-unverified')).status).toBe(401);
    expect((await asks('mallory')).status).toBe(401);
    expect(running.logs.join('')).toContain('"signInRefused":"ADDRESS_NOT_VERIFIED"');
    expect(running.logs.join('')).toContain('"signInRefused":"NOT_INVITED"');
    await running.close();
  });

  test('are known by tokens of a new signing key at once, and no longer by those of the old one', async () => {
    const verify = createIdentityVerifier({
      issuer: provider.issuer,
      audience: AUDIENCE,
      asking: { jwksCooldownMs: 0 },
    });
    const old = await provider.signIn('ada');
    expect(await verify.identify(`Bearer ${old.accessToken}`)).toMatchObject({
      digest: identityDigest(provider.issuer, 'ada'),
    });
    await provider.stop();
    provider = await startOidcProvider(port, AUDIENCE);
    const fresh = await provider.signIn('ada');
    expect(await verify.identify(`Bearer ${fresh.accessToken}`)).toMatchObject({
      digest: identityDigest(provider.issuer, 'ada'),
    });
    expect(await verify.identify(`Bearer ${old.accessToken}`)).toBe('UNKNOWN_KEY');
  });
});
