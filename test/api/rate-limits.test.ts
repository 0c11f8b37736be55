import { MAX_USES } from '../../src/api/rules/document-limits';
import { isInputObjectType, getNamedType, type GraphQLInputType } from 'graphql';
import { buildBareSchema } from '../../src/api/schema';
import { traitsOfMutation } from '../../src/audit/audited-mutation';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { callerOf, RateLimits } from '../../src/http/rate-limits';
import { subjectOf } from '../../src/demo/seed';
import { HARBOR } from '../demo-ids';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { CREATE_CLIENT, VERIFY_CLIENT } from '../operations';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({
    RATE_LIMIT_QUERIES: '400',
    RATE_LIMIT_MUTATIONS: '10',
    RATE_LIMIT_KEY_OPERATIONS: '10',
    TRUST_PROXY: '127.0.0.1',
  });
});
afterAll(() => running.close());

/** Each test starts its minute anew, on an instance of its own. */
let instance: TestApp;
beforeEach(async () => (instance = await running.another()));
afterEach(() => instance.close());

const clears = (times: number) =>
  Array.from(
    { length: times },
    (_, n) =>
      `a${n}: clearClientApiKeys(input: { clientId: "${HARBOR}", providers: [] }) { userErrors { code } }`,
  ).join(' ');
const outcome = ({ status, errors }: Answer) => [status, errors[0]?.extensions.code];
const REFUSED = [429, 'RATE_LIMITED'];
const DONE = [200, undefined];

async function useUpKeyOperations(): Promise<void> {
  expect(outcome(await instance.ask('agencyAdmin', `mutation { ${clears(10)} }`))).toEqual(DONE);
}

/** Asks for so many root fields from an address, and tells what became of the last ones. */
async function askFrom(url: string, addresses: string, times: number) {
  const ask = (fields: number) =>
    post(url, null, { query: `{ ${'__typename '.repeat(fields)} }` }, { 'x-forwarded-for': addresses });
  for (let left = times; left > MAX_USES; left -= MAX_USES) expect((await ask(MAX_USES)).status).toBe(200);
  return outcome(await ask(times % MAX_USES || MAX_USES));
}

describe('the limit of an agency', () => {
  test('is ten times that of a caller, however many callers there are', async () => {
    const limits = new RateLimits({
      QUERY: 1,
      MUTATION: 1,
      KEY_OPERATION: 2,
      ONE_TIME_LINK: 1,
      EVENT: 1,
      GATEWAY: 1,
    });
    for (let caller = 0; caller < 10; caller += 1) await limits.count('KEY_OPERATION', `${caller}`, 2, 'one');
    await expect(limits.count('KEY_OPERATION', 'eleventh', 1, 'one')).rejects.toMatchObject({
      extensions: { code: 'RATE_LIMITED' },
    });
    await limits.count('KEY_OPERATION', 'of another', 2, 'other');
    await limits.count('KEY_OPERATION', 'of none', 2);
  });

  test('is not used up by what one caller asks beyond its own limit', async () => {
    const limits = new RateLimits({
      QUERY: 1,
      MUTATION: 1,
      KEY_OPERATION: 2,
      ONE_TIME_LINK: 1,
      EVENT: 1,
      GATEWAY: 1,
    });
    for (let times = 0; times < 30; times += 1)
      await limits.count('KEY_OPERATION', 'greedy', 1, 'one').catch(() => undefined);
    await limits.count('KEY_OPERATION', 'modest', 2, 'one');
  });

  test('counts all service tokens of the agency', async () => {
    const create = `mutation ($n: String!) { createServiceToken(input: { name: $n, role: AGENCY_ADMIN }) { token } }`;
    const tokens: string[] = [];
    for (let n = 0; n < 10; n += 1) {
      const { data } = await instance.ask('agencyAdmin', create, { n: `Token ${n}` });
      tokens.push((data as { createServiceToken: { token: string } }).createServiceToken.token);
    }
    const use = async (token: string, times: number) =>
      outcome(await post(instance.url, token, { query: `mutation { ${clears(times)} }` }));
    const outcomes: unknown[] = [];
    for (const token of tokens) outcomes.push(await use(token, 10));
    expect(outcomes).toEqual(Array.from({ length: 10 }, () => DONE));
    // The admin has asked for nothing yet, but nothing is left to the agency.
    expect(outcome(await instance.ask('agencyAdmin', `mutation { ${clears(1)} }`))).toEqual(REFUSED);
  });
});

describe('the rate limit', () => {
  test('lets as many key operations through as it says and refuses the next, with the time to wait', async () => {
    await useUpKeyOperations();
    const answer = await instance.ask('agencyAdmin', `mutation { ${clears(1)} }`);
    expect(outcome(answer)).toEqual(REFUSED);
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(answer.errors[0]?.extensions.retryAfterSeconds).toBe(seconds);
    expect(answer.data).toBeUndefined();
  });

  test('counts what is at the root, under every alias and in every fragment', async () => {
    await instance.ask(
      'agencyAdmin',
      `mutation { ${clears(4)} ...A } fragment A on Mutation { ... on Mutation { b: ${clears(1).slice(4)} } }`,
    );
    expect(outcome(await instance.ask('agencyAdmin', `mutation { ${clears(5)} }`))).toEqual(DONE);
    expect(outcome(await instance.ask('agencyAdmin', `mutation { ${clears(1)} }`))).toEqual(REFUSED);
  });

  test('counts a query by what it could return: a page once, and 70,400 objects 71 times', async () => {
    const page = '{ clients(first: 50) { nodes { id name archivedAt } } }';
    const heavy = (first: number) =>
      `{ clients(first: 100) { nodes { agents(first: ${first}) { nodes { id name provider fromNumber client { id } } } } } }`;
    const list = Array.from({ length: 2 }, (_, n) => `a${n}: ${heavy(100).slice(2, -2)}`).join(' ');
    for (let n = 0; n < 5; n++)
      expect(outcome(await instance.ask('agencyAdmin', `{ ${list} }`))).toEqual(DONE);
    expect(outcome(await instance.ask('agencyAdmin', `{ ${list} }`))).toEqual(REFUSED);
    for (let n = 0; n < 200; n++) expect(outcome(await instance.ask('agencyMember', page))).toEqual(DONE);
    for (let n = 0; n < 11; n++) expect(outcome(await instance.ask('agencyMember', heavy(50)))).toEqual(DONE);
    expect(outcome(await instance.ask('agencyMember', heavy(50)))).toEqual(REFUSED);
  });

  test('counts what a mutation could return as queries, too', async () => {
    const heavy = `mutation { createClient(input: { name: "" }) { client { agents(first: 100) { nodes { client { agents(first: 100) { nodes { id } } } } } } } }`;
    for (let n = 0; n < 3; n++) expect(outcome(await instance.ask('agencyAdmin', heavy))).toEqual(DONE);
    for (let n = 0; n < 400; n++) {
      const answer = await instance.ask('agencyAdmin', '{ viewer { role } }');
      if (answer.status === 429) return;
    }
    throw new Error('The queries were not counted');
  });

  test('refuses the whole operation: nothing of it runs, and no provider is asked', async () => {
    await useUpKeyOperations();
    const create = 'createClient(input: { name: "Not made" }) { client { id } }';
    const verify = `verifyClientApiKeys(input: { clientId: "${HARBOR}" }) { userErrors { code } }`;
    expect(outcome(await instance.ask('agencyAdmin', `mutation { ${create} ${verify} }`))).toEqual(REFUSED);
    expect(await instance.data('{ clients(search: "Not made") { totalCount } }')).toEqual({
      clients: { totalCount: 0 },
    });
  });

  test('is one for each class: who verifies too much can still read, and create', async () => {
    await useUpKeyOperations();
    expect(outcome(await instance.ask('agencyAdmin', '{ viewer { role } }'))).toEqual(DONE);
    expect(outcome(await instance.ask('agencyAdmin', CREATE_CLIENT, { input: { name: 'Made' } }))).toEqual(
      DONE,
    );
    for (let n = 1; n < 10; n++)
      await instance.ask('agencyAdmin', CREATE_CLIENT, { input: { name: `Made ${n}` } });
    expect(
      outcome(await instance.ask('agencyAdmin', CREATE_CLIENT, { input: { name: 'One more' } })),
    ).toEqual(REFUSED);
  });

  test('is one for each person, under every token of theirs, and another for each service token', async () => {
    const created = await instance.data<{ createServiceToken: { token: string } }>(
      'mutation { createServiceToken(input: { name: "CRM", role: AGENCY_ADMIN }) { token } }',
    );
    await useUpKeyOperations();
    const input = { clientId: HARBOR };
    const again = await running.issuer.mint({
      subject: subjectOf('agencyAdmin'),
      audience: running.audience,
      expiresInSeconds: 60,
    });
    expect(outcome(await post(instance.url, again, { query: VERIFY_CLIENT, variables: { input } }))).toEqual(
      REFUSED,
    );
    expect(
      outcome(
        await post(instance.url, created.createServiceToken.token, {
          query: VERIFY_CLIENT,
          variables: { input },
        }),
      ),
    ).toEqual(DONE);
    expect(outcome(await instance.ask('otherAgencyAdmin', VERIFY_CLIENT, { input }))).toEqual(DONE);
  });

  test('is one for each address where nobody has signed in, as a trusted proxy tells it', async () => {
    const from = (addresses: string, times: number) => askFrom(instance.url, addresses, times);
    expect(await from('203.0.113.7', 400)).toEqual(DONE);
    expect(await from('203.0.113.7', 1)).toEqual(REFUSED);
    expect(await from('198.51.100.1, 203.0.113.7', 1)).toEqual(REFUSED);
    expect(await from('203.0.113.8', 1)).toEqual(DONE);
    expect(await from('203.0.113.7:50001', 1)).toEqual(REFUSED);
    expect(await from('[::ffff:203.0.113.7]:50002', 1)).toEqual(REFUSED);
  });

  test('and the audit trail take the address of the proxy for what is no address, however long', async () => {
    const variables = { input: { name: 'Behind a proxy' } };
    const forwarded = { 'x-forwarded-for': 'x'.repeat(300) };
    const answer = await post(
      instance.url,
      instance.tokens.agencyAdmin,
      { query: CREATE_CLIENT, variables },
      forwarded,
    );
    expect(outcome(answer)).toEqual(DONE);
    const events = await instance.app.database.read.findBy(AuditEventRow, { type: 'CLIENT_CREATED' });
    expect(new Set(events.map(({ sourceAddress }) => sourceAddress))).toEqual(new Set(['127.0.0.1']));
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:DB8:0001:0002::', '2001:db8:1:2:0:0:0:1'],
    ['fe80::1%eth0', 'fe80::2'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:FFFF:203.0.113.7', '203.0.113.7'],
  ])('takes %s and %s for one address', (one, other) => {
    expect(callerOf(null, one)).toBe(callerOf(null, other));
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['2001:db8::1:2:3:4', '2001:db8:1:2:3:4::'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.8'],
    ['203.0.113.7', '203.0.113.8'],
    ['::1', '127.0.0.1'],
  ])('takes %s and %s for two', (one, other) => {
    expect(callerOf(null, one)).not.toBe(callerOf(null, other));
  });

  test('believes no `X-Forwarded-For` unless a proxy is trusted', async () => {
    const bare = await startTestApp({ RATE_LIMIT_QUERIES: '400' });
    expect(await askFrom(bare.url, '203.0.113.7', 400)).toEqual(DONE);
    expect(await askFrom(bare.url, '203.0.113.8', 1)).toEqual(REFUSED);
    await bare.close();
  });

  test('counts requests in which nothing runs as well', async () => {
    const send = () => post(instance.url, null, '{"query": 1}', { 'x-forwarded-for': '203.0.113.9' });
    for (let n = 0; n < 420; n++) expect((await send()).status).toBe(400);
    const answer = await send();
    expect(outcome(answer)).toEqual(REFUSED);
    expect(Number(answer.headers.get('retry-after'))).toBe(answer.errors[0]?.extensions.retryAfterSeconds);
    expect(outcome(await instance.ask('agencyAdmin', '{ viewer { role } }'))).toEqual(DONE);
  });

  test('of one-time links is a class of its own', async () => {
    const limits = new RateLimits({
      QUERY: 1,
      MUTATION: 1,
      KEY_OPERATION: 1,
      ONE_TIME_LINK: 2,
      EVENT: 1,
      GATEWAY: 1,
    });
    for (const _ of [1, 2]) await limits.count('ONE_TIME_LINK', 'ADDRESS 203.0.113.7');
    await expect(limits.count('ONE_TIME_LINK', 'ADDRESS 203.0.113.7')).rejects.toMatchObject({
      extensions: { code: 'RATE_LIMITED' },
    });
    await limits.count('ONE_TIME_LINK', 'ADDRESS 203.0.113.8');
    await limits.count('QUERY', 'ADDRESS 203.0.113.7');
  });
});

test('every mutation that takes a key or asks for one, shows one to its provider or changes one is a key operation', () => {
  const schema = buildBareSchema();
  const takesKey = (type: GraphQLInputType): boolean => {
    const named = getNamedType(type);
    return (
      named.name === 'Secret' ||
      (isInputObjectType(named) && Object.values(named.getFields()).some((field) => takesKey(field.type)))
    );
  };
  const expected = Object.values(schema.getMutationType()?.getFields() ?? {}).map(({ name, args }) => [
    name,
    /ApiKey|^(start|end).*Call$|acceptKeyHandIn|previewKeyHandIn|createKeyLink|importAgents/.test(name) ||
    args.some(({ type }) => takesKey(type))
      ? 'KEY_OPERATION'
      : 'MUTATION',
  ]);
  expect(expected.map(([name = '']) => [name, traitsOfMutation(schema, name)?.rateClass])).toEqual(expected);
});
