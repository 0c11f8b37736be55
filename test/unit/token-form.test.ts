import { containsSignedToken } from '../../src/access/token-form';

const part = (text: string) => Buffer.from(text).toString('base64url');
const BODY = part('{"sub":"grace"}');
const JWT = `${part('{"alg":"ES256","typ":"JWT"}')}.${BODY}.c2lnbmF0dXJl`;

describe('a signed token is recognised', () => {
  test.each([
    ['alone', JWT],
    ['without a signature', `${part('{"alg":"none"}')}.${BODY}.`],
    ['with white space in its header', `${part('{ "alg": "HS256" }')}.${BODY}.c2ln`],
    ['with lines in its header', `${part('{\r\n  "typ": "JWT",\n  "alg": "HS256"\n}')}.${BODY}.c2ln`],
    ['in a sentence', `The token is ${JWT}. Use it.`],
    ['behind a word and an underscore', `key_${JWT}`],
    ['behind a host', `login.example.com/${JWT}`],
    ['behind another part', `v1.${JWT}`],
    ['in an address', `https://example.com/hook?token=${JWT}&x=1`],
    ['in JSON', JSON.stringify({ access_token: JWT })],
    ['over several lines', JWT.replace(/.{20}/g, '$&\n  ')],
    ['sealed', `${part('{"alg":"ECDH-ES","enc":"A256GCM"}')}..aXY.dGV4dA.dGFn`],
  ])('%s', (_how, text) => {
    expect(containsSignedToken(text)).toBe(true);
  });
});

test.each([
  'Harbor Dental',
  'eye.care.example',
  'https://hooks.eye.example.com/ey/JWT.v1.0',
  `${BODY}.${BODY}.${BODY}`,
  part('{"alg":"ES256"}'),
  `${part('{"alg":"ES256"')}.${BODY}.c2ln`,
  `${part('"alg"')}.${BODY}.c2ln`,
])('%j contains no signed token', (text) => {
  expect(containsSignedToken(text)).toBe(false);
});

test('a signed token is looked for in no time, whatever stands in its place', () => {
  const start = performance.now();
  for (const piece of [
    'ey',
    'eyJ',
    `${'eyJ'.repeat(500)}.`,
    'eyJ.',
    '.',
    'e30.',
    `${part('{"alg"')}.`,
    `${part('{"a":{"alg"}')}.`,
    ' ',
    'a',
  ])
    expect(containsSignedToken(piece.repeat(100_000 / piece.length))).toBe(false);
  expect(performance.now() - start).toBeLessThan(300);
});
