import type { Browser, Locator, Page } from 'playwright-core';
import { AlertRow } from '../../src/alerts/alert.entity';
import { ClientRow } from '../../src/clients/client.entity';
import { newId } from '../../src/platform/ids';
import { HARBOR, HARBOR_BLAND_AGENT, MAPLE } from '../demo-ids';
import { startReceiver, status, type Receiver } from '../fixtures/receiver';
import type { TestApp } from '../harness';
import { SET_CLIENT, START_CALL } from '../operations';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
let dialog: Locator;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  tab = await openTab(browser, running, { permissions: ['clipboard-write'] });
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  dialog = page.getByRole('dialog');
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const button = (name: string) => page.getByRole('button', { name, exact: true });
const says = (words: string | RegExp) => page.locator('.toasts').getByText(words).waitFor();

describe('events of providers', () => {
  const section = (provider: string) => page.locator('.endpoint', { hasText: provider }).first();
  const addressOf = (provider: string) => section(provider).locator('.copy code').innerText();
  /** An event with a signature that is none. */
  const send = async (address: string) =>
    (await fetch(running.url + new URL(address).pathname, { method: 'POST', body: '{}' })).status;

  test('of the agency and of a client have addresses of their own, with where to enter them', async () => {
    await tab.visit('/agency');
    await page.getByRole('link', { name: 'Provider events' }).click();
    await settled(page);
    const ofAgency = await addressOf('Retell');
    await page.getByText('Enter it at Retell: as the webhook of the account').waitFor();
    await page.getByText('It is the API key that has the webhook badge.').waitFor();
    expect(await page.locator('.endpoint').count()).toBe(3);
    expect(await tab.findings()).toEqual([]);
    await tab.visit(`/clients/${HARBOR}/events`);
    expect(await addressOf('Retell')).not.toBe(ofAgency);
    expect(await tab.findings()).toEqual([]);
  });

  test('are verified by a secret that is sealed before it is sent, and is shown to nobody', async () => {
    const secret = 'whs_typed_in_the_console_0123456789';
    await tab.visit(`/clients/${HARBOR}/events`);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await button('Set the secret: Retell').click();
    expect(await tab.findings()).toEqual([]);
    await dialog.getByLabel('Secret of Retell’s events').fill('short');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('what you typed was not kept').waitFor();
    expect(await dialog.getByLabel('Secret of Retell’s events').inputValue()).toBe('');
    await dialog.getByLabel('Secret of Retell’s events').fill(secret);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await says('Events of Retell are verified by the new secret.');
    await section('Retell').getByText('A secret is set.').waitFor();
    expect(sent.join()).not.toContain(secret);
    expect(await page.content()).not.toContain(secret);
  });

  test('that are refused are counted, with what to do about it', async () => {
    await tab.visit(`/clients/${HARBOR}/events`);
    expect(await send(await addressOf('Retell'))).toBe(401);
    await running.app.upkeep.refusedEvents.write();
    await tab.visit('/clients');
    await tab.visit(`/clients/${HARBOR}/events`);
    await section('Retell').getByText('1 event was refused').waitFor();
    await section('Retell').getByText('Set the secret again.').waitFor();
    expect(await tab.findings()).toEqual([]);
  });

  test('get a new address, which leaves the old one for a day, and both are said', async () => {
    await tab.visit(`/clients/${HARBOR}/events`);
    const before = await addressOf('Vapi');
    await button('New address: Vapi').click();
    await dialog.getByText('within 24 hours').waitFor();
    await dialog.getByRole('button', { name: 'New address' }).click();
    await says('The old one is answered for 24 hours more.');
    expect(await addressOf('Vapi')).not.toBe(before);
  });
});

describe('an import of agents', () => {
  test('compares first, creates what is chosen, and lets one choose the number of each', async () => {
    await tab.visit('/agents');
    await page.getByRole('link', { name: 'Import agents' }).click();
    await page.getByLabel('Client', { exact: true }).selectOption('Harbor Dental');
    await button('Compare').click();
    await page.getByText('This is the client’s own account.').waitFor();
    expect(await page.locator('.found').innerText()).toMatch(/Here already[^]*Sales/);
    expect(await tab.findings()).toEqual([]);
    await button('Choose none').click();
    expect(await button('Import').isDisabled()).toBe(true);
    await page.getByLabel('Sales').check();
    await button('Import 1 agent').click();
    await page.getByRole('heading', { name: '1 agent is imported.' }).waitFor();
    await settled(page);
    const number = page.getByLabel('Sales calls from');
    const options = await number.locator('option').allInnerTexts();
    expect(options.length).toBeGreaterThan(1);
    await number.selectOption({ index: 1 });
    expect(await tab.findings()).toEqual([]);
    await button('Save').click();
    await says('Sales has its number.');
    await page.getByRole('link', { name: 'Sales' }).click();
    expect(await page.locator('.facts').innerText()).toContain('Calls from');
    await button('Change').click();
    await dialog.locator('datalist option').first().waitFor({ state: 'attached' });
    expect(await dialog.getByLabel('Calls from').getAttribute('list')).toBeTruthy();
    await page.keyboard.press('Escape');
  });

  test('says why an account cannot be listed, and names what is missing in it', async () => {
    await running.data(SET_CLIENT, {
      input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.revoked }] },
    });
    await tab.visit('/agents/import');
    await page.getByLabel('Client', { exact: true }).selectOption('Maple Realty');
    await button('Compare').click();
    await page
      .getByRole('alert')
      .getByText(/does not accept/)
      .waitFor();
    expect(await tab.findings()).toEqual([]);
    await button('Compare another account').click();
    await running.data(SET_CLIENT, {
      input: {
        clientId: MAPLE,
        keys: [{ provider: 'RETELL', apiKey: running.sandbox.retell.keys.secondAccount }],
      },
    });
    await page.getByLabel('Client', { exact: true }).selectOption('Maple Realty');
    await button('Compare').click();
    await page.getByRole('heading', { name: 'Not in this account' }).waitFor();
  });
});

describe('alerts', () => {
  test('name the clients that are down because of their own key first, lead to where it is put right, and are acknowledged', async () => {
    const { revoked } = running.sandbox.bland.keys;
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: revoked }] },
    });
    await running.data(START_CALL, { input: { agentId: HARBOR_BLAND_AGENT, toNumber: '+14155550123' } });
    await running.app.upkeep.keyChecker.checkDue(new Date());
    await running.app.upkeep.alertWorker.work(new Date());
    await tab.visit('/clients');
    await page.getByRole('link', { name: /^Alerts\s*\d* ?: \d+ open alerts?$/ }).click();
    const down = page.locator('.down');
    await down.getByText('Key rejected · Bland').waitFor();
    await down.getByRole('link', { name: 'Harbor Dental' }).waitFor();
    expect(await tab.findings()).toEqual([]);
    await button('Acknowledge: Key rejected · Bland, Harbor Dental').click();
    await says('It stays open until its cause is gone.');
    const row = page.getByRole('row', { name: /Key rejected/ });
    await row.getByText('Known').waitFor();
    const fix = row.getByRole('link', { name: 'Put it right: Key rejected, Harbor Dental' });
    // Its words stand on one line.
    const { height } = (await fix.boundingBox()) ?? { height: 0 };
    expect(height).toBeLessThan(40);
    await fix.click();
    await page.getByLabel('Bland key', { exact: true }).waitFor();
  });

  test('name every client that is down, however many there are', async () => {
    const { database } = running.app;
    const harbor = await database.read.findOneByOrFail(ClientRow, { id: HARBOR });
    const alert = await database.read.findOneByOrFail(AlertRow, { ownerId: HARBOR, isOpen: true });
    const clients = Array.from({ length: 119 }, (_, number) => ({
      ...harbor,
      id: newId(),
      name: `Client ${number}`,
    }));
    const alerts = clients.map(({ id: ownerId }) => ({ ...alert, id: newId(), ownerId, cause: ownerId }));
    await database.write(async (tx) => {
      await tx.insert(ClientRow, clients);
      await tx.insert(AlertRow, alerts);
    });
    await tab.visit('/alerts');
    const down = page.locator('.down');
    await down.getByText('50 of 120').waitFor();
    expect(await tab.findings()).toEqual([]);
    await down.getByRole('button', { name: 'Show more' }).click();
    await down.getByText('100 of 120').waitFor();
    await down.getByRole('button', { name: 'Show more' }).click();
    // It has waited longest, so that it comes last.
    await down.getByRole('link', { name: 'Harbor Dental' }).waitFor();
    expect(await down.getByRole('listitem').count()).toBe(120);
    expect(await down.getByRole('button').count()).toBe(0);
    await tab.visit('/clients');
    await database.write(async (tx) => {
      for (const { id } of alerts) await tx.delete(AlertRow, { id });
      for (const { id } of clients) await tx.delete(ClientRow, { id });
    });
  });

  test('are shown by state and client, also from an address', async () => {
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: running.sandbox.bland.keys.valid }] },
    });
    await running.chained();
    await running.app.upkeep.alertWorker.work(new Date());
    await tab.visit(`/alerts?client=${HARBOR}`);
    await page.getByText('No alert is like this').waitFor();
    expect(await page.locator('.down').count()).toBe(0);
    await page.getByLabel('State').selectOption('Closed');
    const row = page.getByRole('row', { name: /Key rejected/ });
    await row.getByText('Closed').waitFor();
    expect(new URL(page.url()).search).toBe(`?state=closed&client=${HARBOR}`);
    expect(await row.getByRole('button').count()).toBe(0);
    expect(await tab.findings()).toEqual([]);
  });
});

describe('webhooks', () => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    // What happened before there was a webhook is told to nobody.
    await work();
  });
  afterAll(() => receiver.close());
  /** What happened is announced when it is chained in the audit trail. */
  const work = async () => {
    await running.chained();
    await running.app.upkeep.deliveries.work();
  };
  const card = () => page.locator('.endpoint');
  const setKey = () =>
    running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: running.sandbox.bland.keys.valid }] },
    });
  test('are created with a secret that is shown once, and say what they are told of', async () => {
    await tab.visit('/agency/webhooks');
    await page.getByText('No webhooks yet').waitFor();
    expect(await tab.findings()).toEqual([]);
    await button('New webhook').click();
    await dialog.getByLabel('Address', { exact: true }).fill('ftp://brightline.example/hooks');
    await dialog.getByRole('button', { name: 'New webhook' }).click();
    await dialog.locator('.field .error').getByText(/\w/).waitFor();
    expect(await tab.findings()).toEqual([]);
    await dialog.getByLabel('Address', { exact: true }).fill(receiver.url);
    await dialog.getByLabel('A call has ended').uncheck();
    await dialog.getByRole('button', { name: 'New webhook' }).click();
    const secret = await dialog.locator('code').innerText();
    expect(secret).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Copy Secret' }).click();
    await dialog.getByText('Copied').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText(secret).waitFor({ state: 'detached' });
    await card().getByText('A key is set').waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(await card().innerText()).not.toContain('A call has ended');
    expect(await tab.findings()).toEqual([]);
  });

  test('have a log of what was sent, and why it failed', async () => {
    receiver.answer = status(500);
    await setKey();
    await work();
    await card()
      .getByRole('link', { name: /^Deliveries/ })
      .click();
    const row = page.locator('tr', { hasText: 'A key is set' });
    await row.getByText('HTTP 500').waitFor();
    await row.getByText('Next attempt').waitFor();
    await row.getByText('A key is set').click();
    expect(await row.locator('pre').innerText()).toContain(HARBOR);
    expect(await tab.findings()).toEqual([]);
  });

  test('are switched off and on, and what failed meanwhile is delivered again, one by one or all of it', async () => {
    await page.getByRole('link', { name: 'All webhooks' }).click();
    await page.getByRole('button', { name: /^Switch off/ }).click();
    await says('It is off.');
    await setKey();
    await work();
    await page.getByRole('button', { name: /^Switch on/ }).click();
    await says('It is on.');
    receiver.answer = status(204);
    await card()
      .getByRole('link', { name: /^Deliveries/ })
      .click();
    await page.getByLabel('Status').selectOption('Failed');
    await page.getByText('The webhook was off.').first().waitFor();
    expect(new URL(page.url()).search).toBe('?status=FAILED');
    await button('Deliver again: A key is set').first().click();
    await says('It is delivered again.');
    await button('Deliver what failed again').click();
    expect(await tab.findings()).toEqual([]);
    await dialog.getByRole('button', { name: 'Deliver again' }).click();
    await says('1 message is delivered again.');
    await page.getByText('No delivery is like this').waitFor();
    await work();
    await tab.visit('/agency/webhooks');
    await card()
      .getByRole('link', { name: /^Deliveries/ })
      .click();
    await page.locator('tr', { hasText: 'Delivered' }).nth(1).waitFor();
  });

  test('that are off by a fault are named by an alert, which leads to them', async () => {
    receiver.answer = status(410);
    await setKey();
    await work();
    receiver.answer = status(204);
    await running.app.upkeep.alertWorker.work(new Date());
    await tab.visit('/alerts');
    const row = page.getByRole('row', { name: /Webhook switched off/ });
    expect(await row.innerText()).toContain(`webhook at ${new URL(receiver.url).host}`);
    expect(await tab.findings()).toEqual([]);
    await row.getByRole('link', { name: receiver.url, exact: true }).click();
    await page.getByRole('heading', { name: `Deliveries to ${receiver.url}` }).waitFor();
    await tab.visit('/alerts');
    await row.getByRole('link', { name: `Put it right: Webhook switched off, ${receiver.url}` }).click();
    await page.getByRole('button', { name: /^Switch on/ }).click();
    await says('It is on.');
  });

  test('get another secret, are changed and deleted', async () => {
    await tab.visit('/agency/webhooks');
    await page.getByRole('button', { name: /^New secret/ }).click();
    await dialog.getByRole('button', { name: 'New secret' }).click();
    expect(await dialog.locator('code').innerText()).toMatch(/^whsec_/);
    await dialog.getByRole('button', { name: 'Copy Secret' }).click();
    await dialog.getByText('Copied').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('The secret before signs as well until').waitFor();
    await page.getByRole('button', { name: /^Change/ }).click();
    await dialog.getByLabel('A call has ended').check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await card().getByText('A call has ended').waitFor();
    await page.getByRole('button', { name: /^Delete/ }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await says('The webhook is deleted.');
    await page.getByText('No webhooks yet').waitFor();
  });
});
