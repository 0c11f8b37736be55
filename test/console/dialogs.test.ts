import type { Browser, Locator, Page } from 'playwright-core';
import { seedHandIns } from '../../src/demo/hand-ins';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import type { TestApp } from '../harness';
import { CREATE_KEY_LINK, SET_CLIENT } from '../operations';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
let dialog: Locator;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
  await running.data(
    'mutation { createServiceToken(input: { name: "CRM sync", role: AGENCY_MEMBER }) { token } }',
  );
  tab = await openTab(browser, running, { colorScheme: 'dark', permissions: ['clipboard-write'] });
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  dialog = page.getByRole('dialog');
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const ARCHIVE =
  'mutation ($input: ArchiveClientInput!) { archiveClient(input: $input) { userErrors { code } } }';
const RESTORE =
  'mutation ($input: ArchiveClientInput!) { restoreClient(input: $input) { userErrors { code } } }';
const AGENT = `/agents/${HARBOR_RETELL_AGENT}`;
const button = (name: string) => page.getByRole('button', { name, exact: true }).first();
const submit = (name: string) => dialog.getByRole('button', { name, exact: true }).click();
const undo = (words: string) =>
  page.locator('.toast', { hasText: words }).getByRole('button', { name: 'Undo' }).click();
const says = (words: string | RegExp) => page.locator('.toasts').getByText(words).waitFor();

test.each([
  ['/clients', 'New client'],
  [`/clients/${HARBOR}`, 'Rename'],
  [`/clients/${HARBOR}`, 'Archive'],
  [`/clients/${HARBOR}`, 'Clear: Retell key'],
  [`/clients/${HARBOR}/agents`, 'New agent'],
  [`/clients/${HARBOR}/people`, 'Invite a portal user'],
  ['/agents', 'New agent'],
  [AGENT, 'Change'],
  [AGENT, 'Assign'],
  [AGENT, 'Test call'],
  [AGENT, 'Start a web call'],
  ['/hand-ins', 'Accept: Bland, Harbor Dental'],
  ['/hand-ins', 'Refuse: Bland, Harbor Dental'],
  ['/links', 'New one-time link'],
  ['/people', 'Invite a colleague'],
  ['/people', 'Change: Max Brightline'],
  ['/people', 'Remove: Ada Brightline'],
  ['/tokens', 'New service token'],
  ['/tokens', 'Revoke: CRM sync'],
  ['/tokens/gateway', 'New gateway token'],
])('on %s, axe finds nothing in the dialog "%s", which gives the focus back', async (path, name) => {
  await tab.visit(path);
  await button(name).click();
  await dialog.waitFor();
  await settled(page);
  expect(await tab.findings()).toEqual([]);
  // Also where the button stands in a cell that is aligned otherwise.
  expect(await dialog.evaluate((element) => getComputedStyle(element).textAlign)).toBe('start');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await button(name).evaluate((element) => element === document.activeElement)).toBe(true);
});

test('a dialog that is done gives the focus back, or to the heading where its button is gone', async () => {
  await tab.visit('/clients');
  await button('New client').click();
  await dialog.getByLabel('Name').fill('In focus');
  await submit('New client');
  await says('In focus was created.');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('New client');
  await tab.visit(`/clients/${MAPLE}`);
  await button('Archive').click();
  await submit('Archive');
  await says(/is archived/);
  await button('Restore').click();
  await button('Archive').waitFor();
  await page.waitForFunction(() => document.activeElement !== document.body);
});

test('what an agent is at its provider can be changed, and changed back', async () => {
  await tab.visit(AGENT);
  const id = page.locator('.facts code');
  const before = await id.innerText();
  await button('Change').click();
  await dialog.getByLabel('ID at the provider').fill('agent_of_another_name');
  await dialog.getByLabel('Calls from').fill('');
  await submit('Save');
  await says(/is changed/);
  expect(await id.innerText()).toBe('agent_of_another_name');
  expect(await page.locator('.facts').innerText()).not.toContain('Calls from');
  await undo('is changed');
  await page.getByText(before).waitFor();
  expect(await page.locator('.facts').innerText()).toContain('Calls from');
});

test('an agent is of a kind where its provider has several, and of no kind to choose elsewhere', async () => {
  await tab.visit('/agents');
  await button('New agent').click();
  await dialog.getByLabel('Name').fill('Recall by pathway');
  expect(await dialog.getByLabel('What the ID is of').count()).toBe(0);
  await dialog.getByLabel('Provider', { exact: true }).selectOption('Bland');
  await dialog.getByLabel('What the ID is of').selectOption('Pathway');
  await dialog.getByLabel('ID at the provider').fill('5f9c1f8e-2b7d-4b60-9d1c-000000000001');
  expect(await tab.findings()).toEqual([]);
  await submit('New agent');
  await page.getByRole('link', { name: 'Recall by pathway' }).click();
  await settled(page);
  expect(await page.locator('.facts').innerText()).toMatch(/What the ID is of\s+Pathway/);
});

test('a number is a number: what is none is not sent, and becomes no default in silence', async () => {
  await tab.visit('/links');
  await button('New one-time link').click();
  await dialog.getByLabel('Client').selectOption('Harbor Dental');
  const hours = dialog.getByLabel('Opens for how many hours');
  expect(await hours.getAttribute('type')).toBe('number');
  await hours.fill('');
  await submit('New one-time link');
  expect(await hours.evaluate((input: HTMLInputElement) => input.validity.valueMissing)).toBe(true);
  await page.keyboard.press('Escape');
});

test('a one-time link is for the client that is chosen, a code that cannot be copied is said to be, and revoking asks first', async () => {
  await tab.visit('/links');
  await button('New one-time link').click();
  const client = dialog.getByLabel('Client');
  expect(await client.inputValue()).toBe('');
  await submit('New one-time link');
  expect(await client.evaluate((select: HTMLSelectElement) => select.validity.valueMissing)).toBe(true);
  await client.selectOption('Maple Realty');
  await submit('New one-time link');
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));
  });
  await dialog.getByRole('button', { name: 'Copy Code' }).click();
  await dialog.getByText('Not copied: copy the selected text').waitFor();
  const code = await dialog.locator('code').last().innerText();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(code);
  await page.keyboard.press('Escape');
  await submit('Close without a copy');
  await page.evaluate(() => Reflect.deleteProperty(navigator.clipboard, 'writeText'));
  await page.getByRole('row', { name: /Maple Realty.*Expires in 3 days/ }).waitFor();
  await button('Revoke: Retell, Maple Realty').click();
  await dialog.getByText('There is no way back').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await page.getByRole('row', { name: /Maple Realty/ }).innerText()).toContain('Expires');
  await button('Revoke: Retell, Maple Realty').click();
  await submit('Revoke');
  await page.getByRole('row', { name: /Maple Realty.*Revoked/ }).waitFor();
  expect(await page.getByRole('row', { name: /Maple Realty/ }).innerText()).not.toContain('Expires');
});

test('a service token is shown once, and is revoked with its next request', async () => {
  await tab.visit('/tokens');
  await button('New service token').click();
  await dialog.getByLabel('Name').fill('Exports');
  await submit('New service token');
  const token = await dialog.locator('code').innerText();
  expect(token.length).toBeGreaterThan(20);
  // What had the focus is gone with the form.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('New service token');
  for (const leave of [
    () => page.keyboard.press('Escape'),
    () => dialog.getByRole('button', { name: 'Close', exact: true }).click(),
    () => page.evaluate(() => history.back()),
  ]) {
    await leave();
    await dialog.getByText('You have not copied it yet').waitFor();
    expect(await dialog.locator('code').innerText()).toBe(token);
    expect(new URL(page.url()).pathname).toBe('/tokens');
  }
  expect(await tab.findings()).toEqual([]);
  await submit('Copy Token');
  await dialog.getByText('You have not copied it yet').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await button('Revoke: Exports').click();
  await submit('Revoke');
  await says('Exports is revoked.');
  expect(await page.locator('body').innerHTML()).not.toContain(token);
  expect(await page.getByRole('row', { name: /Exports/ }).innerText()).toContain('Revoked');
});

test('a client is archived and restored, each with its way back', async () => {
  await tab.visit(`/clients/${MAPLE}`);
  await button('Archive').click();
  await submit('Archive');
  await page.getByText('This client is archived').waitFor();
  expect(await tab.findings()).toEqual([]);
  await undo('is archived');
  await page.getByText('This client is archived').waitFor({ state: 'detached' });
});

test('no agent of an archived client is said to use a key on its next call, because it places none', async () => {
  await tab.visit('/agents');
  const row = (name: RegExp) => page.getByRole('row', { name });
  expect(await row(/^Maple viewings/).innerText()).toMatch(/Agency’s key/);
  expect(await row(/^Old Mill service/).innerText()).toMatch(/Archived$/);
  expect(await row(/^Old Mill service/).innerText()).not.toMatch(/key/);
});

test('a test call stands in the list below it, and one with a corrected number is another call', async () => {
  await tab.visit(AGENT);
  await button('Test call').click();
  await dialog.getByLabel('Number to call').fill('not a number');
  await submit('Place the call');
  await dialog.locator('.error').getByText(/\w/).first().waitFor();
  await dialog.getByLabel('Number to call').fill('+14155550123');
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('startTestCall')) return route.continue();
    // It is placed, and the answer is lost.
    await route.fetch();
    return route.abort();
  });
  await submit('Place the call');
  await dialog.getByText('The server cannot be reached.').waitFor();
  await page.unroute('**/graphql');
  await submit('Place the call');
  await dialog.getByText(/^Placed with/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('1 of 1', { exact: true }).waitFor();
  await button('Test call').click();
  await dialog.getByLabel('Number to call').fill('+14155550124');
  await submit('Place the call');
  await dialog.getByText(/^Placed with/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('2 of 2', { exact: true }).waitFor();
});

describe('a key that was handed in', () => {
  test('is looked at again where the key that it replaces was changed meanwhile, and then accepted', async () => {
    await tab.visit('/hand-ins');
    await button('Accept: Bland, Harbor Dental').click();
    await dialog.locator('.sentences').first().waitFor();
    const { valid } = running.sandbox.bland.keys;
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: valid }] },
    });
    await submit('Accept');
    await dialog.locator('.error').getByText(/\w/).waitFor();
    await dialog.getByText('instead of the current one').waitFor();
    await submit('Accept');
    await says('The Bland key of Harbor Dental counts from the next call on.');
  });

  test('is refused with a reason, which stands in the list of all', async () => {
    await tab.visit('/hand-ins');
    await button('Refuse: Retell, Cedar Clinic').click();
    await dialog.getByLabel('Reason').fill('It is of another account.');
    await submit('Refuse');
    await says('The Retell key was refused and destroyed.');
    await page.getByText('Nothing waits for you').waitFor();
    await tab.visit('/hand-ins/all');
    const row = await page.getByRole('row', { name: /Cedar Clinic/ }).innerText();
    expect(row).toContain('It is of another account.');
    expect(row).toContain('Refused');
  });
});

test('oneself is told what goes with one, and is offered to keep nothing', async () => {
  await running.data(CREATE_KEY_LINK, { input: { clientId: MAPLE, provider: 'BLAND' } });
  await tab.visit('/people');
  await button('Remove: Ada Brightline').click();
  await dialog.getByText('What you let others in by is revoked:').waitFor();
  expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual([
    expect.stringMatching(/^Service tokens: CRM sync/),
    'One-time links for: Maple Realty',
  ]);
  expect(await dialog.getByRole('checkbox').count()).toBe(0);
  await page.keyboard.press('Escape');
});

test('nobody is removed before it is known what goes with them', async () => {
  await tab.visit('/people');
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('GrantedAccess')) await asked;
    await route.continue();
  });
  await button('Remove: Max Brightline').click();
  const remove = dialog.getByRole('button', { name: 'Remove', exact: true });
  expect(await remove.isDisabled()).toBe(true);
  answer();
  await settled(page);
  expect(await remove.isEnabled()).toBe(true);
  await page.unroute('**/graphql');
  await page.keyboard.press('Escape');
});

test.each(['Test call', 'Start a web call', 'Start a call'])(
  'where the client was archived meanwhile, the dialog "%s" says so, and nothing can be sent',
  async (name) => {
    await tab.visit('/agents');
    await tab.visit(`/agents/${MAPLE_RETELL_AGENT}`);
    await button(name).click({ trial: true });
    await running.data(ARCHIVE, { input: { clientId: MAPLE } });
    await button(name).click();
    await dialog.getByText('This client is archived').waitFor();
    expect(await dialog.locator('[type=submit]').isDisabled()).toBe(true);
    expect(await tab.findings()).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await running.data(RESTORE, { input: { clientId: MAPLE } });
  },
);
