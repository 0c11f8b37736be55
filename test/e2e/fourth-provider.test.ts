import { execFile } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, parse, validate } from 'graphql';
import { SizeLimitRule } from '../../src/api/rules/size-limit';
import { MAPLE } from '../demo-ids';
import { post } from '../harness';
import { CREATE_AGENT, SET_CLIENT, START_CALL, VERIFY_CLIENT } from '../operations';
import { json, Loopback } from '../providers/loopback';
import { Process } from './process';

const root = join(__dirname, '../..');
const KEY = 'acme_key_of_maple_0123456789';

// What is not part of the project, or is made from it. The modules are linked to instead.
const LEFT_OUT = new Set(['.git', '.latchkey', 'dist', 'dist.next', 'node_modules']);

/** This project with one more file and one more entry in the list of providers. */
function copyWithAcme(): string {
  const copy = mkdtempSync(join(tmpdir(), 'latchkey-fourth-'));
  for (const name of readdirSync(root).filter((each) => !LEFT_OUT.has(each)))
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !LEFT_OUT.has(basename(path)),
    });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const given = join(root, 'test/fixtures/fourth-provider');
  copyFileSync(join(given, 'adapter.txt'), join(copy, 'src/providers/acme.ts'));
  copyFileSync(join(given, 'replies.txt'), join(copy, 'test/providers/fixtures/acme.ts'));
  const list = join(copy, 'src/providers/index.ts');
  const text = readFileSync(list, 'utf8');
  writeFileSync(
    list,
    `import { acme } from './acme';\n${text.replace('[retell, vapi, bland]', '[retell, vapi, bland, acme]')}`,
  );
  return copy;
}

let copy: string;
beforeAll(async () => {
  copy = copyWithAcme();
  await run('build.mjs');
});
afterAll(() => Loopback.closeAll().then(() => rmSync(copy, { recursive: true })));

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, args, { cwd: copy, env: { PATH: process.env.PATH } });

interface Demo {
  readonly url: string;
  readonly tokens: Record<string, string>;
  readonly sandbox: Record<string, { keys: Record<string, string> }>;
}

async function withDemo<T>(env: NodeJS.ProcessEnv, work: (demo: Demo) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
  const running = new Process('src/demo/main.js', folder, env, [], copy);
  let code: number | null = null;
  const result = await (async () => {
    await running.prints(/demo is ready/);
    return work(JSON.parse(readFileSync(join(folder, '.latchkey/demo.json'), 'utf8')) as Demo);
  })().finally(async () => {
    code = await running.end();
    rmSync(folder, { recursive: true });
  });
  expect(code).toBe(0);
  return result;
}

const ask = async ({ url, tokens }: Demo, query: string, input?: object) =>
  post(url, tokens.agencyAdmin ?? '', { query, variables: { input } });

const setKey = (demo: Demo, apiKey: string) =>
  ask(demo, SET_CLIENT, { clientId: MAPLE, verify: true, keys: [{ provider: 'ACME', apiKey }] });

/** A page of clients, each with its agents, behind the agents that a clear leaves without a key. */
const LARGE = `mutation { clearAgencyApiKeys(input: { providers: [RETELL] }) { agentsWithoutKey { client { agents(first: 100) {
  nodes { a: id b: id c: id d: id e: id f: id g: id h: id } } } } } }`;

describe('a fourth provider, whose key travels in a header of its own, takes one file and its entry in the list', () => {
  test('to pass the contract suite', async () => {
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const { stderr } = await run(
      jest,
      '--ci',
      'test/providers/contract.test.ts',
      '-t',
      'the adapter of Acme',
    );
    expect(stderr).toMatch(/Tests: +\d+ skipped, [1-9]\d+ passed/);
  });

  test('to be in the schema, in the limits, and in a demo that asks no real provider', async () => {
    await withDemo({}, async (demo) => {
      const { data } = await ask(demo, '{ __type(name: "Provider") { enumValues { name description } } }');
      expect(data).toEqual({
        __type: {
          enumValues: expect.arrayContaining([
            { name: 'ACME', description: 'The provider Acme.' },
          ]) as unknown,
        },
      });
      const schema = buildSchema(readFileSync(join(root, 'schema/schema.graphql'), 'utf8'));
      expect(validate(schema, parse(LARGE), [SizeLimitRule])).toEqual([]);
      expect((await ask(demo, LARGE)).text).toContain('The operation could return more than');
      const set = await setKey(demo, demo.sandbox.acme?.keys.valid ?? '');
      expect(set.data).toMatchObject({
        setClientApiKeys: { apiKeys: [{ provider: 'ACME', status: 'VALID' }] },
      });
      expect((await setKey(demo, demo.sandbox.acme?.keys.revoked ?? '')).text).toContain('KEY_REJECTED');
    });
  });

  test('to have its keys set and verified, and calls placed', async () => {
    const acme = await Loopback.start((incoming, outgoing) => {
      const known = incoming.headers['x-api-key'] === KEY && incoming.headers.authorization === undefined;
      json(known ? 200 : 401, known ? { id: 'acme-call-1', name: 'Some account' } : {})(incoming, outgoing);
    });
    await withDemo({ ACME_BASE_URL: acme.baseUrl }, async (demo) => {
      expect((await setKey(demo, 'acme_key_of_nobody_0123456789')).text).toContain('KEY_REJECTED');
      expect((await setKey(demo, KEY)).data).toMatchObject({
        setClientApiKeys: { apiKeys: [{ status: 'VALID' }] },
      });
      const verified = await ask(demo, VERIFY_CLIENT, { clientId: MAPLE, providers: ['ACME'] });
      expect(verified.data).toMatchObject({ verifyClientApiKeys: { results: [{ status: 'VALID' }] } });
      const agent = { name: 'Maple at Acme', provider: 'ACME', providerAgentId: 'agent-1', clientId: MAPLE };
      const created = await ask(demo, CREATE_AGENT, agent);
      const { id: agentId } = (created.data as { createAgent: { agent: { id: string } } }).createAgent.agent;
      const call = await ask(demo, START_CALL, { agentId, toNumber: '+14155550199' });
      expect(call.data).toMatchObject({
        startTestCall: { call: { status: 'QUEUED', keySource: 'CLIENT', providerCallId: 'acme-call-1' } },
      });
    });
    expect(acme.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /account',
      'GET /account',
      'GET /account',
      'POST /calls',
    ]);
  });
});
