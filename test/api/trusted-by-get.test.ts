import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../harness';

const ROLE = 'query Role { viewer { role } }';
const AGENT = 'query Agent($id: ID!) { agent(id: $id) { id } } query Other { viewer { role } }';
const CREATE = 'mutation { createClient(input: { name: "By GET" }) { client { id } } }';
const HARBOR_AGENT = '01900000-0000-7000-8000-000000000401';
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const byHash = (text: string) =>
  JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hash(text) }, clientLibrary: { name: 'x' } });

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
let trusting: TestApp;
beforeAll(async () => {
  const file = join(folder, 'documents.json');
  writeFileSync(
    file,
    JSON.stringify(Object.fromEntries([ROLE, AGENT, CREATE].map((text) => [hash(text), text]))),
  );
  trusting = await startTestApp({ TRUSTED_DOCUMENTS_FILE: file });
});
afterAll(async () => {
  await trusting.close();
  rmSync(folder, { recursive: true });
});

const get = async (parameters: Record<string, string> | [string, string][]) => {
  const search = new URLSearchParams(parameters).toString();
  const response = await fetch(`${trusting.url}/graphql?${search}`, {
    headers: { authorization: `Bearer ${trusting.tokens.agencyAdmin}` },
  });
  return [response.status, await response.json()];
};
const refused = (code: string) => ({
  errors: [expect.objectContaining({ extensions: expect.objectContaining({ code }) as unknown })],
});

// As urql does by itself, and Apollo Client with `useGETForHashedQueries`.
test.each<[string, Record<string, string>]>([
  ['by its hash', { extensions: byHash(ROLE) }],
  ['by its id', { documentId: hash(ROLE) }],
  ['word by word, with its hash', { query: ROLE, extensions: byHash(ROLE) }],
])('a document that is listed runs by GET %s', async (_how, parameters) => {
  expect(await get(parameters)).toEqual([200, { data: { viewer: { role: 'AGENCY_ADMIN' } } }]);
});

test('a document that runs by GET under its hash has its variables, and the operation that is named', async () => {
  const variables = JSON.stringify({ id: HARBOR_AGENT });
  expect(await get({ extensions: byHash(AGENT), operationName: 'Agent', variables })).toEqual([
    200,
    { data: { agent: { id: HARBOR_AGENT } } },
  ]);
});

test('a mutation that is listed runs by POST only', async () => {
  expect(await get({ extensions: byHash(CREATE) })).toEqual([405, refused('BAD_REQUEST')]);
});

test.each<[string, Record<string, string> | [string, string][]]>([
  ['an unknown hash', { extensions: byHash('{ __typename }') }],
  ['another under the hash of one', { query: '{ __typename }', extensions: byHash(ROLE) }],
  ['an empty one under the hash of one', { query: '', extensions: byHash(ROLE) }],
  [
    'one and another',
    [
      ['query', ROLE],
      ['query', '{ __typename }'],
    ],
  ],
  ['extensions that are no JSON', { extensions: '{' }],
  ['nothing', {}],
])('no other document runs by GET: %s', async (_what, parameters) => {
  expect(await get(parameters)).toEqual([400, refused('DOCUMENT_NOT_TRUSTED')]);
});
