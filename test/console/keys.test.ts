import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import type { TestApp } from '../harness';
import type { DemoPersonName } from './people';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

/** A provider that answers as it is told to. */
let provider: Server;
let mode: 'DOWN' | 'SLOW' | 'LYING' = 'DOWN';
let running: TestApp;
let withBadProvider: TestApp;
let browser: Browser;
beforeAll(async () => {
  provider = createServer((request, response) => {
    if (mode === 'DOWN') request.socket.destroy();
    if (mode === 'LYING') response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  [running, withBadProvider, browser] = await Promise.all([
    startConsole(),
    startConsole({ RETELL_BASE_URL: `http://127.0.0.1:${port}`, PROVIDER_TIMEOUT_MS: '1000' }),
    launch(),
  ]);
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await Promise.all([browser.close(), running.close(), withBadProvider.close()]);
});

const CHANGE = `mutation ($input: ChangeAgencyPersonInput!) { changeAgencyPerson(input: $input) { userErrors { code } } }`;
const MAX = '01900000-0000-7000-8000-000000000302';
const CLIENTS_KEY = 'key_demo_retell_client_valid_0002';
const AGENCYS_KEY = 'key_demo_retell_agency_valid_0001';

const keyField = ({ page }: Tab) => page.getByLabel('Retell key', { exact: true });
const save = ({ page }: Tab) => page.getByRole('button', { name: 'Save' });
const says = ({ page }: Tab) => page.locator('.key').first();

async function admin(app: TestApp, path: string, name: DemoPersonName = 'Ada Brightline'): Promise<Tab> {
  const tab = await openTab(browser, app);
  await signIn(tab, app, name, path);
  return tab;
}

async function testCall(tab: Tab): Promise<string> {
  await tab.visit(`/agents/${MAPLE_RETELL_AGENT}`);
  await tab.page.getByRole('button', { name: 'Test call' }).click();
  await tab.page.getByLabel('Number to call').fill('+14155550199');
  await tab.page.getByRole('button', { name: 'Place the call' }).click();
  const placedWith = tab.page.getByText(/^Placed with/);
  await placedWith.waitFor();
  const words = await placedWith.innerText();
  await tab.page.getByRole('button', { name: 'Close' }).click();
  return words;
}

test("leads from the first sign-in to a call on the client's key, and back to the agency's", async () => {
  const tab = await admin(running, '/clients');
  const { page } = tab;
  const began = Date.now();
  let clicks = 0;
  await page.exposeFunction('countClick', () => (clicks += 1));
  await page.evaluate(() =>
    addEventListener('click', () => (window as unknown as { countClick(): void }).countClick(), true),
  );
  await page.getByRole('link', { name: 'Maple Realty' }).click();
  await keyField(tab).click();
  await keyField(tab).fill(CLIENTS_KEY);
  await says(tab).getByText('1 agent will use this key instead of the agency’s: Maple viewings.').waitFor();
  await says(tab).getByText('1 agent does not exist in this account').waitFor();
  await says(tab).getByText('The same key is used by Harbor Dental').waitFor();
  await save(tab).click();
  await page.getByText('1 key is saved').waitFor();
  expect(Date.now() - began).toBeLessThan(20_000);
  expect(clicks).toBe(3);
  await says(tab).getByText('••••••••0002').waitFor();
  expect(await testCall(tab)).toBe('Placed with: client’s key');
  await tab.visit(`/clients/${MAPLE}`);
  await page.getByRole('button', { name: 'Clear: Retell key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 agent uses the agency’s key from then on: Maple viewings.').waitFor();
  await dialog.getByRole('button', { name: 'Clear', exact: true }).click();
  await page.getByText('The Retell key is cleared. 1 agent uses the agency’s key from then on.').waitFor();
  expect(await testCall(tab)).toBe('Placed with: agency’s key');
  expect(tab.faults).toEqual([]);
});

test('shows who else changed a key, and what, when two admins change it, and stores nothing', async () => {
  await running.data(CHANGE, { input: { personId: MAX, role: 'AGENCY_ADMIN' } });
  const one = await admin(running, `/clients/${HARBOR}`);
  const other = await admin(running, `/clients/${HARBOR}`, 'Max Brightline');
  await keyField(one).fill('key_of_the_first_admin_1111');
  await one.page.getByLabel('Vapi key', { exact: true }).fill('key_of_the_first_admin_for_vapi_1111');
  await keyField(other).fill('key_of_the_other_admin_2222');
  for (const tab of [one, other]) await tab.page.getByLabel('Ask the provider first').uncheck();
  await save(other).click();
  await other.page.getByText('1 key is saved').waitFor();
  await save(one).click();
  await says(one)
    .getByText('Someone else changed this key while you were here. Nothing was saved.')
    .waitFor();
  await says(one).getByText('Max Brightline set a key that is shown as ••••••••2222.').waitFor();
  expect(await keyField(one).inputValue()).toBe('');
  expect(await says(one).locator('.standing').innerText()).toContain('2222');
  // What was typed for another provider is gone as well, and it says so there; nothing is said where nothing was typed.
  const said = (index: number) => one.page.locator('.key-says').nth(index).innerText();
  expect(await said(1)).toBe('For your safety the key was not kept. Enter it again.');
  expect(await said(2)).toBe('');
  expect(await one.findings()).toEqual([]);
  await keyField(one).fill('key_of_the_first_admin_3333');
  await save(one).click();
  await one.page.getByText('1 key is saved').waitFor();
});

test('shows the state of the key that a client inherits, and what it means that the agency has none', async () => {
  await running.data(
    'mutation { clearAgencyApiKeys(input: { providers: [BLAND] }) { userErrors { code } } }',
  );
  const tab = await admin(running, `/clients/${MAPLE}`);
  await says(tab).getByRole('link', { name: 'Uses the agency’s key' }).waitFor();
  expect(await says(tab).locator('.badge').innerText()).toContain('Not checked yet');
  await tab.page.getByText('No key: calls are refused').first().waitFor();
  await tab.visit('/agency');
  await tab.page.getByText('No key: agents of clients without a key of their own place no calls').waitFor();
  await tab.page.getByRole('button', { name: 'Check now: Retell key' }).click();
  await says(tab).getByText('Last good').waitFor();
  expect(await says(tab).locator('.standing').innerText()).toMatch(/Set by operator/);
});

test('says why it cannot be told what clearing does, and clears nothing then', async () => {
  const tab = await admin(running, `/clients/${HARBOR}`);
  const { page } = tab;
  const errors = [{ code: 'CONFLICT', field: null, message: 'It cannot be told.' }];
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('previewClientApiKeyChange')
      ? route.fulfill({ json: { data: { done: { preview: null, warnings: [], userErrors: errors } } } })
      : route.continue(),
  );
  await page.getByRole('button', { name: 'Clear: Retell key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('It cannot be told.').waitFor();
  expect(await dialog.locator('.loading').count()).toBe(0);
  expect(await dialog.getByRole('button', { name: 'Clear', exact: true }).isDisabled()).toBe(true);
});

test('asks for the name before it clears a key whose agents would be left with none', async () => {
  const tab = await admin(running, '/agency');
  await tab.page.getByRole('button', { name: 'Clear: Retell key' }).click();
  const dialog = tab.page.getByRole('dialog');
  const confirm = dialog.getByLabel('Type Brightline Voice to confirm');
  const clear = dialog.getByRole('button', { name: 'Clear', exact: true });
  await confirm.fill('Brightline');
  expect(await clear.isDisabled()).toBe(true);
  await confirm.fill('Brightline Voice');
  expect(await clear.isEnabled()).toBe(true);
});

test.each([
  ['DOWN', 'is down'],
  ['SLOW', 'does not answer in time'],
  ['LYING', 'answers with something else'],
] as const)(
  'says that nothing is known where the provider (%s) %s, and drops the key',
  async (how, _says) => {
    mode = how;
    const tab = await admin(withBadProvider, `/clients/${MAPLE}`);
    await keyField(tab).fill(AGENCYS_KEY);
    await says(tab).getByText('Retell gave no clear answer. Nothing is known of this key.').waitFor();
    await save(tab).click();
    await says(tab).getByText('For your safety the key was not kept. Enter it again.').waitFor();
    expect(await keyField(tab).inputValue()).toBe('');
    expect(await says(tab).locator('.standing').innerText()).toBe('Uses the agency’s key');
  },
);

test('can be used by keyboard alone: a key is entered and saved without a mouse', async () => {
  const tab = await admin(running, `/clients/${MAPLE}`);
  const { keyboard } = tab.page;
  await tabTo(tab, 'Retell key');
  await keyboard.type('key_typed_by_keyboard_3333');
  await tabTo(tab, 'Ask the provider first, and save only what it accepts');
  await keyboard.press('Space');
  await tabTo(tab, 'Save');
  await keyboard.press('Enter');
  await tab.page.getByText('1 key is saved').waitFor();
  // The button is off, and the field a new one: one goes on where one was, and after a Clear at the heading.
  await focusOn(tab, await keyField(tab).getAttribute('id'));
  await tabTo(tab, 'Clear: Retell key');
  await keyboard.press('Enter');
  await tab.page.getByRole('dialog').locator('.sentences').first().waitFor();
  await tabTo(tab, 'Clear');
  await keyboard.press('Enter');
  await tab.page.getByText('The Retell key is cleared.').waitFor();
  await tab.page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  await tab.page.getByLabel('Ask the provider first').check();
  await keyField(tab).focus();
  await keyboard.type('key_that_is_refused_3333');
  await keyboard.press('Enter');
  await says(tab).getByText('Enter it again').waitFor();
  await focusOn(tab, await keyField(tab).getAttribute('id'));
});

const focusOn = ({ page }: Tab, id: string | null) =>
  page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);

test('withdraws what it said of a key that was refused when the key that is stored is checked', async () => {
  const tab = await admin(running, '/agency');
  const { page } = tab;
  const refusal = says(tab).getByRole('alert');
  await keyField(tab).fill('key_that_retell_rejects_7777');
  await page.locator('.keys').getByRole('button', { name: 'Save' }).click();
  await refusal.getByText('Enter it again').waitFor();
  await page.getByRole('button', { name: 'Check now: Retell key' }).click();
  await says(tab).getByText('Retell accepts this key.').waitFor();
  expect(await refusal.count()).toBe(0);
  expect(await keyField(tab).getAttribute('aria-invalid')).toBe('false');
  await keyField(tab).fill('key');
  await keyField(tab).fill('');
  expect(await says(tab).locator('.key-says').innerText()).toBe('');
});

/** Presses Tab until what is called so has the focus. */
async function tabTo({ page }: Tab, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const reached = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.labels?.[0]?.textContent || element?.getAttribute('aria-label') || element?.textContent;
    });
    if (reached === name) return;
  }
  throw new Error(`Nothing that is called ${name} gets the focus`);
}

test('keeps keys nowhere in the page after Save, whatever came of it: a heap snapshot holds the planted text and no key', async () => {
  const tab = await admin(running, `/clients/${HARBOR}`);
  const { page } = tab;
  const verify = page.getByLabel('Ask the provider first');
  const saved = async (key: string, words: string) => {
    await keyField(tab).pressSequentially(key);
    await save(tab).click();
    await page.getByText(words).first().waitFor();
    await settled(page);
  };
  await page.evaluate(() => {
    const planted = document.createElement('input');
    planted.value = ['planted', 'text', 'that', 'stays'].join('_');
    (window as unknown as { planted: string }).planted = planted.value;
  });
  await saved('key_that_is_refused_4444', 'Enter it again');
  await verify.uncheck();
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('setClientApiKeys') ? route.abort() : route.continue(),
  );
  await saved('key_of_a_failed_request_5555', 'The server cannot be reached.');
  await page.unroute('**/graphql');
  await saved('key_that_must_not_stay_6666', '1 key is saved');
  const heap = await heapOf(tab);
  expect(heap).toContain('planted_text_that_stays');
  const elsewhere = await page.evaluate(() =>
    JSON.stringify([
      document.documentElement.outerHTML,
      [...document.querySelectorAll('input')].map(({ value }) => value),
      { ...localStorage },
      { ...sessionStorage },
      history.state,
      location.href,
    ]),
  );
  for (const text of [heap, elsewhere])
    expect(text).not.toMatch(/key_that_is_refused|key_of_a_failed|key_that_must/);
});

async function heapOf({ page }: Tab): Promise<string> {
  const protocol = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  protocol.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await protocol.send('HeapProfiler.collectGarbage');
  await protocol.send('HeapProfiler.takeHeapSnapshot');
  return chunks.join('');
}

test("shows why an agent's next call uses the key that it uses", async () => {
  const tab = await admin(running, `/agents/${HARBOR_RETELL_AGENT}`);
  const chain = tab.page.getByRole('region', { name: 'Why this key?' });
  expect(await chain.locator('.taken').innerText()).toContain('Client’s key');
  await chain
    .getByText('If the client’s key were cleared, the next call would use the agency’s key.')
    .waitFor();
});
