import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { createIdentityVerifier, IssuerUnreachable } from '../../src/people/identity';
import { identityDigest } from '../../src/people/identities';
import { PersonRow } from '../../src/people/person.entity';
import { startIssuer } from '../../src/demo/issuer';
import { post, startTestApp } from '../harness';
import { freePort, startOidcProvider } from '../fixtures/oidc';

const AUDIENCE = 'https://latchkey.example.com';
const now = () => Math.floor(Date.now() / 1000);

/** An issuer whose answers tests can change. */
interface Issuer {
  readonly url: string;
  readonly server: Server;
  discovery: object;
  keys: JWK[];
  status: number;
  location: string | null;
  requests: string[];
}

let issuer: Issuer;
let privateKey: CryptoKey;
let publicKey: CryptoKey;

async function startFakeIssuer(): Promise<Issuer> {
  const server = createServer((request, response) => {
    issuer.requests.push(request.url ?? '');
    if (issuer.location) return void response.writeHead(302, { location: issuer.location }).end();
    const body = request.url === '/jwks' ? { keys: issuer.keys } : issuer.discovery;
    response.writeHead(issuer.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    discovery: { issuer: url, jwks_uri: `${url}/jwks` },
    keys: [],
    status: 200,
    location: null,
    requests: [],
  };
}

beforeEach(async () => {
  issuer = await startFakeIssuer();
  ({ privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true }));
  issuer.keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }];
});

afterEach(() => {
  issuer.server.closeAllConnections();
  issuer.server.close();
});

const token = (claims: object = {}, key = privateKey, kid = 'one') =>
  new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .sign(key);

const verifier = () => createIdentityVerifier({ issuer: issuer.url, audience: AUDIENCE, jwksCooldownMs: 0 });

describe('a bearer token', () => {
  test('that is valid tells who someone is, and no more', async () => {
    expect(await verifier().identify(`Bearer ${await token({ role: 'AGENCY_ADMIN' })}`)).toEqual({
      issuer: issuer.url,
      subject: 'ada',
      email: null,
      emailVerified: false,
    });
  });

  test.each(['bearer', 'BEARER'])('is found behind the scheme in any case: %s', async (scheme) => {
    expect(await verifier().identify(`${scheme} ${await token()}`)).not.toBeNull();
  });

  test.each<[string, () => object]>([
    ['expired', () => ({ exp: now() - 60 })],
    ['not valid yet', () => ({ nbf: now() + 600 })],
    ['without an expiry', () => ({ exp: undefined })],
    ['for another audience', () => ({ aud: 'https://other.example.com' })],
    ['without an audience', () => ({ aud: undefined })],
    ['of another issuer', () => ({ iss: 'https://other.example.com' })],
    ['of an issuer with a slash more', () => ({ iss: `${issuer.url}/` })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['with a subject that is no text', () => ({ sub: 7 })],
  ])('is refused: %s', async (_what, claims) => {
    expect(await verifier().identify(`Bearer ${await token(claims())}`)).toBeNull();
  });

  test('is refused with `alg: none`', async () => {
    const unsigned = new UnsecuredJWT({ sub: 'ada' })
      .setIssuer(issuer.url)
      .setAudience(AUDIENCE)
      .setExpirationTime('1m')
      .encode();
    expect(await verifier().identify(`Bearer ${unsigned}`)).toBeNull();
  });

  test('is refused when it is signed with HS256 and the public key as its secret', async () => {
    const secret = new TextEncoder().encode(await exportSPKI(publicKey));
    const forged = await new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'ada', exp: now() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(secret);
    expect(await verifier().identify(`Bearer ${forged}`)).toBeNull();
  });

  test("is refused when someone else's key signed it", async () => {
    const other = await generateKeyPair('ES256');
    expect(await verifier().identify(`Bearer ${await token({}, other.privateKey)}`)).toBeNull();
    expect(await verifier().identify(`Bearer ${await token({}, other.privateKey, 'unheard-of')}`)).toBeNull();
  });

  test('is refused with its payload or its signature changed', async () => {
    const [header = '', , signature = ''] = (await token()).split('.');
    const payload = Buffer.from(
      JSON.stringify({ iss: issuer.url, aud: AUDIENCE, sub: 'eve', exp: now() + 60 }),
    ).toString('base64url');
    expect(await verifier().identify(`Bearer ${header}.${payload}.${signature}`)).toBeNull();
    const good = await token();
    expect(await verifier().identify(`Bearer ${good.slice(0, -6)}AAAAAA`)).toBeNull();
  });

  test.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty header', ''],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['another scheme', 'Basic YTpi'],
    ['three parts of nothing', 'Bearer a.b.c'],
    ['one word', 'Bearer garbage'],
    ['two words', 'Bearer a b'],
    ['a hundred thousand characters', `Bearer ${'a'.repeat(100_000)}`],
  ])('is refused: %s', async (_what, header) => {
    expect(await verifier().identify(header)).toBeNull();
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
    expect(await verify.identify(`Bearer ${old}`)).not.toBeNull();
    const next = await generateKeyPair('ES256', { extractable: true });
    issuer.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'two', alg: 'ES256', use: 'sig' }];
    expect(await verify.identify(`Bearer ${await token({}, next.privateKey, 'two')}`)).not.toBeNull();
    expect(await verify.identify(`Bearer ${old}`)).toBeNull();
  });

  test('that is away leaves the question open: neither accepted nor refused, and asked again the next time', async () => {
    const verify = verifier();
    issuer.status = 503;
    const header = `Bearer ${await token()}`;
    await expect(verify.identify(header)).rejects.toThrow(IssuerUnreachable);
    issuer.status = 200;
    expect(await verify.identify(header)).not.toBeNull();
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
  expect(await verify.identify(`Bearer ${minted}`)).toMatchObject({ subject: 'ada' });
  await second.close();
  rmSync(folder, { recursive: true });
});

describe('people of a real OpenID provider', () => {
  test('sign in by authorization code, and may do what the database says', async () => {
    const provider = await startOidcProvider(await freePort(), AUDIENCE);
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
    await Promise.all([provider.stop(), running.close()]);
  });

  test('are known by tokens of a new signing key at once, and no longer by those of the old one', async () => {
    const port = await freePort();
    const before = await startOidcProvider(port, AUDIENCE);
    const verify = createIdentityVerifier({ issuer: before.issuer, audience: AUDIENCE, jwksCooldownMs: 0 });
    const old = await before.signIn('ada');
    expect(await verify.identify(`Bearer ${old.accessToken}`)).toMatchObject({ subject: 'ada' });
    await before.stop();
    const after = await startOidcProvider(port, AUDIENCE);
    const fresh = await after.signIn('ada');
    expect(await verify.identify(`Bearer ${fresh.accessToken}`)).toMatchObject({ subject: 'ada' });
    expect(await verify.identify(`Bearer ${old.accessToken}`)).toBeNull();
    await after.stop();
  });
});
