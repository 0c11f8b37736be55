import { ARCHIVED_CLIENT, MAPLE, NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { codes, RENAME_CLIENT, type UserErrors } from '../operations';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
});
afterAll(() => running.close());

interface Renamed extends UserErrors {
  readonly client: { readonly id: string; readonly name: string } | null;
}

const rename = async (clientId: string, name: string) =>
  (await running.data<{ renameClient: Renamed }>(RENAME_CLIENT, { input: { clientId, name } })).renameClient;

describe('a client', () => {
  test.each([MAPLE, ARCHIVED_CLIENT])('has its new name, trimmed, at once: %s', async (id) => {
    expect((await rename(id, ' A new name ')).client).toEqual({ id, name: 'A new name' });
    const { client } = await running.data<{ client: { name: string } }>(
      'query ($id: ID!) { client(id: $id) { name } }',
      { id },
    );
    expect(client.name).toBe('A new name');
  });

  test.each([
    ['', 'REQUIRED'],
    ['x'.repeat(201), 'TOO_LONG'],
    ['a\u202Eb', 'INVALID_FORMAT'],
  ])('does not take the name %.10j', async (name, code) => {
    expect(codes(await rename(MAPLE, name))).toEqual([`${code} input.name`]);
  });

  test.each([NEVER_GIVEN_OUT, OTHER_AGENCYS_CLIENT, 'x'])(
    'that does not exist is not renamed: %s',
    async (id) => {
      expect(codes(await rename(id, 'A new name'))).toEqual(['NOT_FOUND input.clientId']);
    },
  );

  test.each(['agencyMember', 'portalUser'] as const)('is not renamed by %s', async (persona) => {
    const { errors } = await running.ask(persona, RENAME_CLIENT, {
      input: { clientId: MAPLE, name: 'Mine' },
    });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });
});

describe('the search for a client by a part of its name', () => {
  const search = async (text: string) => {
    const { clients } = await running.data<{ clients: { nodes: { name: string }[] } }>(
      'query ($search: String) { clients(search: $search) { nodes { name } } }',
      { search: text },
    );
    return clients.nodes.map(({ name }) => name);
  };
  const NAMES = [
    'Straße 1',
    'Café Noir',
    'Heart \u2764\uFE0F Clinic',
    'Re\u0301sidence Zoe\u0308',
    'Fire \u{1F525} Works',
    'Tea \u{1F375} House',
    'The \u{FFFD} House',
  ];
  beforeAll(async () => {
    for (const name of NAMES)
      await running.data(
        'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }',
        { input: { name } },
      );
  });

  test.each([
    ['\u{1F525}', ['Fire \u{1F525} Works']],
    ['fIRE \u{1F525}', ['Fire \u{1F525} Works']],
    ['\u{1F375} hOUSE', ['Tea \u{1F375} House']],
    ['\u{FFFD}', ['The \u{FFFD} House']],
    ['\u{1F680}', []],
    ['strasse', []],
    ['sTRAße', ['Straße 1']],
    ['cafe', []],
    ['cAFé', ['Café Noir']],
    ['\u2764\uFE0E', []],
    ['\u2764\uFE0F cLINIC', ['Heart \u2764\uFE0F Clinic']],
  ])('finds no other characters than those that are asked for: %j', async (text, names) => {
    expect(await search(text)).toEqual(names);
  });

  test.each([
    ['caf\u00E9', 'Café Noir'],
    ['Cafe\u0301', 'Café Noir'],
    ['r\u00E9sidence zo\u00EB', 'Re\u0301sidence Zoe\u0308'],
    ['re\u0301sidence zo\u00EB', 'Re\u0301sidence Zoe\u0308'],
  ])('finds letters with accents, be they one code point or two: %j', async (text, name) => {
    expect(await search(text)).toEqual([name]);
  });

  test('counts characters in the same way as the limit of names does', async () => {
    expect(await search('\u{1F525}'.repeat(100))).toEqual([]);
    const { errors } = await running.ask(
      'agencyAdmin',
      '{ clients(search: "' + 'x'.repeat(101) + '") { totalCount } }',
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });
});
