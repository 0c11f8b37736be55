import type { Browser } from 'playwright-core';
import { HARBOR } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  tab = await openTab(browser, running);
  await signIn(tab, running, 'Ada Brightline');
});
afterAll(() => Promise.all([browser.close(), running.close()]));

/** The server cannot be reached meanwhile. */
async function offline(work: () => Promise<void>): Promise<void> {
  const address = `${running.url}/graphql`;
  await tab.page.route(address, (route) => route.abort());
  await work();
  await tab.page.unroute(address);
}

test('a form keeps what was typed when the request fails, and says why', async () => {
  await tab.visit('/clients');
  await tab.page.getByRole('button', { name: 'New client' }).click();
  const dialog = tab.page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Typed once');
  await offline(async () => {
    await dialog.getByRole('button', { name: 'New client' }).click();
    await dialog.getByText('The server cannot be reached.').waitFor();
  });
  expect(await dialog.getByLabel('Name').inputValue()).toBe('Typed once');
  await dialog.getByRole('button', { name: 'New client' }).click();
  await tab.page.getByRole('link', { name: 'Typed once' }).waitFor();
  expect(tab.faults).toEqual([]);
});

test('what is wrong with a field stands beside it', async () => {
  await tab.visit('/tokens');
  await tab.page.getByRole('button', { name: 'New service token' }).first().click();
  const dialog = tab.page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Too long');
  await dialog.getByLabel('Good for how many days').fill('366');
  await dialog.getByRole('button', { name: 'New service token' }).click();
  const days = dialog.getByLabel('Good for how many days');
  await dialog.getByText('From 1 to 365 days.').waitFor();
  expect(await days.getAttribute('aria-invalid')).toBe('true');
  await tab.page.keyboard.press('Escape');
});

test('a change offers the way back, and says when the way back failed', async () => {
  await tab.visit(`/clients/${HARBOR}`);
  const heading = (name: string) => tab.page.getByRole('heading', { level: 1, name }).waitFor();
  const rename = async (name: string) => {
    await tab.page.getByRole('button', { name: 'Rename' }).click();
    await tab.page.getByRole('dialog').getByLabel('Name').fill(name);
    await tab.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await heading(name);
  };
  await rename('Harbor Orthodontics');
  await tab.page.getByRole('button', { name: 'Undo' }).click();
  await heading('Harbor Dental');
  await rename('Harbor Orthodontics');
  await offline(async () => {
    await tab.page.getByRole('button', { name: 'Undo' }).click();
    await tab.page.getByRole('status').getByText('The server cannot be reached.').waitFor();
  });
  await heading('Harbor Orthodontics');
  await rename('Harbor Dental');
});

test('a key says who set it, also where it came with the demo', async () => {
  await tab.visit(`/clients/${HARBOR}`);
  await settled(tab.page);
  expect(await tab.page.locator('.standing').first().innerText()).toMatch(/Set by operator/);
});
