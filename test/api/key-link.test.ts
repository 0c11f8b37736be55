import { AgencyRow } from '../../src/agencies/agency.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { DatabaseUnavailable } from '../../src/database/database-errors';
import { KeyLinkRow } from '../../src/intake/key-link.entity';
import { KeyCheckService } from '../../src/keys/checks/key-check.service';
import { ARCHIVED_CLIENT, CEDAR, HARBOR, NEVER_GIVEN_OUT } from '../demo-ids';
import { errorCodes, handInSteps } from '../hand-ins';
import { startTestApp, type TestApp } from '../harness';
import {
  ARCHIVE,
  codes,
  CREATE_KEY_LINK,
  PENDING_HAND_INS,
  REVOKE_KEY_LINK,
  type UserErrors,
} from '../operations';

const LINKS = '{ keyLinks { nodes { id status failedCodes refusedKeys usedAt client { name } } } }';

interface NewLink extends UserErrors {
  readonly keyLink: { readonly id: string; readonly expiresAt: string } | null;
  readonly url: string;
  readonly code: string;
}

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

const { run, bland, accept, acceptValid, source, events, types } = handInSteps(() => running);

const create = async (more: object = {}, as: 'agencyAdmin' | 'otherAgencyAdmin' = 'agencyAdmin') =>
  (await run(CREATE_KEY_LINK, { clientId: HARBOR, provider: 'BLAND', ...more }, as)) as unknown as NewLink;
const fill = (url: string, fields: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
const status = async () =>
  (await running.data<{ keyLinks: { nodes: { status: string }[] } }>(LINKS)).keyLinks.nodes[0]?.status;
const pending = async () =>
  (
    await running.data<{ keyHandIns: { nodes: { id: string; [field: string]: unknown }[] } }>(
      PENDING_HAND_INS,
    )
  ).keyHandIns.nodes;
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const elapse = (id: string) =>
  running.app.database.write((tx) => tx.update(KeyLinkRow, { id }, { expiresAt: new Date(Date.now() - 1) }));

describe('a one-time link', () => {
  test('takes a key from someone with no login: verified, sealed, pending like every key that is handed in', async () => {
    const { url, code, keyLink } = await create();
    expect(url).toMatch(new RegExp(`^${running.url}/key/[\\w-]{43}$`));
    expect(code).toMatch(/^\d{6}$/);
    const done = await fill(url, { code, apiKey: bland().secondAccount });
    expect(done.status).toBe(200);
    expect(await done.text()).toContain('The key was received');
    expect(await status()).toBe('USED');
    const [handIn] = await pending();
    expect(handIn).toMatchObject({
      keyStatus: 'VALID',
      handedInByKind: 'KEY_LINK',
      handedInByName: 'One-time link',
      client: { name: 'Harbor Dental' },
    });
    expect(await source()).toBe('AGENCY');
    expect(await types(3)).toEqual(['HAND_IN_VERIFIED', 'HAND_IN_RECEIVED', 'KEY_LINK_CREATED']);
    expect((await events())[1]).toMatchObject({
      actorKind: 'KEY_LINK',
      actorName: 'One-time link',
      clientId: HARBOR,
      maskedKey: `••••••••${bland().secondAccount.slice(-4)}`,
    });
    expect(
      (await running.app.database.read.findOneByOrFail(AuditEventRow, { type: 'HAND_IN_RECEIVED' })).actorId,
    ).toBe(keyLink?.id);
    await accept(handIn?.id ?? '');
    expect(await source()).toBe('CLIENT');
  });

  test('is accepted at once where the agency chose so for the client', async () => {
    await acceptValid();
    const { url, code } = await create();
    expect((await fill(url, { code, apiKey: bland().secondAccount })).status).toBe(200);
    expect(await source()).toBe('CLIENT');
  });

  test('is used up by nothing but a key that is taken: neither by looking nor by mistakes', async () => {
    const { url, code } = await create();
    for (let times = 0; times < 3; times += 1) expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    for (const apiKey of ['', 'short', bland().revoked, bland().restricted, bland().rateLimited])
      expect((await fill(url, { code, apiKey })).status).toBe(422);
    expect((await fill(url, {})).status).toBe(422);
    expect(await status()).toBe('OPEN');
    expect(await pending()).toEqual([]);
    expect(
      (await fill(url, { code: ` ${code.slice(0, 3)}-${code.slice(3)} `, apiKey: ` ${bland().valid}\n` }))
        .status,
    ).toBe(200);
  });

  test('is not closed by tries whose server was killed, and is by those that go on', async () => {
    const { url, code, keyLink } = await create();
    const asked = (askedAt: Date) =>
      running.app.database.write((tx) =>
        tx.update(KeyLinkRow, { id: keyLink?.id ?? '' }, { askedKeys: 10, askedAt }),
      );
    await asked(new Date());
    expect((await fill(url, { code, apiKey: bland().revoked })).status).toBe(404);
    await asked(new Date(Date.now() - 6 * 60_000));
    expect((await fill(url, { code, apiKey: bland().revoked })).status).toBe(422);
    expect((await fill(url, { code, apiKey: bland().valid })).status).toBe(200);
  });

  test('is not closed by tries that failed on our side', async () => {
    const { url, code } = await create();
    const ask = jest.spyOn(KeyCheckService.prototype, 'ask').mockRejectedValue(new Error('a fault'));
    for (let times = 0; times < 11; times += 1)
      expect((await fill(url, { code, apiKey: bland().valid })).status).toBe(500);
    ask.mockRestore();
    expect((await fill(url, { code, apiKey: bland().valid })).status).toBe(200);
  });

  test.each([
    ['revoked', 'Bland does not accept this key.'],
    ['restricted', 'Bland knows this key, but it may not do what is needed.'],
    ['rateLimited', 'Bland could not check the key just now.'],
  ] as const)('tells why a key that is %s is not taken', async (name, words) => {
    const { url, code } = await create();
    const text = await (await fill(url, { code, apiKey: bland()[name] })).text();
    expect(text).toContain(words);
    expect(text).not.toContain(bland()[name]);
    expect((await events())[0]).toMatchObject({
      type: 'API_KEY_REJECTED',
      actorKind: 'KEY_LINK',
      clientId: HARBOR,
    });
  });

  test('opens once, of however many that send the right code together', async () => {
    const { url, code } = await create();
    const another = await running.another();
    const urls = Array.from({ length: 10 }, (_, index) =>
      index % 2 ? url : url.replace(running.url, another.url),
    );
    const answers = await Promise.all(
      urls.map((each) => fill(each, { code, apiKey: bland().secondAccount })),
    );
    await another.close();
    expect(answers.map(({ status: each }) => each).sort()).toEqual([
      200,
      ...Array.from({ length: 9 }, () => 404),
    ]);
    expect(await pending()).toHaveLength(1);
  });

  test('is locked by the fifth wrong code, of however many that guess together', async () => {
    const { url, code } = await create();
    const guesses = await Promise.all(
      Array.from({ length: 12 }, () => fill(url, { code: wrong(code), apiKey: bland().valid })),
    );
    expect(guesses.filter(({ status: each }) => each === 422)).toHaveLength(4);
    expect(await status()).toBe('LOCKED');
    expect((await fill(url, { code, apiKey: bland().valid })).status).toBe(404);
    expect(await pending()).toEqual([]);
    expect(await types(7)).toEqual([
      'KEY_LINK_LOCKED',
      ...Array.from({ length: 5 }, () => 'KEY_LINK_CODE_REFUSED'),
      'KEY_LINK_CREATED',
    ]);
  });

  test('is locked by the tenth key that its provider refuses, of however many are tried together', async () => {
    const { url, code } = await create();
    const asked = running.sandbox.bland.requests.length;
    const tries = await Promise.all(
      Array.from({ length: 25 }, (_, n) => fill(url, { code, apiKey: `org_made_up_key_of_somebody_${n}` })),
    );
    expect(tries.filter(({ status: each }) => each === 422)).toHaveLength(9);
    expect(running.sandbox.bland.requests.length - asked).toBe(10);
    expect(await status()).toBe('LOCKED');
    expect((await fill(url, { code, apiKey: bland().valid })).status).toBe(404);
    expect(await pending()).toEqual([]);
    const seen = (await events()).map(({ type }) => type);
    expect(seen.filter((type) => type === 'KEY_LINK_LOCKED')).toHaveLength(1);
  });

  test('takes a good key after nine that were refused, and counts none that its provider could not check', async () => {
    const { url, code } = await create();
    for (let times = 0; times < 9; times += 1)
      expect((await fill(url, { code, apiKey: bland().revoked })).status).toBe(422);
    for (let times = 0; times < 3; times += 1)
      expect((await fill(url, { code, apiKey: bland().rateLimited })).status).toBe(422);
    expect(await running.data(LINKS)).toMatchObject({
      keyLinks: { nodes: [{ status: 'OPEN', refusedKeys: 9 }] },
    });
    expect((await fill(url, { code, apiKey: bland().secondAccount })).status).toBe(200);
    expect(await status()).toBe('USED');
  });

  test('counts no code that cannot be one', async () => {
    const { url, code } = await create();
    for (const odd of ['', '12345', '1234567', 'abcdef', '１２３４５６', `${code}\u0000`])
      expect((await fill(url, { code: odd, apiKey: bland().valid })).status).toBe(422);
    expect(await running.data(LINKS)).toMatchObject({
      keyLinks: { nodes: [{ status: 'OPEN', failedCodes: 0 }] },
    });
  });

  test('that is used, locked, revoked, expired, damaged, made up or of an archived client answers the same', async () => {
    const links = await Promise.all(Array.from({ length: 4 }, () => create()));
    const [used, locked, revoked, expired] = links as [NewLink, NewLink, NewLink, NewLink];
    const archived = await create({ clientId: CEDAR });
    await fill(used.url, { code: used.code, apiKey: bland().valid });
    for (let times = 0; times < 5; times += 1)
      await fill(locked.url, { code: wrong(locked.code), apiKey: bland().valid });
    expect(codes(await run(REVOKE_KEY_LINK, { keyLinkId: revoked.keyLink?.id }))).toEqual([]);
    await elapse(expired.keyLink?.id ?? '');
    // Of another client: an archived one would hide what the others answer of themselves.
    await running.data(ARCHIVE, { input: { clientId: CEDAR } });
    const madeUp = [
      `${running.url}/key/${'A'.repeat(43)}`,
      `${used.url}x`,
      used.url.slice(0, -1),
      `${running.url}/key/%00`,
      `${running.url}/key/${'x'.repeat(90)}`,
    ];
    const seen = await Promise.all(
      [used, locked, revoked, expired, archived]
        .flatMap(({ url, code }) => [fetch(url), fill(url, { code, apiKey: bland().valid })])
        .concat(madeUp.flatMap((url) => [fetch(url), fill(url, { code: '123456' })])),
    );
    const answers = await Promise.all(seen.map(async (answer) => [answer.status, await answer.text()]));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(404);
    expect(await pending()).toHaveLength(1);
  });

  test('cannot be read from the database: neither its token nor its code', async () => {
    const { url, code } = await create();
    const rows = JSON.stringify([
      await running.app.database.read.find(KeyLinkRow),
      await running.app.database.read.find(AuditEventRow),
    ]);
    expect(rows).not.toContain(url.split('/').at(-1));
    expect(rows).not.toMatch(new RegExp(`"[^"]*\\b${code}\\b[^"]*"`));
    expect(running.logs.join()).not.toContain(url.split('/').at(-1));
  });

  test('can be used for 72 hours unless another time is asked for', async () => {
    const { keyLink } = await create();
    const hours = (Date.parse(keyLink?.expiresAt ?? '') - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(71.9);
    expect(hours).toBeLessThanOrEqual(72);
    expect(
      (Date.parse((await create({ expiresInHours: 1 })).keyLink?.expiresAt ?? '') - Date.now()) / 3_600_000,
    ).toBeLessThanOrEqual(1);
  });
});

describe('its page', () => {
  test('has no script, loads nothing, and sends its form nowhere else', async () => {
    const { url } = await create();
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(html).not.toMatch(/<script|\son\w+=|src=|href=|url\(|@import/i);
    expect(html).toContain('Brightline Voice asks for the Bland API key of Harbor Dental');
  });

  test('shows names as text, whatever is in them', async () => {
    const { url } = await create();
    await running.app.database.write(async (tx) => {
      const { agencyId } = await tx.findOneByOrFail(ClientRow, { id: HARBOR });
      await tx.update(AgencyRow, { id: agencyId }, { name: '<script>alert(1)</script>' });
      await tx.update(ClientRow, { id: HARBOR }, { name: `"'&<img src=x onerror=alert(1)>` });
    });
    const html = await (await fetch(url)).text();
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain(
      '&lt;script&gt;alert(1)&lt;/script&gt; asks for the Bland API key of &quot;&#39;&amp;&lt;img src=x onerror=alert(1)&gt;',
    );
  });

  test('gives back neither the key nor the code', async () => {
    const { url, code } = await create();
    for (const fields of [
      { code: '999', apiKey: 'canary_key_0123456789' },
      { code: wrong(code), apiKey: 'canary_key_0123456789' },
      { code, apiKey: 'canary_key_0123456789' },
    ]) {
      const answer = await fill(url, fields);
      const text = `${await answer.text()}${JSON.stringify([...answer.headers])}`;
      expect(text).not.toContain('canary_key_0123456789');
      expect(text).not.toContain(`"${fields.code}"`);
    }
    expect(running.logs.join()).not.toContain('canary_key_0123456789');
  });

  test.each([
    ['application/json', '{"code":"123456"}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['application/x-www-form-urlencoded', `code=123456&apiKey=${'x'.repeat(300_000)}`, 413],
  ])('answers a body of the type %s with a page', async (type, body, expected) => {
    const { url } = await create();
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    expect(answer.status).toBe(expected);
    expect(await answer.text()).toContain('This form cannot be read');
  });

  test('answers an empty form like one in which every field is missing', async () => {
    const { url } = await create();
    expect((await fetch(url, { method: 'POST' })).status).toBe(422);
    expect((await fetch(`${running.url}/key/${'A'.repeat(43)}`, { method: 'POST' })).status).toBe(404);
  });

  test('says so with a number when something fails on our side', async () => {
    const { url, code } = await create();
    const record = jest.spyOn(running.app.audit, 'record').mockRejectedValue(new Error('the disk is full'));
    const answer = await fill(url, { code, apiKey: bland().valid });
    record.mockRestore();
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain(answer.headers.get('x-request-id'));
    expect(await status()).toBe('OPEN');
    expect(await pending()).toEqual([]);
  });

  test('says when to come back while the database is away, to whoever opens it and to whoever fills in its form', async () => {
    const { url, code } = await create();
    const { read } = running.app.database;
    const away = () => Promise.reject(new DatabaseUnavailable('The database is silent'));
    const spies = (['find', 'findBy', 'findOneBy', 'rows'] as const).map((name) =>
      jest.spyOn(read, name).mockImplementation(away),
    );
    const answers = [await fetch(url), await fill(url, { code, apiKey: bland().valid })];
    spies.forEach((spy) => spy.mockRestore());
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await answer.text()).toContain('not available at the moment');
    }
    expect(await status()).toBe('OPEN');
  });

  test('is limited more strictly than everything else, and says when to come back', async () => {
    const limited = await startTestApp({ RATE_LIMIT_ONE_TIME_LINKS: '3' });
    const url = `${limited.url}/key/${'A'.repeat(43)}`;
    for (let times = 0; times < 3; times += 1) expect((await fetch(url)).status).toBe(404);
    const answer = await fetch(url);
    await limited.close();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.text()).toContain('Too many attempts');
  });

  test('is the only place that takes a form: GraphQL takes none', async () => {
    const answer = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      body: new URLSearchParams({ query: '{ viewer { name } }' }),
    });
    expect(answer.status).toBe(415);
  });
});

describe('of one-time links,', () => {
  test.each([
    ['createKeyLink', CREATE_KEY_LINK, { clientId: HARBOR, provider: 'BLAND' }],
    ['revokeKeyLink', REVOKE_KEY_LINK, { keyLinkId: NEVER_GIVEN_OUT }],
  ])('members and portal users may not %s', async (field, query, input) => {
    for (const persona of ['agencyMember', 'portalUser'] as const)
      expect(errorCodes(await running.ask(persona, query, { input }))).toEqual([`FORBIDDEN ${field}`]);
    expect(errorCodes(await running.ask('portalUser', LINKS))).toEqual(['FORBIDDEN keyLinks']);
  });

  test('an admin may not make, revoke or see those of another agency', async () => {
    const { keyLink } = await create();
    expect(codes(await create({}, 'otherAgencyAdmin'))).toEqual(['NOT_FOUND input.clientId']);
    expect(codes(await run(REVOKE_KEY_LINK, { keyLinkId: keyLink?.id }, 'otherAgencyAdmin'))).toEqual([
      'NOT_FOUND input.keyLinkId',
    ]);
    expect(await running.data(LINKS, {}, 'otherAgencyAdmin')).toEqual({ keyLinks: { nodes: [] } });
    expect(await status()).toBe('OPEN');
  });

  test.each([
    [{ clientId: NEVER_GIVEN_OUT }, 'NOT_FOUND input.clientId'],
    [{ clientId: ARCHIVED_CLIENT }, 'CLIENT_ARCHIVED input.clientId'],
    [{ region: 'EU' }, 'INVALID_FORMAT input.region'],
    [{ expiresInHours: 0 }, 'INVALID_FORMAT input.expiresInHours'],
    [{ expiresInHours: 169 }, 'INVALID_FORMAT input.expiresInHours'],
    [{ expiresInHours: -2_147_483_648 }, 'INVALID_FORMAT input.expiresInHours'],
  ])('an admin may not make one with %j', async (more, code) => {
    const answer = await create(more);
    expect(codes(answer)).toEqual([code]);
    expect([answer.url, answer.code, answer.keyLink]).toEqual([null, null, null]);
    expect(await running.app.database.read.count(KeyLinkRow)).toBe(0);
  });
});
