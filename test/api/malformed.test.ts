import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { entities } from '../../src/entities';
import { HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLIENT_KEYS, PREVIEW, SET_AGENCY, SET_CLIENT } from '../operations';

const REQUESTS = 1_000;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);

/** Mulberry32: the same requests for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = generator(SEED);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

// Letters only in the middle, so that a canary can stand where a name must.
const canaryOf = (number: number) => `kcanary${number.toString(36).padStart(6, 'q').replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')}zzz`;
const FIND = /kcanary/;

/** The forms in which a canary could come out again. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const base64 = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64').slice(4, -4));
  return [canary, bytes.toString('hex'), encodeURIComponent([...canary].join(' ')), [...canary].reverse().join(''), ...base64];
}

type Sent = { path: string; init: RequestInit };
const json = { 'content-type': 'application/json' };
const graphql = (body: unknown, headers: Record<string, string> = {}): Sent => ({
  path: '/graphql',
  init: { method: 'POST', headers: { ...json, ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) },
});
const set = (input: unknown) => ({ query: SET_CLIENT, variables: { input } });
const oneKey = (fields: object) => set({ clientId: MAPLE, keys: [{ provider: 'RETELL', ...fields }] });

/** Every way that we know of to put a key where it does not belong, or to break the request that carries it. */
const mutations: readonly ((key: string) => Sent)[] = [
  (key) => graphql({ query: `mutation { setClientApiKeys(input: { clientId: "${MAPLE}", keys: [{ provider: RETELL, apiKey: "${key}" }] }) { userErrors { code } } }` }),
  (key) => graphql({ query: `mutation { setClientApiKeys(input: { clientId: "${MAPLE}", keys: [{ provider: ${key}, apiKey: "x" }] }) { userErrors { code } } }` }),
  (key) => graphql({ query: `mutation { setAgencyApiKeys(input: { keys: [{ provider: RETELL, ${key}: "x" }] }) { userErrors { code } } }` }),
  (key) => graphql(oneKey({ provider: key, apiKey: 'RETELL' })),
  (key) => graphql(oneKey({ apiKey: key, [key]: key })),
  (key) => graphql(oneKey({ apiKey: key, region: key })),
  (key) => graphql(oneKey({ apiKey: key, expectedVersion: key })),
  (key) => graphql(oneKey({ apiKey: [key] })),
  (key) => graphql(oneKey({ apiKey: { value: key } })),
  (key) => graphql(oneKey({ apiKey: `${key} with spaces` })),
  (key) => graphql(oneKey({ apiKey: `${key}\u0000` })),
  (key) => graphql(oneKey({ apiKey: key.repeat(200) })),
  (key) => graphql(oneKey({ apiKey: `${key}****` })),
  (key) => graphql(set({ clientId: key, keys: [{ provider: 'RETELL', apiKey: key }] })),
  (key) => graphql(set({ clientId: [key], keys: key })),
  (key) => graphql(set({ clientId: MAPLE, keys: { provider: 'RETELL', apiKey: key, verify: key } })),
  (key) => graphql(set({ clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: key }], verify: key })),
  (key) => graphql(set(key)),
  (key) => graphql({ query: SET_CLIENT, variables: { [key]: key } }),
  (key) => graphql({ query: SET_CLIENT, variables: key }),
  (key) => graphql({ query: SET_CLIENT, variables: { input: null }, operationName: key }),
  (key) => graphql({ query: SET_CLIENT, variables: { input: { clientId: MAPLE, keys: [] } }, extensions: { persistedQuery: { version: 1, sha256Hash: key } } }),
  (key) => graphql({ extensions: { persistedQuery: { version: 1, sha256Hash: key } } }),
  (key) => graphql({ query: SET_AGENCY, variables: { input: { keys: [{ provider: 'NOPE', apiKey: key }] } } }),
  (key) => graphql({ query: PREVIEW, variables: { input: { clientId: MAPLE, provider: key, apiKey: key } } }),
  (key) => graphql({ query: `{ ${key} }` }),
  (key) => graphql({ query: `{ client(id: "${MAPLE}") { ${key} } }` }),
  (key) => graphql({ query: `{ client(${key}: 1) { id } }` }),
  (key) => graphql({ query: `{ clients(search: ${key}) { totalCount } }` }),
  (key) => graphql({ query: `{ clients(after: "${key}") { totalCount } }` }),
  (key) => graphql({ query: `{ clients(first: "${key}") { totalCount } }` }),
  (key) => graphql({ query: `{ viewer { role @${key} } }` }),
  (key) => graphql({ query: `{ viewer { ...${key} } }` }),
  (key) => graphql({ query: `fragment ${key} on Viewer { role } { viewer { role } }` }),
  (key) => graphql({ query: `{ viewer { ... on ${key} { role } } }` }),
  (key) => graphql({ query: `query ($${key}: ID!) { client(id: $${key}) { id } }` }),
  (key) => graphql({ query: `query ($a: ${key}) { client(id: $a) { id } }` }),
  (key) => graphql({ query: `query ($a: ID = "${key}") { viewer { role } }` }),
  (key) => graphql({ query: `query ${key} { viewer { role } } query ${key} { viewer { role } }` }),
  (key) => graphql({ query: `{ viewer { role } "${key}` }),
  (key) => graphql({ query: `{ viewer { role } } ${key}` }),
  (key) => graphql({ query: `# ${key}\n{ viewer { roel } }` }),
  (key) => graphql({ query: key }),
  (key) => graphql({ query: [key] }),
  (key) => graphql({ query: { key } }),
  (key) => graphql([{ query: `{ ${key} }` }]),
  (key) => graphql(`{"query": "${key}`),
  (key) => graphql(`${key}{"query": "{ viewer { role } }"}`),
  (key) => graphql(`{"query": "{ viewer { role } }", "__proto__": {"${key}": 1}}`),
  (key) => graphql(`{"constructor": {"prototype": {"${key}": 1}}}`),
  (key) => graphql(JSON.stringify(oneKey({ apiKey: key })).slice(0, -1 - Math.floor(random() * 40))),
  (key) => graphql(JSON.stringify({ query: ' '.repeat(300_000), key })),
  (key) => graphql(oneKey({ apiKey: key }), { 'content-type': `text/${key}` }),
  (key) => graphql(oneKey({ apiKey: '' }), { 'content-type': `application/json; charset=${key}` }),
  (key) => graphql(oneKey({ apiKey: '' }), { authorization: `Bearer ${key}` }),
  (key) => graphql(oneKey({ apiKey: '' }), { authorization: key, cookie: `key=${key}`, 'x-request-id': key, referer: `https://${key}/` }),
  (key) => ({ path: `/graphql?query=mutation{setClientApiKeys(input:{clientId:"${key}"}){userErrors{code}}}`, init: { headers: { 'apollo-require-preflight': '1' } } }),
  (key) => ({ path: `/graphql?query={viewer{role}}&variables=${key}`, init: { headers: { 'apollo-require-preflight': '1' } } }),
  (key) => ({ path: `/${key}`, init: {} }),
  (key) => ({ path: `/playground/${key}`, init: {} }),
  (key) => ({ path: `/graphql/${key}?${key}=${key}`, init: { method: 'PUT', headers: json, body: `{"${key}":1}` } }),
  (key) => ({ path: `/%${key}`, init: {} }),
];

let running: TestApp;
const answers: string[] = [];
const written: string[] = [];
let planted: string[];
let worst = 0;
let before: string;

const storedKeys = async () => JSON.stringify(await Promise.all([MAPLE, HARBOR].map((id) => running.data(CLIENT_KEYS, { id }))));

beforeAll(async () => {
  running = await startTestApp();
  before = await storedKeys();
  const outputs = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0));
  planted = Array.from({ length: REQUESTS }, (_, number) => canaryOf(number));
  for (const canary of planted) {
    const { path, init } = pick(mutations)(canary);
    const headers = { authorization: `Bearer ${running.tokens.agencyAdmin}`, ...(init.headers as Record<string, string>) };
    const response = await fetch(`${running.url}${path}`, { ...init, headers });
    worst = Math.max(worst, response.status);
    answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`);
  }
  for (const output of outputs) output.mockRestore();
});
afterAll(() => running.close());

/** Everything that the database holds: its files where it is one, and every column of every row. */
async function databaseText(): Promise<string> {
  const { read } = running.app.database;
  const rows = await Promise.all(entities.map((entity) => read.find(entity)));
  const file = /^sqlite:(.+)$/.exec(running.databaseUrl)?.[1];
  const files = file ? readdirSync(dirname(file)).map((name) => readFileSync(join(dirname(file), name), 'latin1')) : [];
  return JSON.stringify(rows) + files.join('');
}

const hits = (text: string, canaries = planted) => canaries.flatMap(formsOf).filter((form) => text.includes(form));

describe(`${REQUESTS} malformed requests that carry keys (FUZZ_SEED=${SEED})`, () => {
  test('get answers, none of which is a fault of ours', () => {
    expect(answers).toHaveLength(REQUESTS);
    expect(answers.filter((answer) => answer.includes('INTERNAL_SERVER_ERROR'))).toEqual([]);
    expect(worst).toBeLessThan(500);
  });

  test('get no key back, in no form, in no body and no header', () => {
    expect(answers.filter((answer) => FIND.test(answer))).toEqual([]);
    expect(hits(answers.join('\n'))).toEqual([]);
  });

  test('get no stack and no SQL', () => {
    expect(answers.filter((answer) => /\bat .*\.[jt]s:\d|SELECT |INSERT |node_modules|SQLITE|\bER_[A-Z]/.test(answer))).toEqual([]);
  });

  test('leave no key in the log, nor in what the process prints', () => {
    expect(running.logs.length).toBeGreaterThan(REQUESTS / 2);
    expect(hits(running.logs.join('') + written.join(''))).toEqual([]);
  });

  test('leave no key in the database, and no key changed', async () => {
    expect(hits(await databaseText())).toEqual([]);
    expect(await storedKeys()).toBe(before);
  });
});

describe('a key that is set', () => {
  const canary = 'kcanary_that_is_really_set_4711';

  test('is in no answer, no log line and nowhere in the database but sealed', async () => {
    const { text, errors } = await running.ask('agencyAdmin', SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'BLAND', apiKey: canary }] } });
    expect(errors).toEqual([]);
    expect(text).toContain('••••••••4711');
    const listed = await running.ask('agencyAdmin', CLIENT_KEYS, { id: MAPLE });
    for (const place of [text, listed.text, running.logs.join(''), await databaseText()]) expect(hits(place, [canary])).toEqual([]);
  });
});

describe('the search for canaries', () => {
  const control = 'kcanarypositivecontrol';

  test('finds one in each of its forms', () => {
    for (const form of formsOf(control)) expect(hits(`.${form}.`, [control])).toContain(form);
    for (const shift of ['', 'a', 'ab']) expect(hits(Buffer.from(`${shift}${control}`).toString('base64'), [control])).not.toEqual([]);
  });

  test('finds one that is planted in the database', async () => {
    await running.data('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }', { input: { name: control } });
    expect(hits(await databaseText(), [control])).toContain(control);
  });

  test('finds one that is planted in the log', () => {
    running.app.server.log.info({ control });
    expect(hits(running.logs.join(''), [control])).toContain(control);
  });
});
