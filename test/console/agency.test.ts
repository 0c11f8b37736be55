import type { Browser, Locator, Page } from 'playwright-core';
import { HARBOR } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
let dialog: Locator;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  tab = await openTab(browser, running);
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
