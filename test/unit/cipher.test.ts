import { randomBytes } from 'node:crypto';
import { Cipher, secretEndOf, UnreadableKey, type SecretPlace } from '../../src/vault/cipher';
import { encrypt, IV_BYTES, KeyRing } from '../../src/vault/master-keys/key-ring';
import { ApiKeyText } from '../../src/vault/secret';

const place: SecretPlace = {
  agencyId: 'agency-1',
  ownerType: 'CLIENT',
  ownerId: 'client-1',
  provider: 'RETELL',
  version: 7,
  region: 'US',
};
const text = 'key_canary_4f1c9a7e';
const ring = KeyRing.parse(KeyRing.generateLine('one'));
const cipher = new Cipher(ring);
const sealed = cipher.seal(new ApiKeyText(text), place);

const open = (stored: string, where: SecretPlace = place) =>
  ApiKeyText.reveal(cipher.open(stored, where, 'CALL'));

/** The same stored text with one byte of its payload changed. */
function withByteFlipped(stored: string, index: number): string {
  const [format, name, encoded = ''] = stored.split('.');
  const bytes = Buffer.from(encoded, 'base64url');
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return [format, name, bytes.toString('base64url')].join('.');
}

describe('a sealed key', () => {
  test('opens in its own place', () => {
    expect(open(sealed)).toBe(text);
  });

  test('shows nothing of the key, and is another text each time', () => {
    const again = cipher.seal(new ApiKeyText(text), place);
    expect(again).not.toBe(sealed);
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').includes(text)).toBe(false);
  });

  test('has two nonces of its own, one for its data key and one for itself', () => {
    const bytes = Array.from({ length: 50 }, () =>
      Buffer.from(cipher.seal(new ApiKeyText(text), place).split('.')[2] ?? '', 'base64url'),
    );
    const nonces = bytes.flatMap((each) =>
      [each.subarray(0, 12), each.subarray(60, 72)].map((nonce) => nonce.toString('hex')),
    );
    expect(new Set(nonces).size).toBe(100);
    // What is drawn together is told apart: a nonce is stored as it is.
    const { agencyId, ownerType, ownerId, provider, version, region } = place;
    const owner = [agencyId, ownerType, ownerId];
    const associated = JSON.stringify(['lk2', 'data-key', ...owner, provider, version, region]);
    for (const each of bytes) {
      const dataKey = ring.unwrap('one', each.subarray(0, 60), associated);
      expect(
        [each.subarray(0, 12), each.subarray(60, 72)].map((nonce) => dataKey.includes(nonce.subarray(0, 4))),
      ).toEqual([false, false]);
    }
  });

  test('names the master key that wraps it', () => {
    expect(sealed.split('.').slice(0, 2)).toEqual(['lk2', 'one']);
  });

  test.each<[string, Partial<SecretPlace>]>([
    ['agency', { agencyId: 'agency-2' }],
    ['owner', { ownerId: 'client-2' }],
    ['kind of owner', { ownerType: 'AGENCY' }],
    ['provider', { provider: 'VAPI' }],
    ['later version', { version: 8 }],
    ['earlier version', { version: 6 }],
    ['region', { region: 'EU' }],
  ])('does not open in the place of another %s', (_what, other) => {
    expect(() => open(sealed, { ...place, ...other })).toThrow(UnreadableKey);
  });

  test('does not open with any byte of it changed', () => {
    const length = Buffer.from(sealed.split('.')[2] ?? '', 'base64url').length;
    for (let index = 0; index < length; index += 1)
      expect(() => open(withByteFlipped(sealed, index))).toThrow(UnreadableKey);
  });

  test('does not open truncated, at any length', () => {
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => open(sealed.slice(0, length))).toThrow(UnreadableKey);
  });

  test('does not open under another master key of the same name', () => {
    const other = new Cipher(KeyRing.parse(KeyRing.generateLine('one')));
    expect(() => other.open(sealed, place, 'CALL')).toThrow(UnreadableKey);
  });

  test('opens after its master key is no longer the active one', () => {
    const line = KeyRing.generateLine('old');
    const stored = new Cipher(KeyRing.parse(line)).seal(new ApiKeyText(text), place);
    const later = new Cipher(KeyRing.parse(KeyRing.generateLine('new') + line));
    expect(ApiKeyText.reveal(later.open(stored, place, 'CALL'))).toBe(text);
    expect(later.seal(new ApiKeyText(text), place)).toMatch(/^lk2\.new\./);
  });

  test('that does not open fails without telling anything of the key', () => {
    const failure = () => open(withByteFlipped(sealed, 100));
    expect(failure).toThrow('The stored key does not open');
    expect(failure).not.toThrow(text);
  });
});

describe('a key that was sealed before regions were bound', () => {
  const bound = (purpose: string) =>
    JSON.stringify([
      'lk1',
      purpose,
      place.agencyId,
      place.ownerType,
      place.ownerId,
      place.provider,
      place.version,
    ]);
  const dataKey = randomBytes(32);
  const body = encrypt(dataKey, Buffer.from(text), bound('secret'), randomBytes(IV_BYTES));
  const old = `lk1.one.${Buffer.concat([ring.wrap(dataKey, bound('data-key')), body]).toString('base64url')}`;

  test('opens, and is wrapped anew in its own format', () => {
    expect(open(old)).toBe(text);
    const rewrapped = cipher.rewrap(old, place);
    expect(rewrapped).toMatch(/^lk1\.one\./);
    expect(open(rewrapped)).toBe(text);
    expect(secretEndOf(rewrapped)).toBe(secretEndOf(old));
  });

  test('does not open as one of the other format, nor does a newer one as one of this', () => {
    expect(() => open(old.replace('lk1.', 'lk2.'))).toThrow(UnreadableKey);
    expect(() => open(sealed.replace('lk2.', 'lk1.'))).toThrow(UnreadableKey);
  });
});

describe('what was in the clear', () => {
  const isWiped = (bytes: Uint8Array) => bytes.length > 0 && bytes.every((byte) => byte === 0);
  afterEach(() => jest.restoreAllMocks());

  test('is wiped once it is sealed', () => {
    const sealing = jest.spyOn(cipher, 'sealBytes');
    cipher.seal(new ApiKeyText(text), place);
    expect(sealing.mock.calls.map(([plaintext]) => isWiped(plaintext))).toEqual([true]);
  });

  test('is wiped where it cannot be sealed', () => {
    const sealing = jest.spyOn(cipher, 'sealBytes');
    const wrapping = jest.spyOn(ring, 'wrap').mockImplementation(() => {
      throw new Error('no');
    });
    expect(() => cipher.seal(new ApiKeyText(text), place)).toThrow('no');
    expect(
      [sealing.mock.calls[0]?.[0], wrapping.mock.calls[0]?.[0]].map((bytes) => bytes && isWiped(bytes)),
    ).toEqual([true, true]);
  });

  test.each([
    ['opens', sealed],
    ['does not open', withByteFlipped(sealed, 100)],
  ])('is wiped of the data key of what %s', (_what, stored) => {
    const unwrapping = jest.spyOn(ring, 'unwrap');
    try {
      cipher.open(stored, place, 'CALL');
    } catch {
      // As it should, where it does not open.
    }
    expect(unwrapping.mock.results.map(({ value }) => isWiped(value as Buffer))).toEqual([true]);
  });
});

describe('a key that is wrapped anew', () => {
  const [oldLine, newLine] = [KeyRing.generateLine('old'), KeyRing.generateLine('new')];
  const stored = new Cipher(KeyRing.parse(oldLine)).seal(new ApiKeyText(text), place);
  const both = new Cipher(KeyRing.parse(newLine + oldLine));

  test('opens in its own place without the old master key', () => {
    const rewrapped = both.rewrap(stored, place);
    expect(rewrapped).toMatch(/^lk2\.new\./);
    const later = new Cipher(KeyRing.parse(newLine));
    expect(ApiKeyText.reveal(later.open(rewrapped, place, 'CALL'))).toBe(text);
    expect(() => later.open(rewrapped, { ...place, version: 8 }, 'CALL')).toThrow(UnreadableKey);
  });

  test('is the same from its 61st byte on, also where the secret itself is damaged', () => {
    for (const each of [stored, withByteFlipped(stored, 70)]) {
      const [before = '', after = ''] = [each, both.rewrap(each, place)].map((one) =>
        Buffer.from(one.split('.')[2] ?? '', 'base64url').toString('hex'),
      );
      expect(after.slice(120)).toBe(before.slice(120));
      expect(after.slice(0, 120)).not.toBe(before.slice(0, 120));
    }
  });

  test.each<[string, string, SecretPlace]>([
    ['in another place', stored, { ...place, ownerId: 'client-2' }],
    ['with a damaged data key', withByteFlipped(stored, 30), place],
    ['under a master key that the ring lacks', stored.replace('.old.', '.gone.'), place],
    ['in no known format', stored.replace('lk2.', 'lk9.'), place],
    ['empty', '', place],
  ])('is refused %s', (_what, damaged, where) => {
    expect(() => both.rewrap(damaged, where)).toThrow(UnreadableKey);
  });
});

describe('a key ring', () => {
  test('has its first key as the active one, and passes over empty lines and comments', () => {
    const parsed = KeyRing.parse(
      `# rotated in November\n\n${KeyRing.generateLine('b')}\r\n${KeyRing.generateLine('a')}`,
    );
    expect(parsed.activeName).toBe('b');
    expect(parsed.names).toEqual(['b', 'a']);
  });

  test.each([
    ['', /holds no key/],
    ['# nothing', /holds no key/],
    ['one', /line 1/],
    ['one:c2hvcnQ=', /line 1/],
    [`${KeyRing.generateLine('one')}two:!!!`, /line 2/],
    [`one two:${'A'.repeat(43)}=`, /line 1/],
    [KeyRing.generateLine('One'), /line 1/],
  ])('refuses %j', (file, message) => {
    expect(() => KeyRing.parse(file)).toThrow(message);
  });

  test('refuses a name that stands twice', () => {
    expect(() => KeyRing.parse(KeyRing.generateLine('one') + KeyRing.generateLine('one'))).toThrow(/line 2/);
  });

  test('quotes nothing of a line that it refuses', () => {
    const secret = Buffer.from('only 30 bytes of key material!').toString('base64');
    expect(() => KeyRing.parse(`one:${secret}`)).toThrow(/^((?!b25seS).)*$/);
  });
});
