import { post, startTestApp, type TestApp } from '../harness';

// As in production: with neither playground nor introspection.
let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

interface Found {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { message: string; extensions?: Record<string, unknown> }[];
}

const send = async (path: string, init: RequestInit = {}) => {
  const headers = {
    authorization: `Bearer ${running.tokens.agencyAdmin}`,
    ...(init.headers as Record<string, string>),
  };
  return (await fetch(`${running.url}${path}`, { ...init, headers })).text();
};
const sendUnsigned = async (path: string) => (await fetch(`${running.url}${path}`)).text();
const ask = async (query: string) =>
  JSON.parse((await post(running.url, running.tokens.agencyAdmin, { query })).text) as Found;
const byAddress = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

const IDE = /graphiql|graphql playground|graphql-playground|apollo sandbox|altair/i;

/** What graphql-cop asks, and when it reports a finding. */
const checks: readonly [name: string, finds: () => Promise<boolean>][] = [
  [
    'alias overloading',
    async () =>
      (await ask(`query { ${Array.from({ length: 101 }, (_, n) => `alias${n}: __typename`).join(' ')} }`))
        .data != null,
  ],
  [
    'batched queries',
    async () => {
      const batch = JSON.stringify(Array.from({ length: 10 }, () => ({ query: 'query { __typename }' })));
      return Array.isArray(
        JSON.parse(
          await send('/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: batch,
          }),
        ),
      );
    },
  ],
  [
    'directive overloading',
    async () =>
      (await ask(`query { __typename ${'@aa'.repeat(10)} }`)).errors?.[0]?.extensions?.code !==
      'LIMIT_EXCEEDED',
  ],
  [
    'circular introspection',
    async () =>
      (await ask(`query { __schema { types ${'{ fields { type '.repeat(4)} { name } ${'} }'.repeat(4)} } }`))
        .data != null,
  ],
  [
    'circular fragments',
    async () =>
      (
        await ask(
          'query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }',
        )
      ).errors === undefined,
  ],
  ['field duplication', async () => (await ask(`query { ${'__typename '.repeat(500)} }`)).data != null],
  [
    'field suggestions',
    async () =>
      JSON.stringify([
        await ask('query { __schema { directive } }'),
        await ask('query { clientz { id } }'),
      ]).includes('Did you mean'),
  ],
  [
    'introspection',
    async () => (await ask('query { __schema { types { name fields { name } } } }')).data != null,
  ],
  [
    // A page of another origin cannot send the header `authorization` without a preflight: a signed-in client
    // may send queries by GET.
    'queries by GET',
    async () => (JSON.parse(await sendUnsigned(byAddress('{ __typename }'))) as Found).data != null,
  ],
  [
    'mutations by GET',
    async () =>
      (
        JSON.parse(
          await send(byAddress('mutation { __typename }'), { headers: { 'apollo-require-preflight': '1' } }),
        ) as Found
      ).data != null,
  ],
  [
    'queries by a form',
    async () => {
      const form = {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ query: 'query { __typename }' }).toString(),
      };
      return (
        (JSON.parse(await send('/graphql', form)) as Found).data != null ||
        (JSON.parse(await send(byAddress('{ __typename }'), { method: 'POST' })) as Found).data != null
      );
    },
  ],
  [
    'a playground',
    async () =>
      (
        await Promise.all(
          ['/', '/graphiql', '/playground', '/console', '/graphql'].map((path) =>
            send(path, { headers: { accept: 'text/html' } }),
          ),
        )
      ).some((text) => IDE.test(text)),
  ],
  [
    'trace mode',
    async () =>
      /tracing|stacktrace|exception/i.test(
        JSON.stringify([await ask('query { __typename }'), await ask('query { nothing }')]),
      ),
  ],
  [
    'unhandled errors',
    async () =>
      (await ask('qwerty cop { abc }')).errors?.some(
        ({ extensions }) =>
          extensions?.exception !== undefined || extensions?.code === 'INTERNAL_SERVER_ERROR',
      ) ?? true,
  ],
];

test.each(checks)('graphql-cop finds nothing: %s', async (_name, finds) => {
  expect(await finds()).toBe(false);
});

test('the requests by which graphql-cop asks are answered when they are harmless', async () => {
  expect((await ask('query { __typename alias0: __typename }')).data).toEqual({
    __typename: 'Query',
    alias0: 'Query',
  });
});
