import type { Browser, Page } from 'playwright-core';
import { v7 } from 'uuid';
import type { CallRow } from '../../src/calls/call.entity';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT, HARBOR_VAPI_AGENT, MAPLE } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';
import type { DemoPersonName } from './people';

let running: TestApp;
let browser: Browser;
const DAY_MS = 24 * 60 * 60 * 1000;

const insertCall = (index: number, more: Partial<CallRow> = {}) =>
  running.app.database.write((tx) => {
    const createdAt = new Date(Date.now() - (index % 10) * DAY_MS);
    const isRetell = index % 3 > 0;
    return tx.insertRow('calls', {
      id: v7({ msecs: createdAt.getTime() }),
      agencyId: BRIGHTLINE,
      clientId: index % 2 === 0 ? HARBOR : MAPLE,
      agentId: isRetell ? HARBOR_RETELL_AGENT : HARBOR_VAPI_AGENT,
      provider: isRetell ? 'RETELL' : 'VAPI',
      kind: 'LIVE',
      direction: 'OUTBOUND',
      status: 'COMPLETED',
      keySource: 'AGENCY',
      keyVersion: 1,
      durationMs: 120_000,
      costStatus: index === 4 ? 'UNKNOWN' : 'KNOWN',
      costMicros: index === 4 ? null : 250_000,
      costCurrency: index === 4 ? null : 'USD',
      createdAt,
      updatedAt: createdAt,
      ...more,
    });
  });

/** Calls of the last ten days: more of Retell than of Vapi, and one whose cost nobody knows. */
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  for (let index = 0; index < 30; index += 1) await insertCall(index);
});
afterAll(() => Promise.all([browser.close(), running.close()]));

async function opened(name: DemoPersonName, colorScheme: 'light' | 'dark' = 'light'): Promise<Tab> {
  const tab = await openTab(browser, running, { colorScheme });
  await signIn(tab, running, name);
  await tab.visit('/analytics');
  return tab;
}

const plot = (page: Page) => page.getByRole('img');
const rows = (page: Page) => page.getByRole('row').allInnerTexts();

test.each(['light', 'dark'] as const)(
  'calls, minutes and cost are shown as a plot that says its total, and as a table (%s)',
  async (scheme) => {
    const tab = await opened('Ada Brightline', scheme);
    const { page } = tab;
    await page.getByRole('img', { name: /^Calls from .*: 30 in all/ }).waitFor();
    expect(await rows(page)).toHaveLength(11);
    // A day without calls has its place in the plot: it is the last 30 days of the agency, today included.
    expect(await plot(page).locator('title').count()).toBe(30);
    await page.getByLabel('What is counted').selectOption('Minutes');
    await page.getByRole('img', { name: /^Minutes from .*: 60 in all/ }).waitFor();
    await page.getByLabel('What is counted').selectOption('Cost on the agency’s account');
    await page.getByRole('img', { name: /^Cost .*: \$7\.25 in all/ }).waitFor();
    expect((await rows(page)).filter((row) => row.includes('without 1 call of unknown cost'))).toHaveLength(
      1,
    );
    await page.getByLabel('Split by').selectOption('Provider');
    await page.getByText('Vapi').first().waitFor();
    expect(await plot(page).locator('.series-1').count()).toBeGreaterThan(0);
    expect(await tab.findings()).toEqual([]);
    // What one sees can be sent to somebody.
    expect(new URL(page.url()).search).toBe('?measure=cost&split=PROVIDER');
    expect(tab.faults).toEqual([]);
  },
);

test('every figure is reached by keyboard and read as a table', async () => {
  const { page } = await opened('Ada Brightline');
  await plot(page).waitFor();
  await page.getByLabel('Period').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  let release = () => undefined as unknown;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/graphql', (route) => held.then(() => route.continue()));
  await page.keyboard.type('Client');
  // Until it is answered, the answer to another question does not stand for it.
  await page.locator('#content .loading').waitFor();
  expect(await page.locator('#content').innerText()).not.toContain('No client');
  release();
  await page.getByRole('columnheader', { name: 'Client', exact: true }).waitFor();
  const shown = (await rows(page)).join('\n');
  expect(shown).toMatch(/Harbor Dental/);
  expect(shown).toMatch(/Maple/);
});

test.each(['Max Brightline', 'Dr. Hana Harbor'] as const)('%s sees calls and no money', async (name) => {
  const { page } = await opened(name);
  const count = name === 'Max Brightline' ? 30 : 15;
  await page.getByRole('img', { name: new RegExp(`: ${count} in all`) }).waitFor();
  expect(await page.locator('body').innerText()).not.toMatch(/\$|Cost|key paid/);
});

test('a key that is typed says what the last 30 days would move to the client’s account', async () => {
  const tab = await openTab(browser, running);
  await signIn(tab, running, 'Ada Brightline');
  await tab.visit(`/clients/${MAPLE}`);
  await tab.page.getByLabel('Retell key', { exact: true }).fill('key_0123456789abcdef0123456789');
  await tab.page
    .getByText(
      'In the last 30 days, 20 minutes were on the agency’s account and cost $2.50. Such calls are on the client’s account then.',
    )
    .waitFor();
  expect(await tab.findings()).toEqual([]);
});

test('a call that goes on is told beside the minutes and the cost that lack it', async () => {
  const unknown = {
    status: 'IN_PROGRESS',
    durationMs: null,
    costStatus: 'PENDING',
    costMicros: null,
  } as const;
  await insertCall(1, { ...unknown, costCurrency: null });
  const tab = await opened('Ada Brightline');
  const { page } = tab;
  const row = page.getByRole('row').filter({ hasText: 'without 1 call of unknown duration' });
  await row.filter({ hasText: '6, without 1 call of unknown duration' }).waitFor();
  await tab.visit(`/clients/${MAPLE}`);
  await page.getByLabel('Retell key', { exact: true }).fill('key_0123456789abcdef0123456789');
  await page
    .getByText(
      'In the last 30 days, 20 minutes were on the agency’s account (without 1 call of unknown duration) and cost $2.50, without 1 call of unknown cost. Such calls are on the client’s account then.',
    )
    .waitFor();
});

test('two clients of one name are two parts of each bar', async () => {
  await running.data(
    `mutation { renameClient(input: { clientId: "${MAPLE}", name: "Harbor Dental" }) { client { name } } }`,
  );
  const { page } = await opened('Ada Brightline');
  await page.getByLabel('Split by').selectOption('Client');
  await page.getByRole('columnheader', { name: 'Client', exact: true }).waitFor();
  expect(await page.locator('.plot figcaption').innerText()).toMatch(/^Harbor Dental\s+Harbor Dental$/);
});
