import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { AgencyRow } from '../../src/agencies/agency.entity';
import { CallFactsService } from '../../src/calls/call-facts.service';
import { CallRow } from '../../src/calls/call.entity';
import { newId, newIdAt } from '../../src/platform/ids';
import { tenantDatabase } from '../database';
import { BRIGHTLINE, CEDAR, HARBOR, HARBOR_VAPI_AGENT, MAPLE } from '../demo-ids';
import type { TestApp } from '../harness';
import { FINALIZE } from '../operations';
import { NOTHING } from '../providers/fixtures';
import { endedCall, storeCalls } from '../statements';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  tab = await openTab(browser, running);
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const dialog = () => page.getByRole('dialog');

test('a rate is set for a client, and what is wrong with it stands beside its field', async () => {
  await tab.visit('/billing/rates');
  await page.getByRole('button', { name: 'Set a rate' }).first().click();
  await dialog().getByLabel('Client').selectOption('Harbor Dental');
  await dialog().getByLabel('Price a minute').fill('0.1234567');
  await dialog().getByRole('button', { name: 'Set a rate' }).click();
  await dialog().locator('[aria-invalid=true]').first().waitFor();
  expect(await dialog().getByLabel('Price a minute').getAttribute('aria-invalid')).toBe('true');
  expect(await tab.findings()).toEqual([]);
  await dialog().getByLabel('Price a minute').fill('0.12');
  await dialog().getByLabel('First seconds').fill('30');
  await dialog().getByLabel('Then by seconds').fill('6');
  await dialog().getByRole('button', { name: 'Set a rate' }).click();
  await page.locator('.toasts').getByText('It holds for calls that start from now on.').waitFor();
  const row = page.getByRole('row', { name: /Harbor Dental/ }).first();
  expect(await row.innerText()).toMatch(/Agency’s account[^]*0\.12\d* USD[^]*30\/6 s/);
  const { rates } = await running.data<{ rates: { nodes: { keySource: string }[] } }>(
    'query ($id: ID!) { rates(clientId: $id, first: 1) { nodes { keySource firstIncrementSeconds incrementSeconds } } }',
    { id: HARBOR },
  );
  expect(rates.nodes).toEqual([{ keySource: 'AGENCY', firstIncrementSeconds: 30, incrementSeconds: 6 }]);
});

test('the time zone of the agency is set by its name, and a name that there is not is refused', async () => {
  await tab.visit('/billing/rates');
  const field = page.getByLabel('Days and months are those of');
  await field.fill('Europe/Atlantis');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  await field.fill('Europe/Berlin');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.toasts').getByText('days are those of Europe/Berlin now').waitFor();
  expect(await running.data('{ agency { timeZone } }')).toEqual({ agency: { timeZone: 'Europe/Berlin' } });
});

/** A call of Harbor's, on its own account, that lasted so long in a month that is over. */
async function callIn(month: string, seconds: number): Promise<void> {
  const startedAt = new Date(`${month}-10T12:00:00Z`);
  const [example] = await running.app.database.read.find(CallRow, { take: 1 });
  const { startTestCall } = example
    ? { startTestCall: { call: example } }
    : await running.data<{ startTestCall: { call: { id: string } } }>(
        'mutation ($input: StartTestCallInput!) { startTestCall(input: $input) { call { id } } }',
        { input: { agentId: HARBOR_VAPI_AGENT, toNumber: '+14155550123' } },
      );
  const row = await running.app.database.read.findOneByOrFail(CallRow, { id: startTestCall.call.id });
  await running.app.database.write((tx) =>
    tx.insertRow('calls', {
      ...row,
      id: newIdAt(startedAt),
      providerCallId: null,
      idempotencyDigest: null,
      status: 'COMPLETED',
      startedAt,
      createdAt: startedAt,
      durationMs: seconds * 1_000,
      costStatus: 'KNOWN',
      costMicros: 70_000,
      costCurrency: 'USD',
      askAt: null,
    }),
  );
}

test('a statement of a month shows its lines and what is left, and is made final once and for all', async () => {
  await running.app.database.write((tx) => tx.update(AgencyRow, { id: BRIGHTLINE }, { timeZone: 'UTC' }));
  await callIn('2026-08', 61);
  await tab.visit('/billing');
  await page.getByText('Choose a client', { exact: true }).waitFor();
  await page.getByLabel('Client', { exact: true }).selectOption('Harbor Dental');
  await page.getByLabel('Month').fill('2026-08');
  await page.getByRole('heading', { level: 2, name: /Draft/ }).waitFor();
  await page.locator('header.statement').getByText('Over, not final').waitFor();
  // Nothing was paid by the agency, and that is written like all other amounts.
  expect(await page.locator('.facts').innerText()).toMatch(/on the agency’s account\s+0\.00 USD/);
  const row = page.getByRole('row', { name: /Client’s account/ });
  expect(await row.innerText()).toMatch(/1[^]*s[^]*None: not charged/);
  expect(await tab.findings()).toEqual([]);
  await page.getByRole('button', { name: 'Make it final' }).click();
  expect(await tab.findings()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Make it final' }).click();
  await page.getByRole('heading', { level: 2, name: 'Statement 1' }).waitFor();
  expect(await page.getByRole('button', { name: 'Make it final' }).count()).toBe(0);
  expect(await page.locator('.facts').innerText()).toMatch(/SHA-256\s+[0-9a-f]{64}/);
  for (const [name, file] of [
    ['Download CSV', 'statement-1.csv'],
    ['Download to print', 'statement-1.html'],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('header.statement').getByRole('button', { name }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(file);
    expect(readFileSync(await download.path(), 'utf8')).toContain('Harbor Dental');
  }
});

test('the final statements of all clients are listed, each with its files and a way to what it says', async () => {
  const input = { clientId: MAPLE, from: '2026-08-03', to: '2026-08-09' };
  await running.data(FINALIZE, { input });
  await tab.visit('/billing');
  const rows = () => page.getByRole('table', { name: 'Final statements' }).getByRole('row').allInnerTexts();
  await page.getByRole('rowheader', { name: 'Statement 2' }).waitFor();
  expect(await rows()).toEqual([
    expect.stringContaining('Client'),
    expect.stringMatching(/Statement 2[^]*Maple[^]*2026-08-03 to 2026-08-09[^]*0\.00 USD/),
    expect.stringMatching(/Statement 1[^]*Harbor Dental[^]*2026-08-01 to 2026-08-31[^]*0\.00 USD/),
  ]);
  expect(await tab.findings()).toEqual([]);
  const ofMaple = page.getByRole('row', { name: /Statement 2/ });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    ofMaple.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('statement-2.csv');
  await page.getByRole('link', { name: 'Statement 1' }).click();
  await page.getByRole('heading', { level: 2, name: 'Statement 1' }).waitFor();
  expect(new URL(page.url()).search).toBe(`?clientId=${HARBOR}&month=2026-08`);
});

test('the page to print becomes a clean PDF on A4, whose table goes on over its pages', async () => {
  const rates = Array.from({ length: 60 }, () => newId());
  for (const [index, rateId] of rates.entries()) {
    const at = new Date(`2026-07-10T12:00:${String(index).padStart(2, '0')}Z`);
    const rate = { id: rateId, agencyId: BRIGHTLINE, clientId: HARBOR, keySource: 'AGENCY', validFrom: at };
    const price = { priceMicros: 50_000 + index, currency: 'USD', createdAt: at };
    await running.app.database.write((tx) =>
      tx.insertRow('rates', { ...rate, ...price, firstIncrementSeconds: 30, incrementSeconds: 6 }),
    );
    await storeCalls(running.app, [endedCall({ startedAt: at, rateId })]);
  }
  await running.data(FINALIZE, { input: { clientId: HARBOR, from: '2026-07-01', to: '2026-07-31' } });
  const printed = await openTab(browser, running, {
    extraHTTPHeaders: { authorization: `Bearer ${running.tokens.agencyAdmin}` },
  });
  await printed.page.goto(`${running.url}/statements/3.html`);
  expect(await printed.findings()).toEqual([]);
  const pdf = (await printed.page.pdf({ preferCSSPageSize: true, tagged: true })).toString('latin1');
  // In points, rounded by Chromium: 210 by 297 mm.
  const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, width, height]) =>
    [width, height].map((side) => Math.round(Number(side))),
  );
  expect(boxes.length).toBeGreaterThan(1);
  expect(boxes.length).toBeLessThan(5);
  expect(new Set(boxes.map(String))).toEqual(new Set(['595,842']));
  // A reader that speaks finds a table, and nothing in the file does anything.
  expect(pdf).toMatch(/\/S\s*\/Table/);
  expect(pdf).not.toMatch(/\/JavaScript|\/OpenAction|\/URI/);
  expect(await printed.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(printed.faults).toEqual([]);
});

test('a statement that cannot be made final says from when it can, by the clock of the agency, or why not', async () => {
  const timeZone = 'Asia/Kathmandu';
  await running.app.database.write((tx) => tx.update(AgencyRow, { id: BRIGHTLINE }, { timeZone }));
  const abroad = await openTab(browser, running, { timezoneId: 'America/Los_Angeles' });
  await signIn(abroad, running, 'Ada Brightline');
  const now = new Date();
  const month = now.toISOString().slice(0, 7);
  const after = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 4));
  const day = after.toLocaleDateString('en-US', { dateStyle: 'long', timeZone: 'UTC' });
  await abroad.visit(`/billing?clientId=${HARBOR}&month=${month}`);
  const header = abroad.page.locator('header.statement');
  expect(await header.innerText()).toContain('Still counting');
  await header.getByText(`It can be made final from ${day} at 12:00\u202FAM in ${timeZone}.`).waitFor();
  expect(await abroad.findings()).toEqual([]);
  await abroad.visit(`/billing?clientId=${MAPLE}&month=2026-08`);
  await header.getByText('a part of its days is in a final statement').waitFor();
  // It is over, and so is its counting.
  expect(await header.innerText()).toMatch(/Draft[^]*Over, not final/);
  expect(await abroad.page.getByRole('button', { name: 'Make it final' }).count()).toBe(0);
  expect(abroad.faults).toEqual([]);
});

test('a cost that became known late of an earlier statement stands beside the costs of the next one', async () => {
  const now = new Date();
  const monthBefore = (count: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - count, 1)).toISOString().slice(0, 7);
  const [from, to] = ['10', '28'].map((day) => `${monthBefore(3)}-${day}`);
  const call = endedCall({ startedAt: new Date(`${from}T12:00:00Z`), clientId: MAPLE });
  await storeCalls(running.app, [call]);
  await running.data(FINALIZE, { input: { clientId: MAPLE, from, to } });
  const cost = { micros: 70_000, currency: 'USD', figure: '0.07', unit: 'US_DOLLAR' } as const;
  const facts = new CallFactsService(tenantDatabase(running.app.database));
  await facts.apply(call.id, { ...NOTHING, cost }, { source: 'ASKED', knownAt: now });
  await tab.visit(`/billing?clientId=${MAPLE}&month=${monthBefore(2)}`);
  await page.getByText('Of these, 0.06 USD became known late, of earlier statements.').waitFor();
  expect(await tab.findings()).toEqual([]);
});

test('a cost that is not known stands in no statement as 0, whosever account carried the calls', async () => {
  const unknown = { costStatus: 'UNKNOWN', costMicros: null, costCurrency: null } as const;
  const call = { startedAt: new Date('2026-05-10T12:00:00Z'), clientId: CEDAR, ...unknown };
  const ofClient = { ...call, keySource: 'CLIENT', keyOwnerId: CEDAR } as const;
  await storeCalls(running.app, [endedCall(call), endedCall(ofClient), endedCall(ofClient)]);
  await tab.visit(`/billing?clientId=${CEDAR}&month=2026-05`);
  await page.getByText('The cost of 2 calls is not known.').waitFor();
  const facts = await page.locator('.facts').innerText();
  expect(facts).toMatch(/the agency’s account\s+Not known\s+The cost of 1 call is not known\./);
  expect(facts).toMatch(/the client’s account\s+Not known, or in several currencies\s+The cost of 2 calls/);
  expect(await tab.findings()).toEqual([]);
});

test('a portal user with manage_billing sees its own statement, and no cost of the agency', async () => {
  const other = await openTab(browser, running);
  await signIn(other, running, 'Dr. Hana Harbor');
  await other.visit('/billing?month=2026-08');
  await other.page.getByRole('heading', { level: 2, name: 'Statement 1' }).waitFor();
  await other.page.getByRole('rowheader', { name: 'Statement 1' }).waitFor();
  const shown = await other.page.locator('#content').innerText();
  // Not another client, nor a statement of one, nor what the agency pays.
  expect(shown).not.toMatch(/Margin|Providers take, on the agency|Maple|Statement 2/);
  expect(await other.findings()).toEqual([]);
  expect(other.faults).toEqual([]);
});
