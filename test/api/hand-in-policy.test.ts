import { PORTAL_PERMISSIONS, type PortalPermission } from '../../src/access/portal-permissions';
import { KeyHandInRow } from '../../src/intake/key-hand-in.entity';
import { PersonRow } from '../../src/people/person.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { ARCHIVED_CLIENT, HARBOR, NEVER_GIVEN_OUT } from '../demo-ids';
import { ALL_HAND_INS, errorCodes, handInSteps } from '../hand-ins';
import { startTestApp, type TestApp } from '../harness';
import {
  ACCEPT_HAND_IN,
  codes,
  HAND_IN,
  PREVIEW_HAND_IN,
  REFUSE_HAND_IN,
  SET_HAND_IN_POLICY,
} from '../operations';

const FINN = '01900000-0000-7000-8000-000000000304';

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const { run, bland, handedIn, acceptValid, row, blandKey, source, events } = handInSteps(() => running);

describe('when the agency chose that valid keys count at once,', () => {
  test('a key that the provider says is valid is set, in the name of the portal user', async () => {
    expect(codes(await acceptValid())).toEqual([]);
    expect((await handedIn()).status).toBe('ACCEPTED');
    expect(await source()).toBe('CLIENT');
    expect(await blandKey()).toMatchObject({ status: 'VALID', version: 1 });
    expect((await events()).slice(0, 4)).toMatchObject([
      { type: 'HAND_IN_ACCEPTED', actorName: 'Dr. Hana Harbor' },
      { type: 'API_KEY_SET', actorName: 'Dr. Hana Harbor' },
      { type: 'HAND_IN_VERIFIED' },
      { type: 'HAND_IN_RECEIVED' },
    ]);
  });

  test.each(['revoked', 'restricted', 'rateLimited', 'outOfFunds'] as const)(
    'a key that is %s waits for an admin',
    async (name) => {
      await acceptValid();
      expect((await handedIn(bland()[name])).status).toBe('PENDING');
      expect(await source()).toBe('AGENCY');
    },
  );

  test('no provider is asked any more after ten keys of a day that were not valid: the next one waits for an admin', async () => {
    await acceptValid();
    await Promise.all(Array.from({ length: 5 }, () => handedIn(bland().revoked)));
    for (let count = 0; count < 5; count += 1) await handedIn(bland().outOfFunds);
    const asked = running.sandbox.bland.requests.length;
    const waiting = await handedIn();
    expect(waiting.status).toBe('PENDING');
    expect((await row(waiting.id)).keyStatus).toBe('UNVERIFIED');
    expect(running.sandbox.bland.requests).toHaveLength(asked);
    expect(await source()).toBe('AGENCY');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    await running.app.database.write((tx) =>
      tx.update(KeyHandInRow, { clientId: HARBOR }, { createdAt: yesterday }),
    );
    expect((await handedIn()).status).toBe('ACCEPTED');
  });

  test('a provider that is down accepts nothing', async () => {
    await acceptValid();
    await running.sandbox.close();
    expect((await handedIn()).status).toBe('PENDING');
    expect(await source()).toBe('AGENCY');
  });

  test('the choice holds for this client from then on, and can be taken back', async () => {
    const before = await handedIn();
    await acceptValid();
    expect((await row(before.id)).status).toBe('PENDING');
    await acceptValid(false);
    expect((await handedIn()).status).toBe('PENDING');
    expect((await events()).filter(({ type }) => type === 'HAND_IN_POLICY_CHANGED')).toMatchObject([
      { acceptsValidHandIns: false },
      { acceptsValidHandIns: true },
    ]);
    await acceptValid(false);
    expect((await events()).filter(({ type }) => type === 'HAND_IN_POLICY_CHANGED')).toHaveLength(2);
  });
});

describe('of handing in keys,', () => {
  const permit = (...permissions: PortalPermission[]) =>
    running.app.database.write((tx) => tx.update(PersonRow, { id: FINN }, { permissions }));
  const input = { provider: 'BLAND', apiKey: 'a_key_0123456789' };

  test.each(PORTAL_PERMISSIONS.filter((name) => name !== 'MANAGE_INTEGRATIONS'))(
    'a portal user with %s alone may do nothing',
    async (name) => {
      await permit(name);
      expect(errorCodes(await running.ask('portalUserNoPermissions', HAND_IN, { input }))).toEqual([
        'FORBIDDEN handInApiKey',
      ]);
      expect(errorCodes(await running.ask('portalUserNoPermissions', ALL_HAND_INS))).toEqual(
        name === 'VIEW_INTEGRATIONS' ? [] : ['FORBIDDEN keyHandIns'],
      );
    },
  );

  test.each(['agencyAdmin', 'agencyMember', 'otherAgencyAdmin'] as const)(
    '%s may do nothing, having no client',
    async (persona) => {
      expect(errorCodes(await running.ask(persona, HAND_IN, { input }))).toEqual(['FORBIDDEN handInApiKey']);
    },
  );

  test('a member of the agency may not see what was handed in', async () => {
    expect(errorCodes(await running.ask('agencyMember', ALL_HAND_INS))).toEqual(['FORBIDDEN keyHandIns']);
  });

  test.each([
    ['previewKeyHandIn', PREVIEW_HAND_IN, {}],
    ['acceptKeyHandIn', ACCEPT_HAND_IN, {}],
    ['refuseKeyHandIn', REFUSE_HAND_IN, { reason: 'No.' }],
  ])(
    'members and portal users may not %s, and for another agency there is nothing to decide on',
    async (field, query, more) => {
      const { id } = await handedIn();
      for (const persona of ['agencyMember', 'portalUser'] as const) {
        expect(
          errorCodes(await running.ask(persona, query, { input: { keyHandInId: id, ...more } })),
        ).toEqual([`FORBIDDEN ${field}`]);
      }
      for (const keyHandInId of [id, NEVER_GIVEN_OUT, 'x', id.toUpperCase()]) {
        expect(codes(await run(query, { keyHandInId, ...more }, 'otherAgencyAdmin'))).toEqual([
          'NOT_FOUND input.keyHandInId',
        ]);
      }
      expect((await row(id)).status).toBe('PENDING');
    },
  );

  test('nobody may choose for the clients of another agency', async () => {
    for (const clientId of [HARBOR, NEVER_GIVEN_OUT]) {
      expect(
        codes(await run(SET_HAND_IN_POLICY, { clientId, acceptsValidHandIns: true }, 'otherAgencyAdmin')),
      ).toEqual(['NOT_FOUND input.clientId']);
    }
    for (const persona of ['agencyMember', 'portalUser'] as const) {
      expect(
        errorCodes(
          await running.ask(persona, SET_HAND_IN_POLICY, {
            input: { clientId: HARBOR, acceptsValidHandIns: true },
          }),
        ),
      ).toEqual(['FORBIDDEN setHandInPolicy']);
    }
  });

  test('a portal user may see those of its own client alone', async () => {
    await handedIn();
    await running.app.database.write((tx) =>
      tx.update(PersonRow, { id: FINN }, { clientId: ARCHIVED_CLIENT, permissions: ['VIEW_INTEGRATIONS'] }),
    );
    expect(await running.data(ALL_HAND_INS, {}, 'portalUserNoPermissions')).toEqual({
      keyHandIns: { nodes: [] },
    });
    expect(
      await running.data(
        'query ($id: ID) { keyHandIns(clientId: $id) { totalCount } }',
        { id: HARBOR },
        'portalUserNoPermissions',
      ),
    ).toEqual({ keyHandIns: { totalCount: 0 } });
    expect(await running.data('{ keyHandIns { totalCount } }', {}, 'otherAgencyAdmin')).toEqual({
      keyHandIns: { totalCount: 0 },
    });
  });
});

test('the audit trail holds no key after all of it', async () => {
  await acceptValid();
  const keys = [bland().secondAccount, bland().revoked];
  for (const key of keys) await handedIn(key);
  const rows = await running.app.database.read.find(AuditEventRow);
  expect(rows.length).toBeGreaterThan(5);
  for (const key of keys) expect(JSON.stringify(rows)).not.toContain(key);
});
