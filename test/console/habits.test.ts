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

/** Holds what is asked with these words until the work is done, and says when the first has come. */
async function held(words: string, work: (asked: Promise<void>) => Promise<void>): Promise<void> {
  const address = `${running.url}/graphql`;
  let come = (): void => undefined;
  let release = (): void => undefined;
  const asked = new Promise<void>((resolve) => (come = resolve));
  const done = new Promise<void>((resolve) => (release = resolve));
  await tab.page.route(address, async (route) => {
    if (route.request().postData()?.includes(words)) {
      come();
      await done;
    }
    await route.continue();
  });
  await work(asked);
  release();
  await settled(tab.page);
  await tab.page.unroute(address);
}

test('a list stays where it is while it is narrowed, and the way back leads past what was narrowed', async () => {
  await tab.visit('/clients');
  await tab.visit('/agents');
  const rows = await tab.page.getByRole('rowheader').count();
  await held('"provider":"VAPI"', async (asked) => {
    await tab.page.getByLabel('Provider').selectOption('Vapi');
    await asked;
    expect(await tab.page.getByRole('rowheader').count()).toBe(rows);
    expect(await tab.page.locator('.loading').count()).toBe(0);
  });
  expect(await tab.page.getByRole('rowheader').count()).toBeLessThan(rows);
  await tab.page.getByLabel('Provider').selectOption('Bland');
  await tab.page.waitForURL(/BLAND/);
  await tab.page.goBack();
  await tab.page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
});

test.each([
  ['/agents?provider=ACME', 'Harbor front desk'],
  ['/audit?type=NOTHING&since=never', 'Agency created'],
  ['/clients?search=', 'Harbor Dental'],
])('%s, which names what there is not, shows the whole list', async (path, words) => {
  await tab.visit(path);
  await tab.page.getByRole('row', { name: words }).first().waitFor();
  expect(await tab.page.getByRole('alert').allInnerTexts()).toEqual([]);
});

test('the address of a tab which a client does not have leads nowhere', async () => {
  await tab.visit(`/clients/${HARBOR}/invoices`);
  await tab.page.getByText('There is nothing here').first().waitFor();
});

test('a search that is not over does not lead back from the page that one has gone to', async () => {
  await tab.visit('/clients');
  await tab.page.clock.install();
  await tab.page.getByLabel('Search clients').fill('maple');
  await tab.page.getByRole('link', { name: 'Agents' }).click();
  await tab.page.clock.runFor(1_000);
  await tab.page.clock.resume();
  expect(new URL(tab.page.url()).pathname).toBe('/agents');
});

test('a page with a fault says so, and leaves the way to the others', async () => {
  const address = `${running.url}/graphql`;
  const page = { pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 1, nodes: [null] };
  await tab.page.route(address, (route) =>
    route.request().postData()?.includes('Tokens')
      ? route.fulfill({ json: { data: { list: page } } })
      : route.continue(),
  );
  await tab.page.getByRole('link', { name: 'Tokens' }).click();
  await tab.page.getByText('This page has a fault.').waitFor();
  await tab.page.unroute(address);
  await tab.page.getByRole('link', { name: 'People' }).click();
  await tab.page.getByText('Max Brightline').waitFor();
  // The fault is reported as such.
  expect(tab.faults).toHaveLength(1);
  tab.faults.length = 0;
});

test('the file of a page is asked for when the page is opened, and only once', async () => {
  const { page } = tab;
  const asked: string[] = [];
  page.on('request', (request) => {
    const [, name] = /\/assets\/([a-z-]+)-\w+\.js$/.exec(request.url()) ?? [];
    if (name !== undefined && name !== 'chunk') asked.push(name);
  });
  await page.goto(`${running.url}/clients`);
  await page.getByRole('link', { name: 'Maple Realty' }).waitFor();
  expect(asked).toEqual(['main', 'main', 'clients']);
  for (const [link, words] of [
    ['Hand-ins', 'Waiting for you'],
    ['Clients', 'Maple Realty'],
    ['Hand-ins', 'Waiting for you'],
  ] as const) {
    await page.getByRole('link', { name: link, exact: true }).click();
    await page.getByRole('link', { name: words }).waitFor();
  }
  expect(asked).toEqual(['main', 'main', 'clients', 'hand-ins']);
});

test('a page whose file is gone after a deployment is loaded anew, once, and can then be asked for again', async () => {
  const { page } = tab;
  await page.goto(`${running.url}/clients`);
  await page.getByRole('link', { name: 'Maple Realty' }).waitFor();
  let isGone = true;
  let asked = 0;
  await page.route('**/assets/audit-*', (route) => {
    asked += 1;
    return isGone ? route.fulfill({ status: 404 }) : route.continue();
  });
  await page.getByRole('link', { name: 'Audit trail' }).click();
  await page.getByText('This page could not be loaded.').waitFor();
  // By the page as it was, and as it was loaded anew: while the person was asked for, and then to be shown.
  expect(asked).toBe(3);
  expect(new URL(page.url()).pathname).toBe('/audit');
  isGone = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'Audit trail' }).waitFor();
  expect(asked).toBe(4);
});
