import type { Browser } from 'playwright-core';
import { HARBOR } from '../demo-ids';
import type { TestApp } from '../harness';
import { CREATE_KEY_LINK } from '../operations';
import { launch, openTab, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let link: string;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  const { createKeyLink } = await running.data<{ createKeyLink: { url: string } }>(CREATE_KEY_LINK, {
    input: { clientId: HARBOR, provider: 'BLAND' },
  });
  link = createKeyLink.url;
});
afterAll(() => Promise.all([browser.close(), running.close()]));

const SCREENS = [
  ['wide and light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['narrow and dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
] as const;

/** What is wrong with the page that is shown: nothing. */
async function faultsOf(tab: Tab): Promise<string[]> {
  const wider = await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  const outside = wider > 0 ? [`${wider} pixels are outside of the screen`] : [];
  return [...outside, ...(await tab.findings()), ...tab.faults];
}

describe.each(SCREENS)('on a screen that is %s, axe finds nothing on', (_name, options) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await openTab(browser, running, options);
  });

  test('the page of a one-time link, also with a code that is wrong', async () => {
    await tab.page.goto(link);
    expect(await faultsOf(tab)).toEqual([]);
    await tab.page.getByLabel('Code of six digits').fill('nothing');
    await tab.page.getByLabel('Bland API key').fill('org_that_is_not_sent_on');
    await tab.page.getByRole('button').click();
    await tab.page.getByRole('alert').waitFor();
    expect(await faultsOf(tab)).toEqual([]);
  });

  test('the page of a link that does not open', async () => {
    await tab.page.goto(`${link}-`);
    expect(await faultsOf(tab)).toEqual([]);
  });

  test.each([
    ['/nowhere', 'There is nothing here'],
    ['/graphql', 'This is the address of the API'],
  ])('the page that %s leads to, from which one finds the console', async (path, title) => {
    await tab.page.goto(running.url + path);
    await tab.page.getByRole('heading', { level: 1, name: title }).waitFor();
    expect(await faultsOf(tab)).toEqual([]);
    await tab.page.getByRole('link', { name: 'Open the console' }).click();
    await tab.page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test('the page on which a visitor of the demo chooses a person', async () => {
    await tab.page.goto(running.url);
    await tab.page.getByRole('button', { name: 'Sign in' }).click();
    await tab.page.getByRole('link', { name: 'Ada Brightline' }).waitFor();
    expect(await faultsOf(tab)).toEqual([]);
  });
});

test('the page of a one-time link reads out with a field what is said beside it', async () => {
  const { page } = await openTab(browser, running);
  await page.goto(link);
  const said = () =>
    page
      .getByLabel('Code of six digits')
      .evaluate((field) =>
        (field.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent),
      );
  const hint = 'It came to you another way than this link.';
  expect(await said()).toEqual([hint]);
  await page.getByLabel('Code of six digits').fill('nothing');
  await page.getByLabel('Bland API key').fill('org_that_is_not_sent_on');
  await page.getByRole('button').click();
  await page.getByRole('alert').waitFor();
  expect(await said()).toEqual([hint, 'Type the code of six digits that you were given.']);
});
