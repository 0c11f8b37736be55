import { ClientRow } from '../../src/clients/client.entity';
import { csvOf } from '../../src/billing/statement-csv';
import type { StatementForm } from '../../src/billing/statement-form';
import { HARBOR, MAPLE } from '../demo-ids';
import type { Persona } from '../../src/demo/seed';
import { startTestApp, type TestApp } from '../harness';
import { FINALIZE } from '../operations';
import { endedCall, storeCalls } from '../statements';

let running: TestApp;
const JANUARY = { from: '2026-01-01', to: '2026-01-31' };

beforeAll(async () => {
  running = await startTestApp();
  const { database } = running.app;
  await database.write((tx) =>
    tx.update(ClientRow, { id: HARBOR }, { name: '=cmd|\'/c calc\'!A1, "Söhne"' }),
  );
  await storeCalls(running.app, [endedCall({ startedAt: new Date('2026-01-10T12:00:00Z') })]);
  await running.data(FINALIZE, { input: { clientId: HARBOR, ...JANUARY } });
  await running.data(FINALIZE, { input: { clientId: MAPLE, ...JANUARY } });
  await database.write((tx) =>
    tx.run("UPDATE people SET permissions = 'MANAGE_BILLING' WHERE clientId = ?", [HARBOR]),
  );
});
afterAll(() => running.close());

const get = (path: string, as: Persona | null = 'agencyAdmin') =>
  fetch(`${running.url}${path}`, { headers: as ? { authorization: `Bearer ${running.tokens[as]}` } : {} });
const DRAFT = `clientId=${HARBOR}&from=2026-02-01&to=2026-02-28`;

/** Reads CSV as RFC 4180 says it. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

test('a final statement is a CSV file in UTF-8 with every line and the total', async () => {
  const answer = await get('/statements/1.csv');
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="statement-1.csv"');
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  const [header, ...rows] = parse(bytes.toString('utf8').slice(1));
  expect(rows.map((row) => row.length)).toEqual([header?.length, header?.length]);
  expect(rows[0]?.slice(0, 6)).toEqual([
    '1',
    'FINAL',
    "'=cmd|'/c calc'!A1, \"Söhne\"",
    '2026-01-01',
    '2026-01-31',
    'AGENCY',
  ]);
  expect(rows[1]?.slice(-3)).toEqual(['0.00', 'USD', '0']);
  expect(bytes.toString('utf8')).not.toContain('0.01');
});

test('a file says how many calls its amounts lack because nobody knows how long they lasted', async () => {
  const call = endedCall({ startedAt: new Date('2026-03-10T12:00:00Z') });
  await storeCalls(running.app, [{ ...call, durationMs: null }]);
  const answer = await get(`/statements/draft.csv?clientId=${HARBOR}&from=2026-03-01&to=2026-03-31`);
  const [header, ...rows] = parse((await answer.text()).slice(1));
  expect([header?.at(-1), ...rows.map((row) => row.at(-1))]).toEqual(['calls of unknown duration', '', '1']);
});

test('increments stand in cells of their own, because a spreadsheet takes 30/6 for a day', () => {
  const money = { amount: '1.00', currency: 'USD' };
  const line = { keySource: 'AGENCY', increments: '30/6', calls: 1, billedSeconds: 30, amount: money };
  const lines = [line, { ...line, increments: null }];
  const form = { ...JANUARY, number: 1, clientName: '', lines, total: money, otherTotals: [] };
  const [header = [], ...rows] = parse(csvOf({ form: form as unknown as StatementForm }).slice(1));
  const at = header.indexOf('first increment seconds');
  expect(rows.map((row) => row.slice(at, at + 2))).toEqual([
    ['30', '6'],
    ['', ''],
    ['', ''],
  ]);
  expect(rows.map((row) => row.length)).toEqual(rows.map(() => header.length));
});

test('cells that a spreadsheet would take for a formula are defused, and numbers stay numbers', () => {
  const nameOf = (clientName: string, amount = '1.00') => {
    const money = { amount, currency: 'USD' };
    const form = { ...JANUARY, number: 1, clientName, lines: [], total: money, otherTotals: [] };
    return parse(csvOf({ form: form as unknown as StatementForm }).slice(1))[1];
  };
  for (const sign of ['=', '+', '-', '@', '\t', '\r', '\n', '＝'])
    expect(nameOf(`${sign}1+1`)?.[2]).toBe(`'${sign}1+1`);
  // Where a spreadsheet takes another sign for the end of a cell, none begins a formula behind it.
  for (const sign of [';', '\t', '\n', '\r\n'])
    expect(nameOf(`A${sign}=1+1${sign}+2`)?.[2]).toBe(`A${sign}'=1+1${sign}'+2`);
  expect(nameOf('a=b')?.[2]).toBe('a=b');
  expect(nameOf('Söhne; Töchter')?.[2]).toBe('Söhne; Töchter');
  expect(nameOf('A', '-12.50')?.at(-3)).toBe('-12.50');
});

test('a draft is named by its client and period', async () => {
  const answer = await get(`/statements/draft.csv?${DRAFT}`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect((await answer.text()).split('\r\n')[1]).toContain('DRAFT');
  for (const [query, argument] of [
    ['', 'clientId'],
    [DRAFT.replace('clientId=', 'client='), 'clientId'],
    [`${DRAFT}&clientId=x`, 'clientId'],
    [DRAFT.replace('from=', 'since='), 'from'],
    [DRAFT.replace('2026-02-28', '2026-02-30'), 'to'],
  ]) {
    const refused = await get(`/statements/draft.csv?${query}`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', argument } }],
    });
  }
  expect((await get(`/statements/draft.csv?${DRAFT.replace('2026-02-28', '2028-02-28')}`)).status).toBe(400);
});

test('a file counts as the query for its statement, beside the other queries of its reader', async () => {
  const limited = await running.another({ RATE_LIMIT_QUERIES: '400' });
  const headers = { authorization: `Bearer ${running.tokens.agencyAdmin}` };
  const statuses: number[] = [];
  for (let times = 0; times <= 80; times += 1)
    statuses.push((await fetch(`${limited.url}/statements/1.csv`, { headers })).status);
  expect(statuses).toEqual([...Array<number>(80).fill(200), 429]);
  expect((await limited.ask('agencyAdmin', '{ viewer { role } }')).status).toBe(429);
  await limited.close();
});

test('the page to print runs no script, loads nothing, and shows names as they are', async () => {
  const answer = await get('/statements/1.html');
  const text = await answer.text();
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; /,
  );
  expect(text).toContain('=cmd|&#39;/c calc&#39;!A1, &quot;Söhne&quot;');
  expect(text).toContain('<dd>Brightline Voice</dd>');
  expect(text).not.toMatch(/<script|src=|https?:/i);
  expect(text).toContain('size: A4');
  expect(await (await get(`/statements/draft.html?${DRAFT}`)).text()).toContain('This is a draft.');
});

test('a statement is read by who may see it, and does not exist for others', async () => {
  const statuses = async (path: string) =>
    Promise.all(
      ([null, 'agencyAdmin', 'agencyMember', 'portalUser', 'otherAgencyAdmin'] as const).map(
        async (persona) => (await get(path, persona)).status,
      ),
    );
  for (const ending of ['csv', 'html']) {
    expect(await statuses(`/statements/1.${ending}`)).toEqual([401, 200, 403, 200, 404]);
    expect(await statuses(`/statements/2.${ending}`)).toEqual([401, 200, 403, 404, 404]);
    expect(await statuses(`/statements/3.${ending}`)).toEqual([401, 404, 403, 404, 404]);
    expect(await statuses(`/statements/draft.${ending}?${DRAFT}`)).toEqual([401, 200, 403, 200, 404]);
  }
  for (const path of ['/statements/01.csv', '/statements/1e0.csv', '/statements/99999999999.csv'])
    expect((await get(path)).status).toBe(404);
});
