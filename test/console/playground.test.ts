import type { Browser, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../harness';
import { launch } from './browser';

let running: TestApp;
let browser: Browser;
let page: Page;
/** The names of the operations that the page has sent so far. */
const sent: string[] = [];
beforeAll(async () => {
  running = await startTestApp({ PLAYGROUND: 'on' });
  browser = await launch();
  page = await browser.newPage();
  page.on('request', (request) => {
    if (!request.url().endsWith('/graphql')) return;
    sent.push((request.postDataJSON() as { operationName: string }).operationName);
  });
  await page.goto(`${running.url}/playground`);
  await page.locator('.window-switcher__item--active').waitFor();
});
afterAll(async () => {
  await browser.close();
  await running.close();
});

describe('the playground, in a browser', () => {
  test('opens the first operation, and shows its tab', async () => {
    const active = page.locator('.window-switcher__item--active');
    expect(await active.textContent()).toContain('who am i');
    expect((await active.boundingBox())?.x).toBeLessThan(200);
  });

  test('has the schema and its documentation in every window, and asks for it once', async () => {
    for (const window of [0, 1]) {
      await page.locator('.window-switcher__item').nth(window).click();
      await page.getByText('Docs', { exact: true }).first().click();
      await page
        .getByRole('link', { name: 'Mutation', exact: true })
        .or(page.getByText('Mutation', { exact: true }))
        .first()
        .waitFor();
    }
    await page.locator('.window-switcher__item').first().click();
    expect(sent.filter((name) => name === 'IntrospectionQuery')).toHaveLength(1);
  });

  test('sends an operation as whoever is chosen as the environment', async () => {
    const result = page.locator('app-query-result');
    await page.getByText('Send Request').first().click();
    await result.getByText('AGENCY_ADMIN').waitFor();
    await page.getByText('Agency admin', { exact: true }).first().click();
    await page.getByText('Portal user', { exact: true }).first().click();
    await page.getByText('Send Request').first().click();
    await result.getByText('PORTAL_USER').waitFor();
  });
});
