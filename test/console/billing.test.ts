import type { Browser, Page } from 'playwright-core';
import { HARBOR } from '../demo-ids';
import type { TestApp } from '../harness';
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
  await tab.visit('/billing');
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
  await tab.visit('/billing');
  const field = page.getByLabel('Days and months are those of');
  await field.fill('Europe/Atlantis');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  await field.fill('Europe/Berlin');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.toasts').getByText('days are those of Europe/Berlin now').waitFor();
  expect(await running.data('{ agency { timeZone } }')).toEqual({ agency: { timeZone: 'Europe/Berlin' } });
});
