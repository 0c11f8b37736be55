import { AuditEventRow } from '../../src/audit/audit.entity';
import { entities } from '../../src/entities';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { KeyHandInRow } from '../../src/intake/key-hand-in.entity';
import { PersonRow } from '../../src/people/person.entity';
import { ServiceTokenRow } from '../../src/people/service-token.entity';
import { managerOf } from '../database';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { startInterruptedProvider, type InterruptedProvider } from '../fixtures/interrupted-provider';
import { post, startTestApp, type Answer, type TestApp } from '../harness';
import { callerOf, inputTypeOf, mutationCases, runMutation } from '../mutations';

const ADA = '01900000-0000-7000-8000-000000000301';
const HANA = '01900000-0000-7000-8000-000000000303';

let running: TestApp;
let provider: InterruptedProvider;
beforeAll(async () => {
  provider = await startInterruptedProvider(() => running.sandbox.retell.baseUrl);
  running = await startTestApp({ RETELL_BASE_URL: provider.url });
});
afterAll(async () => {
  await running.close();
  provider.close();
});

type Undo = () => Promise<unknown>;

/**
 * Every row of every table but those of the calls, with what is announced of them, and of the people that a
 * test changes itself.
 */
async function rows(): Promise<Record<string, unknown[]>> {
  const manager = managerOf(running.app.database.read);
  const tables = entities.map((entity) => manager.getRepository(entity).metadata.tablePath);
  const changed = ['calls', 'outgoing_messages', 'people'];
  const kept = tables.filter((table) => !changed.includes(table));
  return Object.fromEntries(
    await Promise.all(
      kept.map(async (table) => [table, await manager.query<unknown[]>(`SELECT * FROM ${table}`)] as const),
    ),
  );
}

async function changePerson(id: string, change: Partial<PersonRow> | null): Promise<Undo> {
  const { database } = running.app;
  const person = await database.read.findOneByOrFail(PersonRow, { id });
  await database.write((tx) =>
    change ? tx.update(PersonRow, { id }, change) : tx.delete(PersonRow, { id }),
  );
  return () =>
    database.write(async (tx) => {
      await tx.delete(PersonRow, { id });
      await tx.insert(PersonRow, person);
    });
}

/** A request of a test call, which waits for its provider, and of another mutation after it. */
async function whileItWaits(
  token: string,
  [name, input]: readonly [string, object],
  lose: () => Promise<Undo>,
): Promise<{ answer: Answer; before: unknown; after: unknown }> {
  let before: unknown;
  let undo: Undo = () => Promise.resolve();
  provider.meanwhile(async () => {
    undo = await lose();
    before = await rows();
  });
  const query = `mutation ($call: StartTestCallInput!, $input: ${inputTypeOf(name)}) {
    first: startTestCall(input: $call) { userErrors { code } }
    second: ${name}(input: $input) { userErrors { code } }
  }`;
  const call = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const answer = await post(running.url, token, { query, variables: { call, input } });
  const after = await rows();
  await undo();
  return { answer, before, after };
}

const adminCases = mutationCases(() => running).filter(({ name }) => callerOf(name) === 'agencyAdmin');

describe('a mutation writes nothing, not even an event, for a caller who lost its rights while the request waited', () => {
  test.each(
    adminCases.flatMap(({ name, what, input }) => [
      [name, what, 'was removed', { input, change: null, code: 'UNAUTHENTICATED' }] as const,
      [name, what, 'was demoted', { input, change: { role: 'AGENCY_MEMBER' }, code: 'FORBIDDEN' }] as const,
    ]),
  )('%s, %s, by an admin who %s', async (name, _what, _loss, { input, change, code }) => {
    const { answer, before, after } = await whileItWaits(
      running.tokens.agencyAdmin,
      [name, await input()],
      () => changePerson(ADA, change),
    );
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['second'], code],
    ]);
    expect(after).toEqual(before);
  });

  test.each([
    ['was revoked', { revokedAt: new Date() }, 'UNAUTHENTICATED'],
    ['has expired', { expiresAt: new Date(Date.now() - 1) }, 'UNAUTHENTICATED'],
    ['has another role', { role: 'AGENCY_MEMBER' }, 'FORBIDDEN'],
  ] as const)('createClient, by a service token that %s', async (_loss, change, code) => {
    const { createServiceToken } = await running.data<{
      createServiceToken: { token: string; serviceToken: { id: string } };
    }>(
      'mutation { createServiceToken(input: { name: "CRM", role: AGENCY_ADMIN }) { token serviceToken { id } } }',
    );
    const { id } = createServiceToken.serviceToken;
    const { answer, before, after } = await whileItWaits(
      createServiceToken.token,
      ['createClient', { name: 'Too late' }],
      async () => {
        await running.app.database.write((tx) => tx.update(ServiceTokenRow, { id }, change));
        return () => Promise.resolve();
      },
    );
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['second'], code],
    ]);
    expect(after).toEqual(before);
  });
});

describe('a mutation whose caller loses its rights while it asks a provider', () => {
  const retell = () => running.sandbox.retell.keys;
  const setInput = (clientId: string, apiKey: string) => ({
    clientId,
    verify: true,
    keys: [{ provider: 'RETELL', apiKey }],
  });
  const handedIn = async () => {
    await runMutation(running, 'setHandInPolicy', { clientId: HARBOR, acceptsValidHandIns: false });
    const input = { provider: 'RETELL', apiKey: retell().valid };
    const { keyHandIn } = await runMutation(running, 'handInApiKey', input, 'keyHandIn { id }');
    return { keyHandInId: keyHandIn?.id };
  };
  const preview = (clientId: string, apiKey: string) => ({ clientId, provider: 'RETELL', apiKey });
  /** Every row but the events and what is known of the health of a key. */
  const withoutOutcome = ({ api_keys = [], ...others }: Record<string, unknown[]>) => ({
    ...others,
    audit_events: null,
    audit_heads: null,
    changed_owners: null,
    absent_agents: null,
    api_keys: (api_keys as ApiKeyRow[]).map(({ id, version, sealed, mac }) => ({ id, version, sealed, mac })),
  });
  type Expected = Record<'type' | 'status', string> & { readonly clientId: string | null };
  const cases: readonly (readonly [string, string, () => object | Promise<object>, Expected])[] = [
    [
      'setClientApiKeys',
      'a key that is accepted',
      () => setInput(MAPLE, retell().valid),
      { type: 'API_KEY_REJECTED', clientId: MAPLE, status: 'VALID' },
    ],
    [
      'setClientApiKeys',
      'a key that is rejected',
      () => setInput(MAPLE, retell().revoked),
      { type: 'API_KEY_REJECTED', clientId: MAPLE, status: 'INVALID' },
    ],
    [
      'setAgencyApiKeys',
      'a key that is accepted',
      () => ({ verify: true, keys: [{ provider: 'RETELL', apiKey: retell().secondAccount }] }),
      { type: 'API_KEY_REJECTED', clientId: null, status: 'VALID' },
    ],
    [
      'previewClientApiKeyChange',
      'a key',
      () => preview(MAPLE, retell().valid),
      { type: 'API_KEY_PREVIEWED', clientId: MAPLE, status: 'VALID' },
    ],
    ['previewKeyHandIn', 'a key', handedIn, { type: 'API_KEY_PREVIEWED', clientId: HARBOR, status: 'VALID' }],
    [
      'verifyClientApiKeys',
      'a key',
      () => ({ clientId: HARBOR, providers: ['RETELL'] }),
      { type: 'API_KEY_VERIFIED', clientId: HARBOR, status: 'VALID' },
    ],
    [
      'verifyAgencyApiKeys',
      'a key',
      () => ({ providers: ['RETELL'] }),
      { type: 'API_KEY_VERIFIED', clientId: null, status: 'VALID' },
    ],
  ];

  test.each(
    cases.flatMap((of) => [
      [...of, null, 'UNAUTHENTICATED'] as const,
      [...of, { role: 'AGENCY_MEMBER' }, 'FORBIDDEN'] as const,
    ]),
  )(
    'is refused and changes nothing, and the event tells that the provider was asked: %s, %s, %#',
    async (name, _what, inputOf, { type, clientId, status }, change, code) => {
      const input = await inputOf();
      let undo: Undo = () => Promise.resolve();
      let before: Record<string, unknown[]> = {};
      provider.meanwhile(async () => {
        undo = await changePerson(ADA, change);
        before = await rows();
      });
      const query = `mutation ($input: ${inputTypeOf(name)}) { ${name}(input: $input) { userErrors { code } } }`;
      const { errors } = await running.ask('agencyAdmin', query, { input });
      const after = await rows();
      await undo();
      expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
      const known = new Set((before.audit_events as AuditEventRow[]).map(({ id }) => id));
      const recorded = (after.audit_events as AuditEventRow[]).filter(({ id }) => !known.has(id));
      expect(recorded).toMatchObject([{ type, clientId, actorId: ADA }]);
      expect(JSON.parse(recorded[0]?.details ?? '')).toMatchObject({ status });
      expect(withoutOutcome(after)).toEqual(withoutOutcome(before));
    },
  );

  test('keeps what the provider said of a stored key', async () => {
    const stored = async () =>
      running.app.database.read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' });
    await running.app.database.write((tx) =>
      tx.update(
        ApiKeyRow,
        { ownerId: HARBOR, provider: 'RETELL' },
        { status: 'UNVERIFIED', lastVerifiedAt: null },
      ),
    );
    let undo: Undo = () => Promise.resolve();
    provider.meanwhile(async () => (undo = await changePerson(ADA, null)));
    const query =
      'mutation ($input: VerifyClientApiKeysInput!) { verifyClientApiKeys(input: $input) { userErrors { code } } }';
    await running.ask('agencyAdmin', query, { input: { clientId: HARBOR, providers: ['RETELL'] } });
    await undo();
    expect((await stored()).status).toBe('VALID');
    expect((await stored()).lastVerifiedAt).not.toBeNull();
  });
});

describe('a portal user whose rights change while a key that it hands in is verified', () => {
  const HAND_IN = `mutation ($first: HandInApiKeyInput!, $second: HandInApiKeyInput!) {
    first: handInApiKey(input: $first) { keyHandIn { status } userErrors { code } }
    second: handInApiKey(input: $second) { keyHandIn { status } userErrors { code } }
  }`;
  const handIn = async (lose: () => Promise<Undo>) => {
    let undo: Undo = () => Promise.resolve();
    provider.meanwhile(async () => {
      undo = await lose();
    });
    const { retell, bland } = running.sandbox;
    const answer = await running.ask('portalUser', HAND_IN, {
      first: { provider: 'RETELL', apiKey: retell.keys.valid },
      second: { provider: 'BLAND', apiKey: bland.keys.valid },
    });
    await undo();
    const { read } = running.app.database;
    const pending = await read.findBy(KeyHandInRow, { clientId: HARBOR, status: 'PENDING' });
    const events = await read.find(AuditEventRow, { order: { id: 'DESC' }, take: 2 });
    return { answer, pending: pending.map(({ provider: of, keyStatus }) => [of, keyStatus]), events };
  };
  beforeEach(async () => {
    await runMutation(running, 'setHandInPolicy', { clientId: HARBOR, acceptsValidHandIns: true });
    await running.app.database.write((tx) => tx.delete(KeyHandInRow, { clientId: HARBOR }));
  });

  test.each([
    ['is removed', null, 'UNAUTHENTICATED'],
    ['may not hand keys in any more', { permissions: ['VIEW_INTEGRATIONS'] }, 'FORBIDDEN'],
    ['is of another client', { clientId: MAPLE }, 'FORBIDDEN'],
  ] as const)('and who %s has no key accepted, and hands in no other one', async (_what, change, code) => {
    const { answer, pending, events } = await handIn(() =>
      changePerson(HANA, change as Partial<PersonRow> | null),
    );
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['second'], code],
    ]);
    // The agency decides on what was received while it was allowed.
    expect(pending).toEqual([['RETELL', 'VALID']]);
    expect(events.map(({ type }) => type)).toEqual(['HAND_IN_VERIFIED', 'HAND_IN_RECEIVED']);
  });

  test('has no key accepted for a client that is archived meanwhile', async () => {
    const { pending } = await handIn(async () => {
      await runMutation(running, 'archiveClient', { clientId: HARBOR });
      return () => runMutation(running, 'restoreClient', { clientId: HARBOR });
    });
    expect(pending).toEqual([['RETELL', 'VALID']]);
  });
});
