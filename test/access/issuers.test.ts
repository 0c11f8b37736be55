import { exportJWK, generateKeyPair, SignJWT, type JWTHeaderParameters } from 'jose';
import { createIdentityVerifier } from '../../src/people/identity';
import { identityDigest } from '../../src/people/identities';
import { startFakeIssuer, type FakeIssuer } from '../fixtures/fake-issuer';

const AUDIENCE = 'latchkey';
let issuer: FakeIssuer;
beforeEach(async () => (issuer = await startFakeIssuer()));
afterEach(() => {
  issuer.server.closeAllConnections();
  issuer.server.close();
});

interface Form {
  readonly path?: string;
  readonly header: Partial<JWTHeaderParameters> & { readonly alg: string };
  readonly claims?: object;
  /** What the key set says of the key beside the key itself. */
  readonly key?: object;
}

/** Publishes a key, and returns a token that is signed by it, as an issuer of this kind makes them. */
async function issue({ path = '', header, claims, key = { kid: 'one', use: 'sig' } }: Form): Promise<string> {
  const name = `${issuer.url}${path}`;
  const pair = await generateKeyPair(header.alg, { extractable: true });
  issuer.discovery = { issuer: name, jwks_uri: `${issuer.url}/jwks` };
  issuer.keys.push({ ...(await exportJWK(pair.publicKey)), ...key });
  return new SignJWT({ iss: name, aud: AUDIENCE, sub: 'ada', ...claims })
    .setIssuedAt()
    .setExpirationTime('1h')
    .setProtectedHeader(header)
    .sign(pair.privateKey);
}

const identify = (path: string, token: string) =>
  createIdentityVerifier({ issuer: `${issuer.url}${path}`, audience: AUDIENCE }).identify(`Bearer ${token}`);

test.each<[string, Form]>([
  [
    'Auth0',
    {
      path: '/',
      header: { alg: 'RS256', typ: 'JWT', kid: 'one' },
      claims: { aud: [AUDIENCE, 'https://acme.auth0.com/userinfo'], azp: 'app', scope: 'openid email' },
      key: { kid: 'one', use: 'sig', alg: 'RS256', x5t: 'x' },
    },
  ],
  [
    'Okta',
    {
      path: '/oauth2/default',
      header: { alg: 'RS256', kid: 'one' },
      claims: { ver: 1, jti: 'AT.x', cid: 'app', uid: '00u', scp: ['openid'], sub: 'ada@example.com' },
    },
  ],
  [
    'Microsoft Entra ID',
    {
      path: '/8a/v2.0',
      header: { alg: 'RS256', typ: 'JWT', kid: 'one', x5t: 'one' },
      claims: { azp: 'app', oid: 'x', tid: '8a', scp: 'access', ver: '2.0' },
    },
  ],
  [
    'Keycloak',
    {
      path: '/realms/acme',
      header: { alg: 'PS256', typ: 'JWT', kid: 'one' },
      claims: { aud: [AUDIENCE, 'account'], typ: 'Bearer', azp: 'app', scope: 'openid' },
    },
  ],
  ['Supabase', { path: '/auth/v1', header: { alg: 'ES256', typ: 'JWT', kid: 'one' }, claims: { role: 'x' } }],
  ['Zitadel', { header: { alg: 'EdDSA', typ: 'at+jwt', kid: 'one' } }],
  [
    'one that names Ed25519 as RFC 9864 does',
    { header: { alg: 'Ed25519', kid: 'one' }, key: { kid: 'one', alg: 'Ed25519' } },
  ],
  ['one that names no key', { header: { alg: 'RS256' }, key: {} }],
])('a token in the form of %s is accepted', async (_who, form) => {
  const token = await issue(form);
  const subject = (form.claims as { sub?: string } | undefined)?.sub ?? 'ada';
  expect(await identify(form.path ?? '', token)).toMatchObject({
    digest: identityDigest(`${issuer.url}${form.path ?? ''}`, subject),
  });
});

describe('where several keys could have signed a token that names none', () => {
  const nameless: Form = { header: { alg: 'RS256' }, key: { use: 'sig' } };

  test('whichever has is found', async () => {
    const tokens = [await issue(nameless), await issue(nameless), await issue(nameless)];
    for (const token of tokens)
      expect(await identify('', token)).toMatchObject({ digest: identityDigest(issuer.url, 'ada') });
  });

  test('a token that none of them has signed is refused for its signature', async () => {
    const stranger = await issue(nameless);
    issuer.keys = [];
    await issue(nameless);
    await issue(nameless);
    expect(await identify('', stranger)).toBe('SIGNATURE');
  });

  test('a key that cannot be used does not spoil the others', async () => {
    issuer.keys.push({ kty: 'RSA', e: 'AQAB', n: 'AQAB', use: 'sig' });
    expect(await identify('', await issue(nameless))).toMatchObject({
      digest: identityDigest(issuer.url, 'ada'),
    });
  });

  test('what else is wrong with it is told as with any other', async () => {
    await issue(nameless);
    const claims = { aud: 'other' };
    expect(await identify('', await issue({ ...nameless, claims }))).toBe('AUDIENCE');
  });
});
