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
  tab = await openTab(browser, running, { timezoneId: 'Asia/Tokyo' });
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  dialog = page.getByRole('dialog');
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const UNFIT = 'This is not understood here. Write it as the field asks for it.';
const MUCH = '999999999999';

describe('what cannot be taken is refused beside its field, which gets the focus, with how to write it', () => {
  test.each([
    ['/billing/rates', 'Set a rate', 'Price a minute', '0,12', UNFIT, 'a point'],
    ['/billing/rates', 'Set a rate', 'Price a minute', '$0.12', UNFIT, 'e.g. 0.12'],
    ['/billing/rates', 'Set a rate', 'Price a minute', 'abc', UNFIT, 'e.g. 0.12'],
    ['/billing/rates', 'Set a rate', 'First seconds', MUCH, UNFIT, '1 to 3600'],
    ['/billing/rates', 'Set a rate', 'Then by seconds', MUCH, UNFIT, '1 to 3600'],
    ['/links', 'New one-time link', 'Opens for how many hours', MUCH, UNFIT, '1 to 168'],
    ['/tokens', 'New service token', 'Good for how many days', MUCH, UNFIT, '1 to 365'],
    [
      '/tokens/gateway',
      'New gateway token',
      'Good for how many days',
      MUCH,
      'Within the next 365 days.',
      '1 to 365',
    ],
    [
      '/tokens/gateway',
      'New gateway token',
      'Good for how many days',
      `-${MUCH}`,
      'Within the next 365',
      '1 to 365',
    ],
  ])('on %s in "%s": %s is %s', async (path, action, label, typed, words, hint) => {
    await tab.visit(path);
    await page.getByRole('button', { name: action }).first().click();
    for (const [name, value] of [
      ['Name', 'Exports'],
      ['Price a minute', '0.12'],
    ] as const)
      if (await dialog.getByLabel(name).count()) await dialog.getByLabel(name).fill(value);
    const client = dialog.getByLabel('Client', { exact: true });
    if (await client.count()) await client.selectOption('Harbor Dental');
    const field = dialog.getByLabel(label);
    await field.fill(typed);
    await dialog.getByRole('button', { name: action }).click();
    await dialog.getByText(words).waitFor();
    await dialog.locator('[aria-invalid="true"]:focus').waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
    const said = await Promise.all(ids.map((id) => dialog.locator(`[id="${id}"]`).innerText()));
    expect(said.join(' ')).toContain(hint);
    expect(said.join(' ')).toContain(words);
    expect(await field.inputValue()).toBe(typed);
    expect(await page.getByText('Something went wrong').count()).toBe(0);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });
});

test('where several fields together are refused, the first of them gets the focus and names what is wrong', async () => {
  await tab.visit('/tokens/gateway');
  await page.getByRole('button', { name: 'New gateway token' }).first().click();
  await dialog.getByLabel('Name').fill('Reaches nothing');
  const boxes = dialog.getByRole('group', { name: 'Providers' }).getByRole('checkbox');
  for (const box of await boxes.all()) await box.uncheck();
  await dialog.getByRole('button', { name: 'New gateway token' }).click();
  await dialog.getByRole('group', { name: 'Providers' }).locator('input:focus').waitFor();
  expect(await boxes.first().evaluate((box) => box === document.activeElement)).toBe(true);
  const group = await dialog.getByRole('group', { name: 'Providers' }).getAttribute('aria-describedby');
  expect(await dialog.locator(`[id="${group}"]`).innerText()).not.toBe('');
  expect(await tab.findings()).toEqual([]);
  await page.keyboard.press('Escape');
});

describe('an address that nothing can be like says so at the field that it fills', () => {
  test.each([
    ['/calls?since=2026-12-20&until=2026-12-01', 'From', '“From” is after “Before”'],
    ['/calls?since=0001-01-01', 'From', 'Days from 1970 to 9999.'],
    ['/calls?until=9999-12-31', 'Before', 'Days from 1970 to 9999.'],
    ['/audit?since=2026-12-20&until=2026-12-01', 'From', '“From” is after “Before”'],
    ['/audit?until=0001-01-01', 'Before', 'Days from 1970 to 9999.'],
    [`/billing?clientId=${HARBOR}&month=0001-01`, 'Month', 'A month from February 1970 to November 9999.'],
    [`/billing?clientId=${HARBOR}&month=9999-12`, 'Month', 'A month from February 1970 to November 9999.'],
    [`/billing?month=1969-13`, 'Month', 'A month from February 1970 to November 9999.'],
  ])('%s: %s', async (path, label, words) => {
    await tab.visit(path);
    await page.getByRole('alert').getByText(words).waitFor();
    const field = page.getByLabel(label, { exact: true });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    const described = (await field.getAttribute('aria-describedby'))?.split(' ').at(-1) ?? '';
    expect(await page.locator(`[id="${described}"]`).innerText()).toContain(words);
    expect(await page.locator('.note.bad').count()).toBe(0);
    expect(await tab.findings()).toEqual([]);
  });

  test('and a search that is too long is refused in the words of the server, without a way to ask again', async () => {
    await tab.visit(`/clients?search=${'n'.repeat(300)}`);
    await page.getByRole('alert').getByText('has at most 100 characters').waitFor();
    expect(await page.getByText('Something went wrong').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });
});

test('wherever days are entered, it is said whose days they are', async () => {
  const { agency } = await running.data<{ agency: { timeZone: string } }>('{ agency { timeZone } }');
  for (const [path, words] of [
    ['/calls', 'Days are those of your own time zone, Asia/Tokyo.'],
    ['/audit', 'Days are those of your own time zone, Asia/Tokyo.'],
    ['/billing', `Days are those of the agency’s time zone, ${agency.timeZone}.`],
    ['/analytics', `in the agency’s time zone, ${agency.timeZone}.`],
  ] as const) {
    await tab.visit(path);
    await page.getByText(words).waitFor();
  }
  await tab.visit('/billing/rates');
  await page.getByRole('button', { name: 'Set a rate' }).first().click();
  await settled(page);
  await dialog.getByText('By the clock of your own time zone, Asia/Tokyo.').waitFor();
  await page.keyboard.press('Escape');
});
