import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Cipher } from '../../src/vault/cipher';
import { MessageSigner, newSigningSecret } from '../../src/vault/message-signatures';
import { KeyRing } from '../../src/vault/master-keys/key-ring';

const PLACE = {
  agencyId: 'agency',
  ownerType: 'OUTGOING_WEBHOOK',
  ownerId: 'webhook',
  provider: '',
  version: 1,
  region: '',
};
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

const cipher = new Cipher(KeyRing.parse(KeyRing.generateLine('test')));
const publicKeyOf = (bytes: Buffer) =>
  createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
const signatureOf = (scheme: string, signatures: string) =>
  signatures
    .split(' ')
    .find((each) => each.startsWith(`${scheme},`))
    ?.slice(scheme.length + 1) ?? '';

test('a new secret has 32 bytes, and opens as the signer of what its receiver verifies with it', () => {
  const { sealed, shown, publicKey, masterKey } = newSigningSecret(cipher, PLACE);
  expect(masterKey).toBe('test');
  expect(shown).toMatch(/^whsec_[\w+/]{43}=$/);
  expect(publicKey).toMatch(/^whpk_[\w+/]{43}=$/);
  const now = Math.floor(Date.now() / 1000);
  const signature = MessageSigner.open(cipher, sealed, PLACE).sign('msg_1', now, '{"a":"ä"}');
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(now),
    'webhook-signature': signature,
  };
  expect(new Webhook(shown).verify('{"a":"ä"}', headers)).toEqual({ a: 'ä' });
  expect(() => new Webhook(shown).verify('{"a":"a"}', headers)).toThrow('No matching signature');
  expect(() => new Webhook(newSigningSecret(cipher, PLACE).shown).verify('{"a":"ä"}', headers)).toThrow();

  const key = publicKeyOf(Buffer.from(publicKey.slice('whpk_'.length), 'base64'));
  const ed25519 = Buffer.from(signatureOf('v1a', signature), 'base64');
  const signed = (body: string) => Buffer.from(`msg_1.${now}.${body}`);
  expect(verify(null, signed('{"a":"ä"}'), key, ed25519)).toBe(true);
  expect(verify(null, signed('{"a":"a"}'), key, ed25519)).toBe(false);
});

test('a sealed secret opens at its own place alone', () => {
  const { sealed } = newSigningSecret(cipher, PLACE);
  for (const other of [{ ownerId: 'another' }, { agencyId: 'another' }, { version: 2 }])
    expect(() => MessageSigner.open(cipher, sealed, { ...PLACE, ...other })).toThrow('does not open');
});

test('HMAC-SHA256 is what Standard Webhooks has as an example', () => {
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  // The example's secret has 24 bytes. HMAC fills any secret up with zeros.
  const bytes = Buffer.concat([secret, Buffer.alloc(8), Buffer.alloc(32, 1)]);
  const signature = MessageSigner.of(bytes).sign(
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1614265330,
    '{"test": 2432232314}',
  );
  expect(signatureOf('v1', signature)).toBe('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

// The private and public keys of RFC 8032, section 7.1, tests 1 and 2.
test.each([
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  ],
])('Ed25519 signatures by the seed %s are verified by the public key of RFC 8032', (seed, publicKey) => {
  const signer = MessageSigner.of(Buffer.concat([Buffer.alloc(32, 1), Buffer.from(seed, 'hex')]));
  const signature = Buffer.from(signatureOf('v1a', signer.sign('msg_1', 1_700_000_000, '{}')), 'base64');
  const key = publicKeyOf(Buffer.from(publicKey, 'hex'));
  expect(verify(null, Buffer.from('msg_1.1700000000.{}'), key, signature)).toBe(true);
});
