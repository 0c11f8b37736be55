import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cipher, type SecretPlace } from '../../src/vault/cipher';
import { KeyRing, UnusableKeyRing } from '../../src/vault/master-keys/key-ring';
import type { KeyServiceName } from '../../src/vault/master-keys/kms';
import {
  AWS_ALIAS,
  AWS_CREDENTIALS,
  AWS_KEY,
  startAwsKms,
  startVaultTransit,
  VAULT_KEY,
  VAULT_TOKEN,
  type KeyServiceStandIn,
  type Trouble,
} from '../fixtures/key-services';

const place: SecretPlace = {
  agencyId: 'agency-1',
  ownerType: 'CLIENT',
  ownerId: 'client-1',
  provider: 'RETELL',
  version: 1,
  region: 'US',
};
const standard = process.env;
let aws: KeyServiceStandIn;
let vault: KeyServiceStandIn;

beforeEach(async () => {
  [aws, vault] = await Promise.all([startAwsKms(), startVaultTransit()]);
  // The official client reads the process's environment and files of the user's home.
  process.env = {
    ...standard,
    ...AWS_CREDENTIALS,
    AWS_ENDPOINT_URL_KMS: aws.url,
    AWS_REGION: 'eu-central-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
});
afterEach(async () => {
  process.env = standard;
  await Promise.all([aws.close(), vault.close()]);
});

const environment = (more: object = {}) => ({
  VAULT_ADDR: vault.url,
  VAULT_TOKEN,
  KEY_SERVICE_TIMEOUT_MS: 5_000,
  ...more,
});
const services: [KeyServiceName, string, () => KeyServiceStandIn][] = [
  ['aws-kms', AWS_KEY, () => aws],
  ['vault-transit', VAULT_KEY, () => vault],
];
const lineOf = (service: KeyServiceName, key: string, name = 'one') =>
  KeyRing.generateSealedLine(name, service, key, environment());

/** Why a key ring is refused; fails when it is not. */
async function refusal(lines: string, more: object = {}): Promise<string> {
  try {
    await KeyRing.parse(lines).unseal(environment(more));
  } catch (error) {
    if (error instanceof UnusableKeyRing) return error.message;
    throw error;
  }
  throw new Error('It was not refused');
}

describe.each(services)('a master key that %s has wrapped', (service, key, standIn) => {
  test('is asked for once, at the start, and then opens what it has sealed', async () => {
    const line = await lineOf(service, key);
    expect(line).toMatch(new RegExp(`^one:${service}:${key}:\\S+\\n$`));
    const [first, second] = [
      new Cipher(await KeyRing.parse(line).unseal(environment())),
      new Cipher(await KeyRing.parse(line).unseal(environment())),
    ];
    const asked = standIn().requests.length;
    expect(
      second.openBytes(first.sealBytes(Buffer.from('a secret'), place), place, 'VAULT_KEY').toString(),
    ).toBe('a secret');
    expect(standIn().requests).toHaveLength(asked);
    expect(asked).toBe(3);
  });

  test('stands beside others in one ring, in its order', async () => {
    const ring = await KeyRing.parse(KeyRing.generateLine('plain') + (await lineOf(service, key))).unseal(
      environment(),
    );
    expect(ring.names).toEqual(['plain', 'one']);
    const wrapped = ring.wrap(Buffer.from('x'), '', { name: 'one' });
    expect(ring.unwrap('one', wrapped, '').toString()).toBe('x');
  });

  test('is of no use before it is unsealed', async () => {
    const ring = KeyRing.parse(await lineOf(service, key));
    expect(() => ring.wrap(Buffer.from('x'), '')).toThrow('no open key of this name');
  });

  test('opens under its own name only', async () => {
    const line = await lineOf(service, key);
    const message = await refusal(line.replace(/^one:/, 'two:'));
    expect(message).toBe(
      `master key ring, line 1: ${service} does not open it: ${service === 'aws-kms' ? 'InvalidCiphertextException' : 'HTTP 400'}`,
    );
  });

  test.each<[Trouble, string, string]>([
    ['DENIED', 'AccessDeniedException', 'HTTP 403'],
    ['FAILING', 'KMSInternalException', 'HTTP 503'],
    ['GARBAGE', 'SyntaxError', 'an answer that cannot be read'],
    ['EMPTY', 'an answer without a plaintext', 'an answer that cannot be read'],
    ['SILENT', 'no answer within 300 ms', 'no answer within 300 ms'],
  ])('stops the start with one line when the service is %s', async (trouble, ofAws, ofVault) => {
    const lines = `# comment\n${await lineOf(service, key)}`;
    standIn().trouble = trouble;
    const message = await refusal(lines, trouble === 'SILENT' ? { KEY_SERVICE_TIMEOUT_MS: 300 } : {});
    expect(message).toBe(
      `master key ring, line 2: ${service} does not open it: ${service === 'aws-kms' ? ofAws : ofVault}`,
    );
  });

  test('stops the start when what it opens is no master key', async () => {
    const line = await lineOf(service, key);
    standIn().trouble = 'SHORT';
    expect(await refusal(line)).toBe(
      `master key ring, line 1: what ${service} opens is not a key of 32 bytes`,
    );
  });

  test('is not made when the service does not know the key, or the name would not do', async () => {
    await expect(lineOf(service, service === 'aws-kms' ? 'alias/none' : 'transit/none')).rejects.toThrow(
      `${service} wraps no master key: ${service === 'aws-kms' ? 'NotFoundException' : 'HTTP 400'}`,
    );
  });

  test.each([
    ['no wrapped text', (line: string) => line.slice(0, line.lastIndexOf(':'))],
    ['a wrapped text that is not base64', (line: string) => line.replace(/\S{4}$/m, '!!!!')],
    ['no key of the service', (line: string) => line.replace(`:${key}:`, ':')],
    ['an unknown service', (line: string) => line.replace(`:${service}:`, ':other-kms:')],
    ['something behind it', (line: string) => line.replace('\n', ' x\n')],
  ])('is refused as it is read, with %s, and nothing of it quoted', async (_what, change) => {
    const line = await lineOf(service, key);
    const parse = () => KeyRing.parse(`# comment\n${change(line)}`);
    expect(parse).toThrow(
      /^master key ring, line 2: not of the form [^:]*:key with 32 bytes in base64, nor name:service:key:wrapped$/,
    );
  });
});

describe('AWS KMS', () => {
  test('is asked in the region of the ARN, with the name as encryption context, for the key of the line alone', async () => {
    const line = await lineOf('aws-kms', AWS_KEY);
    process.env.AWS_REGION = 'us-east-1';
    await KeyRing.parse(line).unseal(environment());
    expect(
      aws.requests.map(({ headers, body }) => [headers['x-amz-target'], body.KeyId, body.EncryptionContext]),
    ).toEqual([
      ['TrentService.Encrypt', AWS_KEY, { latchkey: 'one' }],
      ['TrentService.Decrypt', AWS_KEY, { latchkey: 'one' }],
    ]);
  });

  test('gives a line with the ARN for an alias, which may lead to another key one day', async () => {
    expect(await lineOf('aws-kms', AWS_ALIAS)).toContain(`one:aws-kms:${AWS_KEY}:`);
  });

  test('is not asked without a region, or without credentials', async () => {
    const line = (await lineOf('aws-kms', AWS_KEY)).replace(AWS_KEY, AWS_ALIAS);
    await KeyRing.parse(line).unseal(environment());
    delete process.env.AWS_REGION;
    expect(await refusal(line)).toBe(
      'master key ring, line 1: aws-kms does not open it: no region is configured (AWS_REGION)',
    );
    process.env.AWS_REGION = 'eu-central-1';
    delete process.env.AWS_ACCESS_KEY_ID;
    expect(await refusal(line)).toBe(
      'master key ring, line 1: aws-kms does not open it: CredentialsProviderError',
    );
    expect(aws.requests).toHaveLength(2);
  });
});

describe('Vault transit', () => {
  test('is asked with the token, in the namespace, with the name as associated data', async () => {
    const line = await lineOf('vault-transit', VAULT_KEY);
    await KeyRing.parse(line).unseal(
      environment({ VAULT_ADDR: `${vault.url}/`, VAULT_NAMESPACE: 'team/voice' }),
    );
    const { path, headers, body } = vault.requests[1] ?? {};
    expect(path).toBe('/v1/transit/decrypt/latchkey');
    expect(headers).toMatchObject({ 'x-vault-token': VAULT_TOKEN, 'x-vault-namespace': 'team/voice' });
    expect(body).toEqual({
      ciphertext: line.trim().split(`:${VAULT_KEY}:`)[1],
      associated_data: Buffer.from('latchkey:one').toString('base64'),
    });
  });

  test('is asked with the token of a file, as agents leave it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
    const file = join(folder, 'token');
    writeFileSync(file, `${VAULT_TOKEN}\n`);
    const line = await lineOf('vault-transit', VAULT_KEY);
    await KeyRing.parse(line).unseal(environment({ VAULT_TOKEN: undefined, VAULT_TOKEN_FILE: file }));
    rmSync(folder, { recursive: true });
    expect(await refusal(line, { VAULT_TOKEN: undefined, VAULT_TOKEN_FILE: file })).toMatch(
      /: VAULT_TOKEN_FILE cannot be read \(ENOENT\)$/,
    );
  });

  test('that redirects is not followed: the token would go along', async () => {
    const line = await lineOf('vault-transit', VAULT_KEY);
    vault.trouble = 'REDIRECT';
    expect(await refusal(line)).toMatch(/: HTTP 307$/);
    expect(vault.requests).toHaveLength(2);
  });

  test.each([
    [
      'an address across a network in the clear',
      { VAULT_ADDR: 'http://vault.example.com' },
      /VAULT_ADDR must be an https address/,
    ],
    ['a port that fetch refuses', { VAULT_ADDR: 'http://127.0.0.1:6000' }, /fetch refuses this port/],
    ['no address', { VAULT_ADDR: undefined }, /VAULT_ADDR must be an https address/],
    ['no token', { VAULT_TOKEN: undefined }, /VAULT_TOKEN or VAULT_TOKEN_FILE must give a token/],
    [
      'a token that would split the header',
      { VAULT_TOKEN: 'a\r\nb' },
      /VAULT_TOKEN or VAULT_TOKEN_FILE must give a token/,
    ],
  ])('is not asked with %s', async (_what, more, message) => {
    const line = await lineOf('vault-transit', VAULT_KEY);
    expect(await refusal(line, more)).toMatch(message);
    expect(vault.requests).toHaveLength(1);
  });
});

test('nothing of a key, a token or an answer is in any refusal', async () => {
  for (const [service, key, standIn] of services) {
    const line = await lineOf(service, key);
    for (const trouble of ['DENIED', 'FAILING', 'GARBAGE', 'EMPTY', 'SHORT'] as const) {
      standIn().trouble = trouble;
      const message = await refusal(line);
      for (const secret of [
        VAULT_TOKEN,
        AWS_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
        key,
        line.trim().slice(-20),
        'garbage',
        'words of',
        'sealed',
        'permission',
      ]) {
        expect(message).not.toContain(secret);
      }
    }
  }
});
