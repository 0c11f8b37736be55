import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, readConfig } from '../../src/config';
import { KeyRing } from '../../src/vault/master-keys/key-ring';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
const keyRingFile = join(folder, 'master.keys');
writeFileSync(keyRingFile, KeyRing.generateLine('one'), { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true }));

const emptyFile = join(folder, 'empty.pem');
writeFileSync(emptyFile, '\n');
const documentsFile = join(folder, 'documents.json');
writeFileSync(
  documentsFile,
  JSON.stringify({ [createHash('sha256').update('{ __typename }').digest('hex')]: '{ __typename }' }),
);
const changedDocumentsFile = join(folder, 'changed.json');
writeFileSync(
  changedDocumentsFile,
  JSON.stringify({ [createHash('sha256').update('{ __typename }').digest('hex')]: '{ viewer { role } }' }),
);
const noDocumentsFile = join(folder, 'none.json');
writeFileSync(noDocumentsFile, '{}');

const complete = {
  DATABASE_URL: 'mysql://latchkey:pw@db.internal:3306/latchkey',
  LATCHKEY_MASTER_KEY_FILE: keyRingFile,
  AUTH_ISSUER: 'https://login.example.com/',
  AUTH_AUDIENCE: 'latchkey',
};

function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('the configuration', () => {
  test('is complete with four variables, asks the real providers, and shows no playground', () => {
    expect(readConfig(complete)).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      playground: false,
      http: {
        corsOrigins: [],
        trustProxy: [],
        trustedDocuments: null,
        queryTimeoutMs: 10_000,
        perMinute: {
          QUERY: 12_000,
          MUTATION: 3_000,
          KEY_OPERATION: 1_200,
          ONE_TIME_LINK: 20,
          EVENT: 60_000,
          GATEWAY: 3_000,
        },
      },
      baseUrls: {
        RETELL: { US: 'https://api.retellai.com' },
        VAPI: { US: 'https://api.vapi.ai', EU: 'https://api.eu.vapi.ai' },
        BLAND: { US: 'https://api.bland.ai' },
      },
    });
  });

  test('does not count white space around a value, and takes a blank one for none', () => {
    const padded: NodeJS.ProcessEnv = {};
    for (const [name, value] of Object.entries(complete)) padded[name] = ` ${value}\n`;
    const blank = {
      CONSOLE_SCOPE: ' ',
      PUBLIC_URL: '\t',
      RETELL_BASE_URL: ' ',
      PORT: ' ',
      AUTH_TRUST_EMAIL: ' ',
    };
    expect(readConfig({ ...padded, ...blank })).toEqual({
      ...readConfig(complete),
      keyRing: expect.any(KeyRing) as KeyRing,
    });
    const given = {
      ...complete,
      VAPI_BASE_URL: 'https://vapi.example.com/ ',
      PUBLIC_URL: ' https://keys.example.com',
      CONSOLE: 'on ',
      CONSOLE_CLIENT_ID: ' console ',
      CONSOLE_SCOPE: ' openid ',
    };
    expect(readConfig(given)).toMatchObject({
      baseUrls: { VAPI: { US: 'https://vapi.example.com' } },
      publicUrl: 'https://keys.example.com',
      console: { issuer: 'https://login.example.com/', clientId: 'console', scope: 'openid' },
    });
    expect(problemsOf({ ...complete, AUTH_AUDIENCE: ' ' })).toContain('AUTH_AUDIENCE is required');
  });

  const neverQuoted = ['AUTH_AUDIENCE', 'CONSOLE_CLIENT_ID', 'CONSOLE_SCOPE', 'LATCHKEY_MASTER_KEY_FILE'];
  test.each([...neverQuoted, 'DATABASE_URL', 'AUTH_ISSUER', 'PORT', 'CONSOLE', 'RATE_LIMIT_STORE'])(
    'refuses quotes around %s, which are a part of the value in the file of a container',
    (name) => {
      const problem = `${name} must not stand in quotes`;
      expect(problemsOf({ ...complete, [name]: '"latchkey"' })).toContain(problem);
      expect(problemsOf({ ...complete, [name]: "'latchkey'" })).toContain(problem);
    },
  );

  test('names every problem in one message', () => {
    const problems = problemsOf({ PORT: 'http', RETELL_BASE_URL: 'ftp://x', PLAYGROUND: 'yes' });
    for (const name of [
      'DATABASE_URL',
      'LATCHKEY_MASTER_KEY_FILE',
      'AUTH_ISSUER',
      'AUTH_AUDIENCE',
      'PORT',
      'RETELL_BASE_URL',
      'PLAYGROUND',
    ]) {
      expect(problems).toContain(name);
    }
  });

  test.each([
    ['RETELL_BASE_URL', 'http://127.0.0.1:9/'],
    ['VAPI_EU_BASE_URL', 'https://vapi.example.com'],
    ['AUTH_ISSUER', 'http://localhost:9'],
    ['DATABASE_URL', 'sqlite:data/latchkey.sqlite'],
    ['DATABASE_URL', 'mysql://us%40er:p%25w@db.internal/latchkey'],
    ['DATABASE_URL', ' SQLite:data/latchkey.sqlite'],
    ['DATABASE_URL', ' MySQL://root@127.0.0.1/latchkey'],
    ['PORT', '0'],
    ['PORT', ' 4001 '],
    ['DATABASE_URL', 'mariadb://root@127.0.0.1/latchkey'],
    ['DATABASE_URL', 'mysql://root@[::1]:3307/latchkey?ssl-mode=REQUIRED'],
    ['DATABASE_URL', `mysql://u:p@db.internal/latchkey?ssl-mode=VERIFY_IDENTITY&ssl-ca=${__filename}`],
    ['DATABASE_URL', 'sqlite:///var/lib/latchkey.sqlite'],
    ['HOST', '::1'],
    ['HOST', '[::1]'],
    ['HOST', 'localhost'],
    ['CORS_ORIGINS', 'https://portal.example.com, http://localhost:3000'],
    ['TRUST_PROXY', '10.0.0.0/8, 127.0.0.1,::1,fd00::/8'],
    ['TRUSTED_DOCUMENTS_FILE', documentsFile],
    ['VAULT_ADDR', 'http://set.for.something.else'],
    ['KEY_SERVICE_TIMEOUT_MS', '100'],
    ['QUERY_TIMEOUT_MS', '100'],
    ['RATE_LIMIT_QUERIES', '400'],
    ['RATE_LIMIT_MUTATIONS', '10'],
    ['RATE_LIMIT_KEY_OPERATIONS', '10'],
    ['RATE_LIMIT_ONE_TIME_LINKS', '1'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal'],
    ['RATE_LIMIT_STORE', ' redis://:p%25w@[::1]:6380/3 '],
    ['RATE_LIMIT_STORE', 'rediss://latchkey:p%40w@redis.internal:6379/'],
  ])('accepts %s=%s', (name, value) => {
    expect(problemsOf({ ...complete, [name]: value })).toBe('');
  });

  test.each([
    ['RETELL_BASE_URL', 'http://api.retellai.com'],
    ['RETELL_BASE_URL', 'https://user:pw@api.retellai.com'],
    ['RETELL_BASE_URL', 'https://:pw@api.retellai.com'],
    ['RETELL_BASE_URL', 'https://api.retellai.com/?key=1'],
    ['RETELL_BASE_URL', 'https://api.retellai.com/?'],
    ['RETELL_BASE_URL', 'https://api.retellai.com/#v2'],
    ['PUBLIC_URL', 'https://keys.example.com/#'],
    ['AUTH_ISSUER', 'https://login.example.com/?tenant=1'],
    ['AUTH_ISSUER', 'http://login.example.com'],
    ['AUTH_ISSUER', 'https://login.example.com/.well-known/openid-configuration'],
    ['HOST', 'http://127.0.0.1'],
    ['HOST', '127.0.0.1:4000'],
    ['HOST', '[::1]:4000'],
    ['DATABASE_URL', 'mysql://u:p%zz@db.internal/latchkey'],
    ['DATABASE_URL', 'mariadb://u%zz@db.internal/latchkey'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latch%zzkey'],
    ['DATABASE_URL', 'postgres://x/y'],
    ['DATABASE_URL', 'mysql://db.internal'],
    ['DATABASE_URL', 'sqlite::memory:'],
    ['DATABASE_URL', 'sqlite://latchkey.sqlite'],
    ['DATABASE_URL', 'sqlite:latchkey.sqlite?mode=ro'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?ssl=true'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?sslmode=require'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?charset=latin1'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey#ssl'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?ssl-mode=PREFERRED'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?ssl-mode=constructor'],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?ssl-mode=REQUIRED&ssl-mode=DISABLED'],
    ['DATABASE_URL', `mysql://u:p@db.internal/latchkey?ssl-ca=${__filename}`],
    ['DATABASE_URL', `mysql://u:p@db.internal/latchkey?ssl-mode=REQUIRED&ssl-ca=${__filename}`],
    ['DATABASE_URL', 'mysql://u:p@db.internal/latchkey?ssl-mode=VERIFY_CA&ssl-ca=/absent.pem'],
    ['DATABASE_URL', `mysql://u:p@db.internal/latchkey?ssl-mode=VERIFY_CA&ssl-ca=${emptyFile}`],
    ['DATABASE_URL', 'mysql://u:p@10.0.0.1/latchkey?ssl-mode=VERIFY_IDENTITY'],
    ['PORT', '70000'],
    ['PORT', '4e3'],
    ['PORT', '0x10'],
    ['PORT', '-1'],
    ['QUERY_TIMEOUT_MS', '100.5'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'portal.example.com'],
    ['CORS_ORIGINS', 'https://portal.example.com/'],
    ['CORS_ORIGINS', 'https://portal.example.com https://x.example.com'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '1'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', 'proxy.internal'],
    ['TRUSTED_DOCUMENTS_FILE', join(folder, 'absent')],
    ['TRUSTED_DOCUMENTS_FILE', __filename],
    ['TRUSTED_DOCUMENTS_FILE', noDocumentsFile],
    ['TRUSTED_DOCUMENTS_FILE', changedDocumentsFile],
    ['KEY_SERVICE_TIMEOUT_MS', '0'],
    ['QUERY_TIMEOUT_MS', '0'],
    ['RATE_LIMIT_QUERIES', '399'],
    ['RATE_LIMIT_MUTATIONS', '9'],
    ['RATE_LIMIT_KEY_OPERATIONS', 'many'],
    ['RATE_LIMIT_ONE_TIME_LINKS', '0'],
    ['METRICS', 'yes'],
    ['METRICS_HOST', '127.0.0.1:9464'],
    ['METRICS_PORT', '70000'],
    ['RATE_LIMIT_STORE', 'redis'],
    ['RATE_LIMIT_STORE', 'redis.internal:6379'],
    ['RATE_LIMIT_STORE', 'redis://'],
    ['RATE_LIMIT_STORE', 'valkey://redis.internal'],
    ['RATE_LIMIT_STORE', 'https://redis.internal'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal/cache'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal/0/1'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal:70000'],
    ['RATE_LIMIT_STORE', 'redis://one.internal,two.internal'],
    ['RATE_LIMIT_STORE', 'redis://:p%zz@redis.internal'],
    ['RATE_LIMIT_STORE', 'rediss://redis.internal?tls=true'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal/0?'],
    ['RATE_LIMIT_STORE', 'redis://redis.internal#0'],
    ['LATCHKEY_MASTER_KEY_FILE', join(folder, 'none')],
    ['LATCHKEY_MASTER_KEY_FILE', __filename],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ ...complete, [name]: value })).toContain(`  ${name} `);
  });

  const warningsOf = (env: NodeJS.ProcessEnv) => readConfig({ ...complete, ...env }).warnings;

  test.each([
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['CORS_ALLOWED_ORIGINS', 'CORS_ORIGINS'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['QUERY_TIMEOUT', 'QUERY_TIMEOUT_MS'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['TRUSTED_PROXIES', 'TRUST_PROXY'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['RETELL_BASE_URI', 'RETELL_BASE_URL'],
    ['RETELL_URL', 'RETELL_BASE_URL'],
    ['RETELL_API_BASE_URL', 'RETELL_BASE_URL'],
    ['PLAYGROUND_ENABLED', 'PLAYGROUND'],
    ['PUBLIC_BASE_URL', 'PUBLIC_URL'],
    ['port', 'PORT'],
    ['MASTER_KEY_FILE', 'LATCHKEY_MASTER_KEY_FILE'],
    ['LATCHKEY_DATABASE_URL', 'DATABASE_URL'],
    ['AUTH_CLIENT_ID', 'AUTH_AUDIENCE'],
    ['RATE_LIMIT_QUERY', 'RATE_LIMIT_QUERIES'],
    ['RATE_LIMIT_STORES', 'RATE_LIMIT_STORE'],
    ['METRIC', 'METRICS'],
    ['METRICS_ADDRESS', 'METRICS_HOST'],
    ['CONSOLE_CLIENT', 'CONSOLE_CLIENT_ID'],
  ])('warns that %s is no setting, and names %s, but no value', (name, setting) => {
    expect(warningsOf({ [name]: 'hunter2' })).toEqual([
      `${name} is not a setting and has no effect. The nearest setting is ${setting}.`,
    ]);
  });

  test('names misspelt settings also where a required one is missing because of them', () => {
    const { AUTH_ISSUER, ...rest } = complete;
    expect(problemsOf({ ...rest, AUTH_ISSUR: AUTH_ISSUER })).toContain(
      '  AUTH_ISSUER is required\n  AUTH_ISSUR is not a setting',
    );
  });

  test('does not warn of what the system, npm, a container or Kubernetes sets', () => {
    const others = ['HOME', 'PATH', 'HOSTNAME', 'LANG', 'USER', 'PWD', 'TERM', 'NODE_ENV', 'NODE_OPTIONS'];
    const ofNpm = ['npm_config_cache', 'npm_lifecycle_event', 'INIT_CWD', 'COLOR', 'VAULT_CACERT'];
    const ofKubernetes = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_PORT', 'LATCHKEY_SERVICE_HOST'];
    const ofService = ['LATCHKEY_SERVICE_PORT', 'LATCHKEY_PORT', 'LATCHKEY_PORT_4000_TCP_ADDR'];
    const names = [...others, ...ofNpm, ...ofKubernetes, ...ofService];
    expect(warningsOf(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });

  test.each([
    [0o600, false],
    [0o400, false],
    [0o640, true],
    [0o604, true],
  ])('warns of a key ring file with the mode %o: %s', (mode, isWarned) => {
    const file = join(folder, 'mode.keys');
    writeFileSync(file, KeyRing.generateLine('one'));
    chmodSync(file, mode);
    expect(warningsOf({ LATCHKEY_MASTER_KEY_FILE: file })).toEqual(
      isWarned ? [expect.stringMatching(/^LATCHKEY_MASTER_KEY_FILE: others .* 0600\.$/)] : [],
    );
    rmSync(file);
  });

  test("warns of a file with Vault's token that others can read only when the key ring needs the token", () => {
    const ring = join(folder, 'vault.keys');
    writeFileSync(ring, 'one:vault-transit:transit/key:vault:v1:abcd\n', { mode: 0o600 });
    const token = join(folder, 'token');
    writeFileSync(token, 'hvs.1');
    chmodSync(token, 0o644);
    const open = [expect.stringMatching(/^VAULT_TOKEN_FILE: others than its owner/)];
    const withRing = { LATCHKEY_MASTER_KEY_FILE: ring, VAULT_TOKEN_FILE: token };
    expect(warningsOf(withRing)).toEqual(open);
    expect(warningsOf({ ...withRing, VAULT_TOKEN: 'hvs.2' })).toEqual([]);
    expect(warningsOf({ VAULT_TOKEN_FILE: token })).toEqual([]);
  });

  test('takes an empty variable for one that is not given', () => {
    expect(readConfig({ ...complete, PORT: '', VAPI_BASE_URL: '' }).port).toBe(4000);
  });

  test('quotes no value: an address can hold a password', () => {
    expect(problemsOf({ ...complete, DATABASE_URL: 'postgres://u:hunter2@h/d' })).not.toContain('hunter2');
    for (const store of [
      'valkey://u:hunter2@h',
      'redis://u:hunter2@h?hunter2=hunter2',
      'redis://u:hunter2@h/x',
    ])
      expect(problemsOf({ ...complete, RATE_LIMIT_STORE: store })).not.toContain('hunter2');
  });

  test('measures nothing unless it is told to, and then serves it to this machine', () => {
    expect(readConfig({ ...complete, METRICS_PORT: '9000' }).metrics).toBeNull();
    expect(readConfig({ ...complete, METRICS: 'on' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    const env = { ...complete, METRICS: 'on', METRICS_HOST: '[::1]', METRICS_PORT: '9000' };
    expect(readConfig(env).metrics).toEqual({ host: '::1', port: 9000 });
  });

  test('reads where the store of the rate limits is', () => {
    const storeOf = (RATE_LIMIT_STORE: string) =>
      readConfig({ ...complete, RATE_LIMIT_STORE }).rateLimitStore;
    expect(readConfig(complete).rateLimitStore).toBeNull();
    expect(storeOf('redis://:p%25w@[::1]/3')).toEqual({
      host: '::1',
      port: 6379,
      username: '',
      password: 'p%w',
      database: 3,
      tls: false,
    });
    expect(storeOf('rediss://latchkey:p%40w@redis.internal:6380')).toEqual({
      host: 'redis.internal',
      port: 6380,
      username: 'latchkey',
      password: 'p@w',
      database: 0,
      tls: true,
    });
  });
});
