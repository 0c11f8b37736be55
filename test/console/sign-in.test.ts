import type { Browser } from 'playwright-core';
import { seed } from '../../src/demo/seed';
import { freePort, startOidcProvider, type OidcProvider } from '../fixtures/oidc';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole } from './browser';

const AUDIENCE = 'https://latchkey.example';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe('at a real OpenID provider', () => {
  let provider: OidcProvider;
  let running: TestApp;
  beforeAll(async () => {
    // Tokens that are about to expire as soon as they are issued: each request renews them first.
    provider = await startOidcProvider(await freePort(), AUDIENCE, 10);
    const app = await startConsole({
      AUTH_ISSUER: provider.issuer,
      AUTH_AUDIENCE: AUDIENCE,
      CONSOLE_CLIENT_ID: 'console',
    });
    await seed(app.app.database, app.app.vault, app.app.audit, provider.issuer, app.sandbox);
    running = { ...app, issuer: { ...app.issuer, issuer: provider.issuer } };
  });
  afterAll(async () => {
    await running.close();
    await provider.stop();
  });

  test('signs in with a code and PKCE, returns to the deep link, and renews tokens without a reload', async () => {
    const tab = await openTab(browser, running);
    const { page } = tab;
    const grants: string[] = [];
    page.on('request', (request) => {
      if (request.url() === `${provider.issuer}/token`)
        grants.push(new URLSearchParams(request.postData() ?? '').get('grant_type') ?? '');
    });
    await page.goto(`${running.url}/clients?search=maple`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('[name=login]').fill('demo-agencyAdmin');
    await page.locator('[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
    await page.getByRole('link', { name: 'Maple Realty' }).waitFor();
    expect(page.url()).toBe(`${running.url}/clients?search=maple`);
    await tab.visit('/audit');
    expect(grants[0]).toBe('authorization_code');
    expect(grants.slice(1)).toContain('refresh_token');
    expect(tab.faults).toEqual([]);
  });
});

describe("at the demo's issuer", () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startConsole();
  });
  afterAll(() => running.close());

  test('a reload signs in again at once, and who signed out is asked whom to be', async () => {
    const tab = await openTab(browser, running);
    await signIn(tab, running, 'Ada Brightline', '/agents');
    await tab.page.reload();
    await tab.page.getByRole('link', { name: 'Harbor front desk' }).waitFor();
    expect(tab.page.url()).toBe(`${running.url}/agents`);
    await tab.page.getByRole('button', { name: 'Sign out' }).click();
    await tab.page.getByRole('button', { name: 'Sign in' }).click();
    await tab.page.getByRole('link', { name: 'Max Brightline' }).waitFor();
  });

  test('tokens are in the memory of the tab alone', async () => {
    const tab = await openTab(browser, running);
    await signIn(tab, running, 'Ada Brightline');
    const kept = await tab.page.evaluate(() =>
      JSON.stringify([
        { ...localStorage },
        { ...sessionStorage },
        document.cookie,
        location.href,
        history.state,
      ]),
    );
    expect(kept).not.toMatch(/eyJ/);
  });

  test('the back button leads back through what one has seen', async () => {
    const tab = await openTab(browser, running);
    await signIn(tab, running, 'Ada Brightline', '/clients');
    await tab.page.getByRole('link', { name: 'Harbor Dental' }).click();
    await tab.page.getByRole('link', { name: 'Portal users' }).click();
    await tab.page.getByRole('heading', { name: 'What new portal users may do' }).waitFor();
    await tab.page.goBack();
    await tab.page.goBack();
    await settled(tab.page);
    expect(tab.page.url()).toBe(`${running.url}/clients`);
  });
});
