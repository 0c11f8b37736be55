import { serverAudits, type AuditResult } from 'graphql-http';
import { post, startTestApp, type TestApp } from '../harness';

let running: TestApp;
beforeAll(async () => (running = await startTestApp({ PLAYGROUND: 'on' })));
afterAll(() => running.close());

const asAdmin: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    headers: {
      ...(init?.headers as Record<string, string>),
      authorization: `Bearer ${running.tokens.agencyAdmin}`,
    },
  });

test('all 61 audits of graphql-http pass, with no error and no warning', async () => {
  const audits = serverAudits({ url: `${running.url}/graphql`, fetchFn: asAdmin });
  const results: AuditResult[] = [];
  for (const audit of audits) results.push(await audit.fn());
  expect(results).toHaveLength(61);
  const found = results.flatMap((result) =>
    result.status === 'error' || result.status === 'warn'
      ? [`${result.status} ${result.id} ${result.name}: ${result.reason}`]
      : [],
  );
  expect(found).toEqual([]);
});

test('an empty name of an operation stands for none, in an address and in a body', async () => {
  const query = 'query A { viewer { role } }';
  const search = new URLSearchParams({ query, operationName: '' }).toString();
  const expected = { data: { viewer: { role: 'AGENCY_ADMIN' } } };
  expect(await (await asAdmin(`${running.url}/graphql?${search}`)).json()).toEqual(expected);
  const { tokens, url } = running;
  expect(await post(url, tokens.agencyAdmin, { query, operationName: '' })).toMatchObject(expected);
});

test('a client that accepts no JSON is told what it has to accept', async () => {
  const body = { query: '{ viewer { role } }' };
  const { status, errors } = await post(running.url, running.tokens.agencyAdmin, body, {
    accept: 'text/html',
  });
  expect([status, errors[0]?.message]).toEqual([406, expect.stringContaining('accept')]);
});

describe('a document that cannot run', () => {
  const GRAPHQL = 'application/graphql-response+json';
  const documents = [
    '{ viewer {',
    '{ nothing }',
    'query ($first: Int!) { clients(first: $first) { totalCount } }',
    'query A { viewer { role } } query B { viewer { role } }',
  ];

  test.each([undefined, '*/*', GRAPHQL, `application/json, ${GRAPHQL}`, 'application/json, */*;q=0.1'])(
    'has the status 400 for a client that accepts %s',
    async (accept) => {
      for (const query of documents)
        expect(
          (await post(running.url, null, { query }, accept === undefined ? {} : { accept })).status,
        ).toBe(400);
    },
  );

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;q=0.9, application/json',
  ])('has the status 200 for one that accepts only %s', async (accept) => {
    for (const query of documents) {
      const { status, errors, data } = await post(running.url, null, { query }, { accept });
      expect([status, errors.length, data]).toEqual([200, 1, undefined]);
    }
  });

  test('has the status 400 for everyone when it is beyond a limit', async () => {
    const { status, errors } = await post(
      running.url,
      null,
      { query: `{ ${'__typename '.repeat(401)} }` },
      { accept: 'application/json' },
    );
    expect([status, errors[0]?.extensions.code]).toEqual([400, 'LIMIT_EXCEEDED']);
  });
});
