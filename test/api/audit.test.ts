import { printed, readPrintout } from '../../src/audit/audit-printout';
import { verifyAuditTrail, type AuditPrintout } from '../../src/audit/audit-verifier';
import { AUDIT_EVENT_TYPES, type AuditEventType } from '../../src/audit/audit-event';
import { AuditHeadRow } from '../../src/audit/audit-head.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { readStatedPlaces } from '../../src/keys/stated-places';
import { CEDAR, HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT, NEVER_GIVEN_OUT } from '../demo-ids';
import { managerOf } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { moment } from '../moment';
import {
  ARCHIVE,
  CLEAR_CLIENT,
  CREATE_AGENT,
  CREATE_CLIENT,
  PREVIEW,
  RENAME_CLIENT,
  RESTORE,
  SET_AGENCY,
  SET_CLIENT,
  START_CALL,
  VERIFY_CLIENT,
} from '../operations';

const EVENTS = `query ($first: Int, $after: String, $filter: AuditEventFilter) { auditEvents(first: $first, after: $after, filter: $filter) {
  totalCount pageInfo { hasNextPage endCursor } nodes { sequence type at actorKind actorId actorName requestId sourceAddress clientId agentId callId
  personId serviceTokenId provider keyVersion maskedKey status name role permissions reason } } }`;

interface Event extends Record<string, unknown> {
  readonly sequence: number;
  readonly type: AuditEventType;
}

/** The demo sets as many keys of Brightline's after its first event. */
const KEYS_OF_DEMO = Array.from({ length: 5 }, () => 'API_KEY_SET');

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const events = async (
  filter: object | null = null,
  as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin',
): Promise<Event[]> => {
  await running.chained();
  return (await running.data<{ auditEvents: { nodes: Event[] } }>(EVENTS, { filter, first: 100 }, as))
    .auditEvents.nodes;
};

/** What a mutation adds to the trail, the oldest first. */
async function recorded(query: string, input: object): Promise<Event[]> {
  const before = (await events())[0]?.sequence ?? 0;
  await running.data(query, { input });
  return (await events()).filter(({ sequence }) => sequence > before).reverse();
}

const key = (text: string, more: object = {}) => [{ provider: 'RETELL', apiKey: text, ...more }];
const reports = async (earlier?: AuditPrintout) => {
  await running.chained();
  const all = [];
  const { database, audit, vault } = running.app;
  const places = (id: string) => readStatedPlaces(database.read, vault.placeMacs, id);
  for await (const report of verifyAuditTrail(database, audit, places, earlier)) all.push(report);
  return all;
};
const faults = async (earlier?: AuditPrintout) => (await reports(earlier)).flatMap((report) => report.faults);

describe('the audit trail', () => {
  test('tells who did what to which object, when, in which request and from where', async () => {
    const { headers } = await running.ask('agencyAdmin', SET_CLIENT, {
      input: { clientId: MAPLE, keys: key(running.sandbox.retell.keys.valid) },
    });
    const [event] = await events();
    expect(event).toMatchObject({
      type: 'API_KEY_SET',
      actorKind: 'PERSON',
      actorName: 'Ada Brightline',
      requestId: headers.get('x-request-id'),
      sourceAddress: '127.0.0.1',
      clientId: MAPLE,
      provider: 'RETELL',
      keyVersion: 1,
      maskedKey: `••••••••${running.sandbox.retell.keys.valid.slice(-4)}`,
      status: 'UNVERIFIED',
      agentId: null,
    });
    expect(Math.abs(Date.now() - new Date(event?.at as string).getTime())).toBeLessThan(60_000);
  });

  test.each<[string, string, () => object, (AuditEventType | [AuditEventType, object])[]]>([
    [
      'several keys',
      SET_AGENCY,
      () => ({ keys: [...key('key_first_0001'), { provider: 'BLAND', apiKey: 'key_second_0002' }] }),
      ['API_KEY_SET', 'API_KEY_SET'],
    ],
    [
      'a key that its provider accepts, beside one that it does not',
      SET_CLIENT,
      () => ({
        clientId: MAPLE,
        verify: true,
        keys: [
          { provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid },
          { provider: 'BLAND', apiKey: running.sandbox.bland.keys.revoked },
        ],
      }),
      [
        ['API_KEY_REJECTED', { status: 'VALID' }],
        ['API_KEY_REJECTED', { status: 'INVALID' }],
      ],
    ],
    [
      'nothing of a key for a version that has passed, because its provider is not asked',
      SET_CLIENT,
      () => ({
        clientId: HARBOR,
        verify: true,
        keys: key(running.sandbox.retell.keys.valid, { expectedVersion: 7 }),
      }),
      [],
    ],
    [
      'a key that its provider rejects',
      SET_CLIENT,
      () => ({ clientId: MAPLE, verify: true, keys: key(running.sandbox.retell.keys.revoked) }),
      [['API_KEY_REJECTED', { status: 'INVALID' }]],
    ],
    [
      'a clear',
      CLEAR_CLIENT,
      () => ({ clientId: HARBOR, providers: ['RETELL'] }),
      [['API_KEY_CLEARED', { clientId: HARBOR, keyVersion: 2 }]],
    ],
    [
      'a verification',
      VERIFY_CLIENT,
      () => ({ clientId: HARBOR, providers: ['RETELL'] }),
      [['API_KEY_VERIFIED', { status: 'VALID', keyVersion: 1 }]],
    ],
    [
      'a preview',
      PREVIEW,
      () => ({ clientId: MAPLE, provider: 'RETELL', apiKey: running.sandbox.retell.keys.valid }),
      [['API_KEY_PREVIEWED', { status: 'VALID' }]],
    ],
    [
      'a call',
      START_CALL,
      () => ({ agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' }),
      [['CALL_PLACED', { clientId: HARBOR, agentId: HARBOR_RETELL_AGENT, keyVersion: 1 }]],
    ],
    ['a client', CREATE_CLIENT, () => ({ name: 'New' }), [['CLIENT_CREATED', { name: 'New' }]]],
    [
      'a new name',
      RENAME_CLIENT,
      () => ({ clientId: MAPLE, name: ' Maple Homes ' }),
      [['CLIENT_RENAMED', { clientId: MAPLE, name: 'Maple Homes' }]],
    ],
    ['an archive', ARCHIVE, () => ({ clientId: MAPLE }), ['CLIENT_ARCHIVED']],
    [
      'an agent',
      CREATE_AGENT,
      () => ({ name: 'New', provider: 'RETELL', providerAgentId: 'agent_1' }),
      [['AGENT_CREATED', { name: 'New', clientId: null }]],
    ],
  ])('records %s', async (_what, query, input, expected) => {
    const found = await recorded(query, input());
    expect(found).toHaveLength(expected.length);
    expected.forEach((each, index) => {
      const [type, more] = typeof each === 'string' ? [each, {}] : each;
      expect(found[index]).toMatchObject({ type, ...more });
    });
  });

  test.each<[string, string, object]>([
    ['a malformed key', SET_CLIENT, { clientId: MAPLE, keys: key('••••••••0002') }],
    ['a conflict', SET_CLIENT, { clientId: HARBOR, keys: key('key_good_form_1', { expectedVersion: 7 }) }],
    ['a client that does not exist', CLEAR_CLIENT, { clientId: CEDAR, providers: ['RETELL'] }],
    ['the name that it has already', RENAME_CLIENT, { clientId: MAPLE, name: 'Maple Realty' }],
    ['an archive that changes nothing', RESTORE, { clientId: MAPLE }],
    ['a number that is none', START_CALL, { agentId: HARBOR_RETELL_AGENT, toNumber: '1' }],
  ])('has no event where nothing changed: %s', async (_what, query, input) => {
    expect(await recorded(query, input)).toEqual([]);
  });

  test('has one event for a call however often it is asked for', async () => {
    const input = { agentId: MAPLE_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'once' };
    expect((await recorded(START_CALL, input)).map(({ type }) => type)).toEqual(['CALL_PLACED']);
    expect(await recorded(START_CALL, input)).toEqual([]);
  });

  test('lets no change happen that it cannot record', async () => {
    const { database } = running.app;
    await database.write((tx) =>
      managerOf(tx).query('ALTER TABLE audit_events RENAME TO audit_events_elsewhere'),
    );
    const { errors, text } = await running.ask('agencyAdmin', CREATE_CLIENT, {
      input: { name: 'Unrecorded' },
    });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(text).not.toContain('audit');
    expect(await database.read.countBy(ClientRow, { name: 'Unrecorded' })).toBe(0);
    await database.write((tx) =>
      managerOf(tx).query('ALTER TABLE audit_events_elsewhere RENAME TO audit_events'),
    );
    await running.data(CREATE_CLIENT, { input: { name: 'Recorded' } });
    expect(await faults()).toEqual([]);
  });

  test('goes on from what is there after a change that was rolled back once it had been recorded', async () => {
    const { database, audit } = running.app;
    const operator = {
      kind: 'OPERATOR',
      id: null,
      name: 'x',
      agencyId: '01900000-0000-7000-8000-000000000001',
      origin: { requestId: 'x', sourceAddress: null },
    } as const;
    const rolledBack = database.write(async (tx) => {
      await audit.record(tx, operator, { type: 'CLIENT_ARCHIVED', clientId: HARBOR });
      throw new Error('too late');
    });
    await expect(rolledBack).rejects.toThrow('too late');
    await running.data(CREATE_CLIENT, { input: { name: 'Recorded' } });
    expect((await events()).slice(0, 2).map(({ sequence, type }) => [sequence, type])).toEqual([
      [7, 'CLIENT_CREATED'],
      [6, 'API_KEY_SET'],
    ]);
    expect(await faults()).toEqual([]);
  });

  test('is numbered without a gap and whole after fifty changes at once on two instances', async () => {
    const second = await running.another();
    const changes = Array.from({ length: 50 }, (_, index) =>
      (index % 2 === 0 ? running : second).data(
        CREATE_CLIENT,
        { input: { name: `Client ${index}` } },
        index % 5 === 0 ? 'otherAgencyAdmin' : 'agencyAdmin',
      ),
    );
    await Promise.all(changes);
    await second.close();
    expect((await events()).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 46 }, (_, index) => 46 - index),
    );
    expect(await faults()).toEqual([]);
  });

  test('is listed page by page, the newest first, by type, client, actor and time', async () => {
    await running.data(CREATE_CLIENT, { input: { name: 'One' } });
    const between = await moment();
    await running.data(SET_CLIENT, { input: { clientId: MAPLE, keys: key('key_good_form_1') } });
    const types = async (filter: object) => (await events(filter)).map(({ type }) => type);
    expect(await types({})).toEqual(['API_KEY_SET', 'CLIENT_CREATED', ...KEYS_OF_DEMO, 'AGENCY_CREATED']);
    expect(await types({ types: ['CLIENT_CREATED', 'AGENCY_CREATED'] })).toEqual([
      'CLIENT_CREATED',
      'AGENCY_CREATED',
    ]);
    expect(await types({ types: [] })).toEqual([]);
    expect(await types({ clientId: MAPLE })).toEqual(['API_KEY_SET']);
    expect(await types({ withoutClient: true, types: ['API_KEY_SET'] })).toEqual(
      Array.from({ length: 3 }, () => 'API_KEY_SET'),
    );
    expect(await types({ withoutClient: true, clientId: MAPLE })).toEqual([]);
    expect(await types({ since: between })).toEqual(['API_KEY_SET']);
    expect(await types({ until: between })).toEqual(['CLIENT_CREATED', ...KEYS_OF_DEMO, 'AGENCY_CREATED']);
    const [{ actorId } = { actorId: null }] = await events();
    expect(await types({ actorId })).toEqual(['API_KEY_SET', 'CLIENT_CREATED']);
    await running.chained();
    const page = async (after: string | null) =>
      (
        await running.data<{ auditEvents: { nodes: Event[]; pageInfo: { endCursor: string } } }>(EVENTS, {
          first: 2,
          after,
        })
      ).auditEvents;
    const first = await page(null);
    expect(
      [...first.nodes, ...(await page(first.pageInfo.endCursor)).nodes].map(({ sequence }) => sequence),
    ).toEqual([8, 7, 6, 5]);
  });

  test("shows nothing of another agency's", async () => {
    await running.data(CREATE_CLIENT, { input: { name: 'One' } });
    const others = (await events(null, 'otherAgencyAdmin')).map(({ type }) => type);
    expect(others).toEqual(['API_KEY_SET', 'AGENCY_CREATED']);
    expect(await events({ clientId: MAPLE }, 'otherAgencyAdmin')).toEqual([]);
  });

  test.each(['agencyMember', 'portalUser'] as const)('is refused to %s', async (persona) => {
    const { errors } = await running.ask(persona, EVENTS);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });

  test('has names of types of events that fit into their column', () => {
    expect(AUDIT_EVENT_TYPES.filter((type) => type.length > 48)).toEqual([]);
  });
});

describe('audit:verify', () => {
  const agencyId = '01900000-0000-7000-8000-000000000001';
  const OTHER_AGENCY = '01900000-0000-7000-8000-000000000002';
  const write = (work: string, ...parameters: unknown[]) =>
    running.app.database.write((tx) => managerOf(tx).query(work, parameters));

  beforeEach(async () => {
    for (const name of ['One', 'Two', 'Three', 'Four'])
      await running.data(CREATE_CLIENT, { input: { name } });
    expect(await faults()).toEqual([]);
  });

  test.each(['type', 'actorName', 'actorId', 'clientId', 'details', 'requestId', 'sourceAddress', 'hash'])(
    'finds an altered %s',
    async (column) => {
      await write(`UPDATE audit_events SET ${column} = 'x' WHERE agencyId = ? AND sequence = 8`, agencyId);
      expect((await faults())[0]).toBe('event 8 is not as it was written');
    },
  );

  test('finds an altered time', async () => {
    await running.app.database.write((tx) =>
      tx.update(AuditEventRow, { agencyId, sequence: 8 }, { at: new Date(0) }),
    );
    expect(await faults()).toEqual(['event 8 is not as it was written']);
  });

  test('finds a removed event', async () => {
    await write('DELETE FROM audit_events WHERE agencyId = ? AND sequence = 7', agencyId);
    expect((await faults())[0]).toBe('events 7 to 7 are missing');
  });

  test('finds an event removed from the end, also when the end on record is removed with it', async () => {
    await write('DELETE FROM audit_events WHERE agencyId = ? AND sequence = 10', agencyId);
    expect(await faults()).toEqual(['the chain does not reach event 10, which is on record as its end']);
    await write('DELETE FROM audit_heads WHERE id = ?', agencyId);
    expect(await faults()).toEqual(['the end of the chain is not on record']);
  });

  test('finds that an earlier event was made the end', async () => {
    await write('DELETE FROM audit_events WHERE agencyId = ? AND sequence = 10', agencyId);
    await write(
      'UPDATE audit_heads SET sequence = 9, hash = (SELECT hash FROM audit_events WHERE agencyId = ? AND sequence = 9) WHERE id = ?',
      agencyId,
      agencyId,
    );
    expect(await faults()).toEqual(['the end of the chain is not as it was written']);
  });

  test('finds that everything was removed', async () => {
    await write('DELETE FROM audit_events WHERE agencyId = ?', agencyId);
    await running.app.database.write((tx) => tx.delete(AuditHeadRow, { id: agencyId }));
    expect((await faults())[0]).toBe('there is not one event');
  });

  test('finds two events that were exchanged', async () => {
    for (const [from, to] of [
      [7, 99],
      [8, 7],
      [99, 8],
    ])
      await write(
        'UPDATE audit_events SET sequence = ? WHERE agencyId = ? AND sequence = ?',
        to,
        agencyId,
        from,
      );
    expect(await faults()).toEqual([
      'event 7 is not as it was written',
      'event 8 is not as it was written',
      'event 9 is not as it was written',
    ]);
  });

  test.each([-1, 0, -2_147_483_648])(
    'finds an event that was put before the first, with the number %d',
    async (sequence) => {
      const first = await running.app.database.read.findOneByOrFail(AuditEventRow, { agencyId, sequence: 1 });
      await running.app.database.write((tx) =>
        tx.insert(AuditEventRow, { ...first, id: NEVER_GIVEN_OUT, sequence, actorName: 'Made up' }),
      );
      expect((await events()).map(({ actorName }) => actorName)).toContain('Made up');
      expect(await faults()).toEqual([`event ${sequence} was never written: the first is 1`]);
    },
  );

  // MariaDB refuses what is no time.
  const onSqlite = process.env.TEST_DATABASE_SERVER
    ? []
    : ['x', '', '2026-99-99 00:00:00.000', '+999999-01-01'];
  test.each(['0000-00-00 00:00:00.000', ...onSqlite])(
    'finds a time that is not a time, %j, and verifies the other agencies all the same',
    async (time) => {
      if (process.env.TEST_DATABASE_SERVER)
        await write(
          `SET STATEMENT sql_mode = '' FOR UPDATE audit_events SET at = ? WHERE agencyId = ? AND sequence = 8`,
          time,
          agencyId,
        );
      else await write('UPDATE audit_events SET at = ? WHERE agencyId = ? AND sequence = 8', time, agencyId);
      expect((await reports()).map((report) => report.faults)).toEqual([
        ['event 8 is not as it was written'],
        [],
      ]);
    },
  );

  test('finds events of an agency that is gone, or that never was', async () => {
    await write(
      'UPDATE audit_events SET agencyId = ? WHERE agencyId = ? AND sequence = 1',
      NEVER_GIVEN_OUT,
      OTHER_AGENCY,
    );
    expect((await reports()).filter((report) => report.agencyId === NEVER_GIVEN_OUT)).toMatchObject([
      {
        events: 1,
        faults: [
          'the agency is gone',
          'event 1 is not as it was written',
          'the end of the chain is not on record',
        ],
      },
    ]);
    for (const id of [NEVER_GIVEN_OUT, OTHER_AGENCY]) {
      await write('DELETE FROM audit_events WHERE agencyId = ?', id);
      await write('DELETE FROM api_keys WHERE agencyId = ?', id);
    }
    await write('UPDATE audit_heads SET id = ? WHERE id = ?', NEVER_GIVEN_OUT, OTHER_AGENCY);
    expect((await reports()).map((report) => report.agencyId)).toEqual([
      agencyId,
      OTHER_AGENCY,
      NEVER_GIVEN_OUT,
    ]);
    expect(await faults()).toEqual([
      'there is not one event',
      'the agency is gone',
      'the end of the chain is not as it was written',
    ]);
  });

  test('finds with an earlier printout that the end was cut off and an old one put back', async () => {
    const head = await running.app.database.read.findOneByOrFail(AuditHeadRow, { id: agencyId });
    await running.data(CREATE_CLIENT, { input: { name: 'To be forgotten' } });
    const earlier = readPrintout((await reports()).flatMap(printed).join('\n'));
    expect(await faults(earlier)).toEqual([]);
    await write('DELETE FROM audit_events WHERE agencyId = ? AND sequence = 11', agencyId);
    await running.app.database.write((tx) => tx.update(AuditHeadRow, { id: agencyId }, head));
    expect(await faults()).toEqual([]);
    expect(await faults(earlier)).toEqual(['event 11, which stood in the earlier printout, is gone']);
    await running.data(CREATE_CLIENT, { input: { name: 'Something else' } });
    expect(await faults()).toEqual([]);
    expect(await faults(earlier)).toEqual(['event 11 is not the one that stood in the earlier printout']);
  });

  test('finds with an earlier printout that an agency is gone with all that it did', async () => {
    const earlier = readPrintout(
      `agency ${NEVER_GIVEN_OUT}: 2 events, all as they were written; the last is 2 ${'a'.repeat(64)}`,
    );
    expect(await faults(earlier)).toEqual([
      'the agency is gone',
      'there is not one event',
      'event 2, which stood in the earlier printout, is gone',
    ]);
  });

  test('accepts an earlier printout in which there were faults, and events that were added since', async () => {
    const earlier = readPrintout(
      (await reports())
        .map((report) => printed({ ...report, faults: ['something'] }).join('\r\n'))
        .join('\r\n'),
    );
    expect(earlier.size).toBe(2);
    await running.data(CREATE_CLIENT, { input: { name: 'Five' } });
    expect(await faults(earlier)).toEqual([]);
  });

  test('finds nothing in the agencies that were left alone', async () => {
    await write("UPDATE audit_events SET actorName = 'x' WHERE agencyId = ?", agencyId);
    expect((await reports()).filter((report) => report.faults.length === 0)).toHaveLength(1);
  });
});
