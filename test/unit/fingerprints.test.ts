import { createHash } from 'node:crypto';
import { Fingerprints } from '../../src/vault/fingerprints';
import { ApiKeyText } from '../../src/vault/secret';

const key = new ApiKeyText('key_canary_4f1c9a7e');
const fingerprints = new Fingerprints(Buffer.alloc(32, 1));
const fingerprint = fingerprints.of(key, 'agency-1', 'RETELL');

describe('a fingerprint', () => {
  test('is the same for the same key of one agency and provider', () => {
    expect(fingerprints.of(new ApiKeyText('key_canary_4f1c9a7e'), 'agency-1', 'RETELL')).toBe(fingerprint);
  });

  test.each([
    ['key', new ApiKeyText('key_canary_4f1c9a7f'), 'agency-1', 'RETELL'],
    ['agency', key, 'agency-2', 'RETELL'],
    ['provider', key, 'agency-1', 'VAPI'],
  ])('is another one for another %s', (_what, text, agencyId, provider) => {
    expect(fingerprints.of(text, agencyId, provider)).not.toBe(fingerprint);
  });

  test('cannot be made without its key: it is no plain hash, and another one under another key', () => {
    expect(new Fingerprints(Buffer.alloc(32, 2)).of(key, 'agency-1', 'RETELL')).not.toBe(fingerprint);
    const message = JSON.stringify(['api key', 'agency-1', 'RETELL', 'key_canary_4f1c9a7e']);
    expect(createHash('sha256').update(message).digest('hex')).not.toBe(fingerprint);
  });
});
