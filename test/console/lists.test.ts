import type { Browser } from 'playwright-core';
import { ClientRow } from '../../src/clients/client.entity';
import { createAgency } from '../../src/people/enrol';
import { newId } from '../../src/platform/ids';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
});
afterAll(() => Promise.all([browser.close(), running.close()]));

const rows = ({ page }: Tab) => page.getByRole('rowheader');

describe('an agency of its own', () => {
  let tab: Tab;
  let agencyId: string;
  beforeAll(async () => {
    const { database, audit } = running.app;
    agencyId = await createAgency(database, audit, 'Fresh Voice', {
      name: 'Ines Brightline',
      subject: 'demo-invited',
      issuer: running.issuer.issuer,
    });
    tab = await openTab(browser, running);
    await signIn(tab, running, 'Ines Brightline');
  });

  test('without a client says on each page what there would be, and how one begins', async () => {
    const empty = [
      ['/clients', 'No clients yet'],
      ['/agents', 'No agents yet'],
      ['/calls', 'No calls yet'],
      ['/alerts', 'Nothing is wrong'],
      ['/hand-ins', 'Nothing waits for you'],
      ['/hand-ins/all', 'Nothing was handed in yet'],
      ['/links', 'No one-time links yet'],
      ['/tokens', 'No service tokens yet'],
      ['/tokens/gateway', 'No gateway tokens yet'],
    ] as const;
    for (const [path, words] of empty) {
      await tab.visit(path);
      await tab.page.getByText(words).waitFor();
      expect({ path, findings: await tab.findings() }).toEqual({ path, findings: [] });
    }
    await tab.visit('/clients');
    expect(await tab.page.getByRole('button', { name: 'New client' }).count()).toBe(2);
    expect(tab.faults).toEqual([]);
  });

  test('with 1,000 clients shows them page by page without a jump, and finds each by a part of its name', async () => {
    const clients = Array.from({ length: 1000 }, (_, number) => ({
      id: newId(),
      agencyId,
      name: `Client ${String(number + 1).padStart(4, '0')}`,
      archivedAt: null,
      portalPermissions: [],
      acceptsValidHandIns: false,
      createdAt: new Date(),
    }));
    await running.app.database.write(async (tx) => {
      for (let at = 0; at < clients.length; at += 100)
        await tx.insert(ClientRow, clients.slice(at, at + 100));
    });
    await tab.visit('/agents');
    await tab.visit('/clients');
    await tab.page.getByText('50 of 1,000').waitFor();
    const more = tab.page.getByRole('button', { name: 'Show more' });
    await more.scrollIntoViewIfNeeded();
    const before = await tab.page.evaluate(() => scrollY);
    await more.click();
    await tab.page.getByText('100 of 1,000').waitFor();
    expect(await rows(tab).count()).toBe(100);
    expect(await tab.page.evaluate(() => scrollY)).toBe(before);
    await tab.page.getByLabel('Search clients').fill('0777');
    await tab.page.getByText('1 of 1', { exact: true }).waitFor();
    expect(await rows(tab).allInnerTexts()).toEqual(['Client 0777']);
    expect(new URL(tab.page.url()).search).toBe('?search=0777');
  });

  test('lets one search among 1,000 clients in a form', async () => {
    await tab.visit('/agents');
    await tab.page.getByRole('button', { name: 'New agent' }).first().click();
    const dialog = tab.page.getByRole('dialog');
    await dialog.getByLabel('Search clients').fill('0999');
    const client = dialog.getByLabel('Client', { exact: true });
    expect(await client.inputValue()).toBe('');
    await client.selectOption('Client 0999');
    const chosen = await client.inputValue();
    await dialog.getByLabel('Search clients').fill('0777');
    await dialog.getByRole('option', { name: 'Client 0777' }).waitFor({ state: 'attached' });
    expect(await client.inputValue()).toBe(chosen);
    expect(await tab.findings()).toEqual([]);
    await tab.page.keyboard.press('Escape');
  });

  test('a page that cannot be had is said to be missing, and can be asked for again', async () => {
    const { page } = tab;
    await tab.visit('/clients?search=client');
    await page.getByText('50 of 1,000').waitFor();
    const address = `${running.url}/graphql`;
    await page.route(address, (route) => route.abort());
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('The server cannot be reached.').waitFor();
    await page.unroute(address);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('100 of 1,000').waitFor();
    expect(await page.getByText('The server cannot be reached.').count()).toBe(0);
  });

  test('a list that is asked for again while it grows loses nothing and doubles nothing', async () => {
    const { page } = tab;
    const address = `${running.url}/graphql`;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route(address, async (route) => {
      if (/"after":"[^"]/.test(route.request().postData() ?? '')) await released;
      await route.continue();
    });
    await tab.visit('/agents');
    await tab.visit('/clients');
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('button', { name: 'New client' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('Client 0000');
    await page.getByRole('dialog').getByRole('button', { name: 'New client' }).click();
    release();
    await page.getByText('Client 0000 was created.').waitFor();
    await settled(page);
    await page.getByText(/ of 1,001/).waitFor();
    const names = await rows(tab).allInnerTexts();
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(100);
    await page.unroute(address);
  });
});

describe('filters', () => {
  let tab: Tab;
  beforeAll(async () => {
    for (const agentId of [HARBOR_RETELL_AGENT, '01900000-0000-7000-8000-000000000404'])
      await running.data(
        `mutation { startTestCall(input: { agentId: "${agentId}", toNumber: "+14155550123" }) { call { id } } }`,
      );
    tab = await openTab(browser, running);
    await signIn(tab, running, 'Ada Brightline', '/calls');
  });

  test('of calls stand in the address, which leads back to what was seen', async () => {
    expect(await rows(tab).count()).toBe(2);
    await tab.page.getByLabel('Client', { exact: true }).selectOption('Harbor Dental');
    await tab.page.getByText('1 of 1', { exact: true }).waitFor();
    await tab.page.getByLabel('Agent', { exact: true }).selectOption('Harbor front desk');
    await tab.page.waitForURL(/agent=/);
    await tab.page.getByText('1 of 1', { exact: true }).waitFor();
    const { search } = new URL(tab.page.url());
    expect(search).toBe(`?client=${HARBOR}&agent=${HARBOR_RETELL_AGENT}`);
    await tab.page.reload();
    await tab.page.getByText('1 of 1', { exact: true }).waitFor();
    expect(await tab.page.getByLabel('Client', { exact: true }).inputValue()).toBe(HARBOR);
    await tab.page.getByLabel('From').fill('2100-01-01');
    await tab.page.getByText('No call is like this').waitFor();
    await tab.page.getByRole('link', { name: 'Show all' }).click();
    await tab.page.getByText('2 of 2', { exact: true }).waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('of calls narrow the list by provider, status and time, also from an address and on the way back', async () => {
    const { page } = tab;
    await page.getByLabel('Provider', { exact: true }).selectOption('Vapi');
    await page.getByText('No call is like this').waitFor();
    await page.getByLabel('Provider', { exact: true }).selectOption('Retell');
    await page.getByText('2 of 2', { exact: true }).waitFor();
    await page.getByLabel('Status', { exact: true }).selectOption('Failed');
    await page.getByText('No call is like this').waitFor();
    expect(new URL(page.url()).search).toBe('?provider=RETELL&status=FAILED');
    await tab.visit(`/calls?status=QUEUED&client=${HARBOR}&since=2000-01-01&until=2100-01-01`);
    await page.getByText('1 of 1', { exact: true }).waitFor();
    expect(await page.getByLabel('Status', { exact: true }).inputValue()).toBe('QUEUED');
    await page.getByRole('link', { name: 'Harbor front desk' }).click();
    await page.waitForURL(/\/agents\//);
    await page.goBack();
    await page.getByText('1 of 1', { exact: true }).waitFor();
    expect(await page.getByLabel('Before').inputValue()).toBe('2100-01-01');
    for (const odd of ['ODD', 'toString', '__proto__']) {
      await tab.visit(
        `/calls?status=${odd}&provider=${odd}&kind=${odd}&direction=${odd}&origin=${odd}&key=${odd}`,
      );
      await page.getByText('2 of 2', { exact: true }).waitFor();
    }
    expect(tab.faults).toEqual([]);
  });

  test('of the audit trail stand in the address: what, by whom, about which client, and when', async () => {
    await tab.visit(`/audit?type=CALL_PLACED&client=${MAPLE}`);
    await tab.page.getByText('1 of 1', { exact: true }).waitFor();
    expect(await tab.page.getByLabel('Client', { exact: true }).inputValue()).toBe(MAPLE);
    await tab.page.getByRole('link', { name: 'Ada Brightline' }).click();
    await tab.page.waitForURL(/actor=/);
    await settled(tab.page);
    expect(await rows(tab).allInnerTexts()).toEqual(['Call placed']);
    await tab.page.getByLabel('Before').fill('2000-01-01');
    await tab.page.getByText('No event is like this').waitFor();
    await tab.page.getByRole('link', { name: 'Show all' }).click();
    await tab.page.waitForURL(`${running.url}/audit`);
    await settled(tab.page);
    expect(await rows(tab).count()).toBeGreaterThan(1);
    expect(tab.faults).toEqual([]);
  });
});
