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
    'is not renamed where there is none: %s',
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
