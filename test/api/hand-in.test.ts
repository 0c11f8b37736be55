import { AuditTrail } from '../../src/audit/audit-trail';
import { KeyHandInRow } from '../../src/intake/key-hand-in.entity';
import { HARBOR, HARBOR_BLAND_AGENT, MAPLE } from '../demo-ids';
import { ALL_HAND_INS, errorCodes, handInSteps, type HandIn } from '../hand-ins';
import { post, startTestApp, type TestApp } from '../harness';
import {
  ACCEPT_HAND_IN,
  ARCHIVE,
  CLEAR_CLIENT,
  CLIENT_KEYS,
  codes,
  HAND_IN,
  PENDING_HAND_INS,
  PREVIEW_HAND_IN,
  REFUSE_HAND_IN,
  SET_CLIENT,
  START_CALL,
  type UserErrors,
} from '../operations';

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const { run, bland, handIn, handedIn, accept, refuse, row, blandKey, source, events, types, elapse } =
  handInSteps(() => running);

/** Another admin of the agency. */
async function byAnother(query: string, input: object): Promise<UserErrors> {
  const { createServiceToken } = await running.data<{ createServiceToken: { token: string } }>(
    'mutation { createServiceToken(input: { name: "CRM", role: AGENCY_ADMIN }) { token } }',
  );
  const { data } = await post(running.url, createServiceToken.token, { query, variables: { input } });
  return Object.values(data as Record<string, UserErrors>)[0] as UserErrors;
}

describe('a key that is handed in', () => {
  test('changes nothing until an admin accepts it: then the very next call uses it', async () => {
    const { id, status } = await handedIn();
    expect(status).toBe('PENDING');
    expect(await source()).toBe('AGENCY');
    const { keyHandIn, apiKey, userErrors } = await accept(id);
    expect(userErrors).toEqual([]);
    expect(keyHandIn).toMatchObject({
      status: 'ACCEPTED',
      decidedByName: 'Ada Brightline',
      decidedAt: expect.any(String) as string,
    });
    expect(apiKey).toMatchObject({
      provider: 'BLAND',
      status: 'VALID',
      version: 1,
      lastVerifiedAt: expect.any(String) as string,
    });
    expect(await source()).toBe('CLIENT');
    const { startTestCall } = await running.data<{ startTestCall: { call: object } }>(START_CALL, {
      input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123', idempotencyKey: 'handed-in' },
    });
    expect(startTestCall.call).toMatchObject({ keySource: 'CLIENT', keyVersion: 1 });
  });

  test('is shown to no portal user, not even as a mask, and to admins as a mask with what the provider said', async () => {
    await handedIn();
    const hidden = [
      'region',
      'maskedKey',
      'keyStatus',
      'verifiedAt',
      'handedInByKind',
      'handedInByName',
      'decidedByName',
    ];
    const asPortalUser = await running.ask(
      'portalUser',
      `{ keyHandIns { nodes { provider status ${hidden.join(' ')} } } }`,
    );
    expect(asPortalUser.data).toEqual({
      keyHandIns: {
        nodes: [
          {
            provider: 'BLAND',
            status: 'PENDING',
            ...Object.fromEntries(hidden.map((field) => [field, null])),
          },
        ],
      },
    });
    expect(errorCodes(asPortalUser).sort()).toEqual(
      hidden.map((field) => `FORBIDDEN keyHandIns.nodes.0.${field}`).sort(),
    );
    expect(await running.data(PENDING_HAND_INS)).toMatchObject({
      keyHandIns: {
        totalCount: 1,
        nodes: [
          {
            maskedKey: `••••••••${bland().secondAccount.slice(-4)}`,
            keyStatus: 'VALID',
            region: 'US',
            handedInByKind: 'PERSON',
            handedInByName: 'Dr. Hana Harbor',
            client: { name: 'Harbor Dental' },
          },
        ],
      },
    });
  });

  test('is sealed at once, bound to its client, and destroyed with the decision', async () => {
    const { id } = await handedIn();
    const pending = await row(id);
    expect(pending.sealed).toMatch(/^lk2\.test\./);
    expect(JSON.stringify(pending)).not.toContain(bland().secondAccount);
    await running.app.database.write((tx) => tx.update(KeyHandInRow, { id }, { clientId: MAPLE }));
    expect(codes(await accept(id))).toEqual(['KEY_UNREADABLE input.keyHandInId']);
    await running.app.database.write((tx) => tx.update(KeyHandInRow, { id }, { clientId: HARBOR }));
    expect(codes(await accept(id))).toEqual([]);
    expect(await row(id)).toMatchObject({ sealed: null, masterKey: null, pendingFor: null });
  });

  test('is refused with a reason that the portal user reads', async () => {
    const { id } = await handedIn();
    expect(codes(await refuse(id))).toEqual([]);
    expect(await row(id)).toMatchObject({ status: 'REFUSED', sealed: null, masterKey: null });
    const seen = await running.data(ALL_HAND_INS, {}, 'portalUser');
    expect(seen).toEqual({
      keyHandIns: { nodes: [{ id, status: 'REFUSED', reason: 'Not the account that we agreed on.' }] },
    });
    const { auditEvents } = await running.data<{ auditEvents: object }>(
      '{ auditEvents(first: 1) { nodes { type keyHandInId reason } } }',
    );
    expect(auditEvents).toEqual({
      nodes: [{ type: 'HAND_IN_REFUSED', keyHandInId: id, reason: 'Not the account that we agreed on.' }],
    });
    expect(await blandKey()).toMatchObject({ isSet: false, version: 0 });
  });

  test.each([
    ['', 'REQUIRED input.reason'],
    ['  ', 'REQUIRED input.reason'],
    ['x'.repeat(501), 'TOO_LONG input.reason'],
    ['\u0000', 'INVALID_FORMAT input.reason'],
  ])('is not refused for the reason %j', async (reason, code) => {
    const { id } = await handedIn();
    expect(codes(await refuse(id, reason))).toEqual([code]);
    expect((await row(id)).status).toBe('PENDING');
  });

  test('replaces one that is pending for the same provider, whose secret is destroyed, and none for another', async () => {
    const first = await handedIn();
    const other = await run(
      HAND_IN,
      { provider: 'VAPI', apiKey: running.sandbox.vapi.keys.secondAccount },
      'portalUser',
    );
    const second = await handedIn(bland().valid);
    const { keyHandIns } = await running.data<{ keyHandIns: { nodes: HandIn[] } }>(
      ALL_HAND_INS,
      {},
      'portalUser',
    );
    expect(keyHandIns.nodes.map(({ id, status }) => [id, status])).toEqual([
      [second.id, 'PENDING'],
      [other.keyHandIn?.id, 'PENDING'],
      [first.id, 'REPLACED'],
    ]);
    expect((await row(first.id)).sealed).toBeNull();
    expect(codes(await accept(first.id))).toEqual(['ALREADY_DECIDED input.keyHandInId']);
    expect(await types(3)).toEqual(['HAND_IN_VERIFIED', 'HAND_IN_RECEIVED', 'HAND_IN_REPLACED']);
  });

  test('leaves one pending when many come at the same time', async () => {
    const another = await running.another();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        run(
          HAND_IN,
          { provider: 'BLAND', apiKey: `org_key_number_${index}_abcdef` },
          'portalUser',
          index % 2 ? running : another,
        ),
      ),
    );
    await another.close();
    expect(answers.flatMap(codes)).toEqual([]);
    expect(await running.data(PENDING_HAND_INS)).toMatchObject({ keyHandIns: { totalCount: 1 } });
    const rows = await running.app.database.read.find(KeyHandInRow);
    expect(
      rows.map(({ status, sealed }) => `${status} ${sealed === null ? 'destroyed' : 'sealed'}`).sort(),
    ).toEqual(['PENDING sealed', ...Array.from({ length: 11 }, () => 'REPLACED destroyed')]);
  });

  test('is accepted or refused once, whoever of two admins is faster', async () => {
    const { id } = await handedIn();
    const another = await running.another();
    const answers = await Promise.all([
      accept(id),
      refuse(id),
      run(ACCEPT_HAND_IN, { keyHandInId: id }, 'agencyAdmin', another),
      run(REFUSE_HAND_IN, { keyHandInId: id, reason: 'No.' }, 'agencyAdmin', another),
    ]);
    await another.close();
    const { status, reason } = await row(id);
    const made = [
      'ACCEPTED',
      reason === 'No.' ? null : 'REFUSED',
      'ACCEPTED',
      reason === 'No.' ? 'REFUSED' : null,
    ];
    expect(answers.map((answer) => codes(answer))).toEqual(
      made.map((decision) => (decision === status ? [] : ['ALREADY_DECIDED input.keyHandInId'])),
    );
    expect((await types(10)).filter((type) => /ACCEPTED|REFUSED/.test(type))).toEqual([`HAND_IN_${status}`]);
    expect(await blandKey()).toMatchObject({ isSet: status === 'ACCEPTED' });
  });

  test('is accepted once by who asks again, e.g. because the answer was lost, and is then shown as it is', async () => {
    const { id } = await handedIn();
    const first = await accept(id, { expectedVersion: 0 });
    expect(await accept(id, { expectedVersion: 0 })).toEqual(first);
    expect(await types(2)).toEqual(['HAND_IN_ACCEPTED', 'API_KEY_SET']);
    expect(codes(await refuse(id))).toEqual(['ALREADY_DECIDED input.keyHandInId']);
    expect(codes(await byAnother(ACCEPT_HAND_IN, { keyHandInId: id }))).toEqual([
      'ALREADY_DECIDED input.keyHandInId',
    ]);
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['BLAND'] } });
    expect((await accept(id)).apiKey).toMatchObject({ maskedKey: null, version: 2 });
    expect(await source()).toBe('AGENCY');
  });

  test('is refused once by who asks again for the same reason', async () => {
    const { id } = await handedIn();
    const first = await refuse(id);
    expect(await refuse(id)).toEqual(first);
    expect(await types(1)).toEqual(['HAND_IN_REFUSED']);
    const again = { keyHandInId: id, reason: 'Not the account that we agreed on.' };
    for (const answer of [await refuse(id, 'No.'), await accept(id), await byAnother(REFUSE_HAND_IN, again)])
      expect(codes(answer)).toEqual(['ALREADY_DECIDED input.keyHandInId']);
  });

  test('is not accepted over a version of the key that the admin has not seen', async () => {
    const { id } = await handedIn();
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: bland().valid }] },
    });
    expect(codes(await accept(id, { expectedVersion: 0 }))).toEqual([
      'VERSION_CONFLICT input.expectedVersion',
    ]);
    expect((await row(id)).status).toBe('PENDING');
    expect((await accept(id, { expectedVersion: 1 })).apiKey).toMatchObject({ version: 2 });
  });

  test('expires: it is neither accepted nor refused any more, and is destroyed by the next round', async () => {
    const { id, createdAt, expiresAt } = await handedIn();
    expect(Date.parse(expiresAt as string) - Date.parse(createdAt as string)).toBe(14 * 24 * 60 * 60 * 1000);
    await elapse(id);
    expect(await running.data(ALL_HAND_INS, {}, 'portalUser')).toMatchObject({
      keyHandIns: { nodes: [{ id, status: 'EXPIRED' }] },
    });
    expect(await running.data(PENDING_HAND_INS)).toMatchObject({ keyHandIns: { totalCount: 0 } });
    expect(await running.data('{ keyHandIns(status: EXPIRED) { totalCount } }')).toEqual({
      keyHandIns: { totalCount: 1 },
    });
    expect(codes(await accept(id))).toEqual(['ALREADY_DECIDED input.keyHandInId']);
    expect(codes(await refuse(id))).toEqual(['ALREADY_DECIDED input.keyHandInId']);
    // The round at the start of an instance.
    const another = await running.another();
    await another.close();
    expect(await row(id)).toMatchObject({
      status: 'EXPIRED',
      sealed: null,
      masterKey: null,
      pendingFor: null,
    });
    expect((await events())[0]).toMatchObject({
      type: 'HAND_IN_EXPIRED',
      actorKind: 'SYSTEM',
      clientId: HARBOR,
      keyHandInId: id,
    });
  });

  test('that cannot be destroyed does not stop the start: the log tells of it, and the others are destroyed', async () => {
    const broken = await handedIn();
    await run(HAND_IN, { provider: 'VAPI', apiKey: running.sandbox.vapi.keys.secondAccount }, 'portalUser');
    await running.app.database.write((tx) =>
      tx.update(KeyHandInRow, { clientId: HARBOR }, { expiresAt: new Date(Date.now() - 1) }),
    );
    const record = jest
      .spyOn(AuditTrail.prototype, 'record')
      .mockRejectedValueOnce(new Error('the disk is full'));
    const another = await running.another();
    record.mockRestore();
    expect(another.logs.filter((line) => line.includes('the disk is full'))).toHaveLength(1);
    await another.close();
    const rows = await running.app.database.read.find(KeyHandInRow, { order: { id: 'ASC' } });
    expect(rows.map(({ id, status }) => [id === broken.id, status])).toEqual([
      [true, 'PENDING'],
      [false, 'EXPIRED'],
    ]);
  });

  test('that is expired makes room for a new one', async () => {
    const { id } = await handedIn();
    await elapse(id);
    expect((await handedIn(bland().valid)).status).toBe('PENDING');
    expect(await row(id)).toMatchObject({ status: 'EXPIRED', sealed: null });
    expect((await types(3)).at(-1)).toBe('HAND_IN_EXPIRED');
  });

  test('can be previewed, with what the provider says, which agents it lacks and who else uses it', async () => {
    const { id } = await handedIn(bland().valid);
    const preview = (
      await running.data<Record<string, unknown>>(PREVIEW_HAND_IN, { input: { keyHandInId: id } })
    ).previewKeyHandIn;
    expect(preview).toEqual({
      preview: {
        status: 'VALID',
        sourceBefore: 'AGENCY',
        sourceAfter: 'CLIENT',
        affectedAgents: [{ id: HARBOR_BLAND_AGENT }],
        agentsMissingInAccount: [],
      },
      warnings: [{ code: 'DUPLICATE_KEY', sharedWithAgency: true }],
      userErrors: [],
    });
    expect((await events())[0]).toMatchObject({
      type: 'API_KEY_PREVIEWED',
      clientId: HARBOR,
      provider: 'BLAND',
    });
    expect((await row(id)).status).toBe('PENDING');
  });

  test('is kept when its provider rejects it or is down: the admin sees what it said', async () => {
    expect((await handedIn(bland().revoked)).status).toBe('PENDING');
    expect(await running.data(PENDING_HAND_INS)).toMatchObject({
      keyHandIns: { nodes: [{ keyStatus: 'INVALID' }] },
    });
    await running.sandbox.close();
    expect((await handedIn()).status).toBe('PENDING');
    expect(await running.data(PENDING_HAND_INS)).toMatchObject({
      keyHandIns: { nodes: [{ keyStatus: 'UNREACHABLE' }] },
    });
    const [{ id } = { id: '' }] = (await running.data<{ keyHandIns: { nodes: HandIn[] } }>(PENDING_HAND_INS))
      .keyHandIns.nodes;
    // What was not found valid is set as what it is: unverified.
    expect((await accept(id)).apiKey).toMatchObject({ status: 'UNVERIFIED', lastVerifiedAt: null });
  });

  test.each([
    ['revoked', 'INVALID', 'KEY_INVALID'],
    ['restricted', 'INSUFFICIENT_PERMISSIONS', 'INSUFFICIENT_PERMISSIONS'],
    ['outOfFunds', 'OUT_OF_FUNDS', 'OUT_OF_FUNDS'],
  ] as const)(
    'that was found to be %s keeps what the provider said when it is accepted all the same',
    async (name, status, code) => {
      const { id } = await handedIn(bland()[name]);
      const { verifiedAt } = await row(id);
      expect((await accept(id)).apiKey).toMatchObject({ status, lastVerifiedAt: verifiedAt?.toISOString() });
      const { client } = await running.data<{ client: { apiKeys: object[] } }>(CLIENT_KEYS, { id: HARBOR });
      expect(client.apiKeys).toContainEqual(
        expect.objectContaining({ provider: 'BLAND', status, lastError: { code } }),
      );
      expect((await events())[1]).toMatchObject({ type: 'API_KEY_SET', status });
    },
  );

  test.each([
    ['', 'REQUIRED input.apiKey'],
    ['short', 'TOO_SHORT input.apiKey'],
    ['••••••••0002', 'LOOKS_MASKED input.apiKey'],
    ['x'.repeat(513), 'TOO_LONG input.apiKey'],
    ['key with spaces in it', 'INVALID_FORMAT input.apiKey'],
    [17, 'INVALID_FORMAT input.apiKey'],
  ])('is refused as %j, and leaves the one that is pending alone', async (apiKey, code) => {
    const { id } = await handedIn();
    const answer = await run(HAND_IN, { provider: 'BLAND', apiKey }, 'portalUser');
    expect(codes(answer)).toEqual([code]);
    expect((await row(id)).status).toBe('PENDING');
  });

  test('is refused in a region that the provider does not have', async () => {
    expect(codes(await handIn(bland().valid, { region: 'EU' }))).toEqual(['INVALID_FORMAT input.region']);
  });

  test('is refused for an archived client', async () => {
    await running.data(ARCHIVE, { input: { clientId: HARBOR } });
    expect(codes(await handIn(bland().valid))).toEqual(['CLIENT_ARCHIVED ']);
    expect(await running.app.database.read.count(KeyHandInRow)).toBe(0);
  });

  test('is answered together with the one that it replaces, so that caches learn of both', async () => {
    const query = `mutation ($input: HandInApiKeyInput!) { handInApiKey(input: $input) {
      keyHandIn { id status } replaced { id status } } }`;
    const send = async (apiKey: string) =>
      (
        await running.data<{ handInApiKey: { keyHandIn: { id: string }; replaced: object | null } }>(
          query,
          { input: { provider: 'BLAND', apiKey } },
          'portalUser',
        )
      ).handInApiKey;
    const first = await send(bland().valid);
    expect(first).toMatchObject({ keyHandIn: { status: 'PENDING' }, replaced: null });
    expect((await send(bland().secondAccount)).replaced).toEqual({
      id: first.keyHandIn.id,
      status: 'REPLACED',
    });
  });

  test('says of an archived client that no keys are taken for it', async () => {
    await running.data(ARCHIVE, { input: { clientId: HARBOR } });
    const query =
      'mutation ($input: HandInApiKeyInput!) { handInApiKey(input: $input) { userErrors { message } } }';
    const input = { provider: 'BLAND', apiKey: bland().valid };
    expect(await running.data(query, { input }, 'portalUser')).toEqual({
      handInApiKey: { userErrors: [{ message: expect.stringContaining('no keys are taken') as string }] },
    });
  });

  test('leaves events that tell who did it and for whom, with a mask at most', async () => {
    const { id } = await handedIn();
    await accept(id);
    const mask = `••••••••${bland().secondAccount.slice(-4)}`;
    expect((await events()).slice(0, 4)).toMatchObject([
      { type: 'HAND_IN_ACCEPTED', actorName: 'Ada Brightline', keyHandInId: id },
      { type: 'API_KEY_SET', actorName: 'Ada Brightline', maskedKey: mask, clientId: HARBOR },
      { type: 'HAND_IN_VERIFIED', actorName: 'Dr. Hana Harbor', status: 'VALID', keyHandInId: id },
      { type: 'HAND_IN_RECEIVED', actorName: 'Dr. Hana Harbor', maskedKey: mask, provider: 'BLAND' },
    ]);
  });

  test('whose event cannot be written is not stored', async () => {
    const { id } = await handedIn();
    const record = jest.spyOn(running.app.audit, 'record').mockRejectedValue(new Error('the disk is full'));
    expect(
      errorCodes(await running.ask('agencyAdmin', ACCEPT_HAND_IN, { input: { keyHandInId: id } })),
    ).toEqual(['INTERNAL_SERVER_ERROR acceptKeyHandIn']);
    expect(
      errorCodes(
        await running.ask('portalUser', HAND_IN, { input: { provider: 'VAPI', apiKey: 'a_key_0123456789' } }),
      ),
    ).toEqual(['INTERNAL_SERVER_ERROR handInApiKey']);
    record.mockRestore();
    expect(await running.app.database.read.count(KeyHandInRow)).toBe(1);
    expect((await row(id)).status).toBe('PENDING');
    expect(await blandKey()).toMatchObject({ isSet: false, version: 0 });
  });
});
