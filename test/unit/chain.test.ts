import { resolveChain, type ChainKey, type KeyStatus, KEY_STATUSES } from '../../src/keys/chain';

const withClient = { providerName: 'Retell', hasClient: true, clientArchived: false };
const withoutClient = { ...withClient, hasClient: false };
const key = (status: KeyStatus, version = 3): ChainKey => ({ isSet: true, status, version });
const cleared: ChainKey = { isSet: false, status: 'NOT_SET', version: 4 };
const everyStatus = KEY_STATUSES.filter((status) => status !== 'NOT_SET');

describe('the fallback chain', () => {
  test.each(everyStatus)("takes the client's key whatever its status: %s", (status) => {
    expect(resolveChain(withClient, key(status), key('VALID', 9))).toMatchObject({
      source: 'CLIENT',
      status,
      version: 3,
    });
  });

  test.each([null, cleared])("takes the agency's key when the client has none: %j", (client) => {
    expect(resolveChain(withClient, client, key('VALID', 9))).toMatchObject({
      source: 'AGENCY',
      status: 'VALID',
      version: 9,
    });
  });

  test.each([
    [null, null],
    [cleared, null],
    [null, cleared],
    [cleared, cleared],
  ])('ends without a key when neither has one: client %j, agency %j', (client, agency) => {
    expect(resolveChain(withClient, client, agency)).toMatchObject({
      source: null,
      status: 'NOT_SET',
      version: null,
    });
  });

  test("takes the agency's key for an agent of no client, even if a client's key is handed to it", () => {
    expect(resolveChain(withoutClient, key('VALID'), key('VALID', 9))).toMatchObject({
      source: 'AGENCY',
      version: 9,
    });
  });

  test('tells the steps in order, of which at most one is taken', () => {
    const takenBy = (client: ChainKey | null, agency: ChainKey | null) =>
      resolveChain(withClient, client, agency).steps.map(({ source, isSet, taken }) => [
        source,
        isSet,
        taken,
      ]);
    expect(takenBy(key('INVALID'), key('VALID'))).toEqual([
      ['CLIENT', true, true],
      ['AGENCY', true, false],
    ]);
    expect(takenBy(null, key('VALID'))).toEqual([
      ['CLIENT', false, false],
      ['AGENCY', true, true],
    ]);
    expect(takenBy(null, null)).toEqual([
      ['CLIENT', false, false],
      ['AGENCY', false, false],
    ]);
  });

  test("tells what would be taken if the client's key were cleared", () => {
    expect(resolveChain(withClient, key('VALID'), key('VALID')).sourceIfClientKeyCleared).toBe('AGENCY');
    expect(resolveChain(withClient, key('VALID'), null).sourceIfClientKeyCleared).toBeNull();
  });

  test('says that calls of an archived client are refused, whatever key it finds', () => {
    const archived = { ...withClient, clientArchived: true };
    expect(resolveChain(archived, null, key('VALID'))).toMatchObject({
      source: 'AGENCY',
      explanation: expect.stringMatching(/archived: calls are refused/) as string,
    });
  });

  test('says that a key that does not open is not used, and that no other takes its place', () => {
    const { source, explanation } = resolveChain(withClient, key('UNREADABLE'), key('VALID'));
    expect(source).toBe('CLIENT');
    expect(explanation).toMatch(/client's Retell key does not open: calls are refused/);
    expect(explanation).not.toMatch(/is used/);
  });

  test('says which key is missing and who can set it', () => {
    const { explanation } = resolveChain(withClient, null, null);
    expect(explanation).toMatch(/neither the client nor the agency has a Retell key/i);
    expect(explanation).toMatch(/agency admin/);
  });
});
