import type { Browser, Locator, Page } from 'playwright-core';
import { seedHandIns } from '../../src/demo/hand-ins';
import { ARCHIVED_CLIENTS_AGENT, HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
let menu: Locator;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  await running.data(
    `mutation { startTestCall(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "+14155550123" }) { call { id } } }`,
  );
  tab = await openTab(browser, running);
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  menu = page.getByRole('navigation', { name: 'Menu' });
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

test.each([
  [`/clients/${HARBOR}`, 'API keys', 'Harbor Dental'],
  [`/clients/${HARBOR}/people`, 'Portal users', 'Harbor Dental'],
  ['/agency/webhooks', 'Webhooks', 'Brightline Voice'],
  ['/hand-ins', 'Waiting for you', 'Hand-ins'],
  ['/links', 'One-time links', 'Hand-ins'],
  ['/billing', 'Statements', 'Billing'],
  ['/billing/rates', 'Rates', 'Billing'],
])('%s says in its title and its heading which tab it is: %s', async (path, part, title) => {
  await tab.visit(path);
  expect(await page.title()).toBe(`${part} · ${title} · Latchkey`);
  const heading = await page.getByRole('heading', { level: 1 }).textContent();
  expect(heading).toBe(`${title}: ${part}`);
});

test.each([1280, 390])(
  '%d pixels wide, all content is in a landmark, and no heading is skipped',
  async (width) => {
    const other = await openTab(browser, running, { viewport: { width, height: 800 } });
    await signIn(other, running, 'Ada Brightline');
    for (const path of [
      '/clients',
      `/clients/${HARBOR}`,
      '/agency',
      '/agency/events',
      '/calls',
      '/billing/rates',
    ]) {
      await other.visit(path);
      // This loads axe as well.
      expect(await other.findings()).toEqual([]);
      const found = await other.page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') };
        const rules = ['heading-order', 'region', 'landmark-unique', 'landmark-no-duplicate-banner'];
        const { violations } = await axe.run(document, { runOnly: { type: 'rule', values: rules } });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
      expect({ path, found }).toEqual({ path, found: [] });
    }
  },
);

test('keys that wait for a decision are counted in the menu, until they are decided on', async () => {
  await tab.visit('/clients');
  expect(await menu.getByRole('link', { name: 'Hand-ins' }).textContent()).toBe('Hand-ins');
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
  const { keyHandIns } = await running.data<{ keyHandIns: { totalCount: number } }>(
    '{ keyHandIns(status: PENDING) { totalCount } }',
  );
  await tab.visit('/hand-ins');
  await menu.getByText(`: ${keyHandIns.totalCount} keys to decide on`).waitFor({ state: 'attached' });
  await page
    .getByRole('button', { name: /^Refuse/ })
    .first()
    .click();
  await page.getByLabel('Reason').fill('It is of another account.');
  await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click();
  const left = keyHandIns.totalCount - 1;
  await menu
    .getByText(`: ${left} ${left === 1 ? 'key' : 'keys'} to decide on`)
    .waitFor({ state: 'attached' });
});

test('agents are narrowed to a client, and the ways back lead to lists as one left them', async () => {
  await tab.visit('/agents');
  await page.getByLabel('Client', { exact: true }).selectOption('Maple Realty');
  const others = page.getByRole('link', { name: 'Harbor front desk' });
  await others.waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Maple viewings' }).click();
  await page.getByRole('link', { name: 'Back to the agents' }).click();
  await page.getByRole('link', { name: 'Maple viewings' }).waitFor();
  expect(await others.count()).toBe(0);
  expect(page.url()).toBe(`${running.url}/agents?client=${MAPLE}`);
  await page.getByLabel('Provider', { exact: true }).selectOption('Bland');
  await page.getByText('No agent is like this').waitFor();

  await tab.visit(`/calls?client=${HARBOR}&status=QUEUED`);
  await page.getByRole('rowheader').first().getByRole('link').click();
  await page.getByRole('link', { name: 'Back to the calls' }).click();
  await page.waitForURL(`${running.url}/calls?client=${HARBOR}&status=QUEUED`);

  await tab.visit('/clients?search=maple');
  await page.getByRole('link', { name: 'Maple Realty' }).click();
  await page.getByRole('link', { name: 'Back to the clients' }).click();
  await page.waitForURL(`${running.url}/clients?search=maple`);
});

test.each(['Ada Brightline', 'Max Brightline'] as const)(
  'no call is offered to %s by an agent of an archived client, and it is said why',
  async (name) => {
    const other = await openTab(browser, running);
    await signIn(other, running, name, `/agents/${ARCHIVED_CLIENTS_AGENT}`);
    await other.page.getByText('This client is archived: its agents place no calls.').waitFor();
    const buttons = other.page.getByRole('button', { name: /^(Test call|Start a (web )?call)$/ });
    const states = await buttons.evaluateAll((all) =>
      all.map((each) => (each as HTMLButtonElement).disabled),
    );
    expect(states).toEqual(name === 'Ada Brightline' ? [true, true, true] : [true, true]);
    expect(await other.findings()).toEqual([]);
    expect(other.faults).toEqual([]);
  },
);

test('the people of the agency are said to be those, with the way to those of its clients', async () => {
  await tab.visit('/people');
  const lead = page.locator('.lead');
  expect(await lead.innerText()).toMatch(/^Who of the agency can sign in[^]*Portal users[^]*Clients$/);
  await lead.getByRole('link', { name: 'Clients' }).click();
  await page.waitForURL(`${running.url}/clients`);
});

test('what was undone is not said any more', async () => {
  await tab.visit(`/clients/${MAPLE}`);
  await page.getByRole('button', { name: 'Archive' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  const toasts = page.locator('.toasts');
  await toasts.getByText('Maple Realty is archived.').waitFor();
  await page.getByRole('button', { name: 'Restore' }).click();
  await toasts.getByText('Maple Realty is active again.').waitFor();
  expect(await toasts.getByText('is archived').count()).toBe(0);
});
