import type { Browser, Page, Request, Route } from 'playwright-core';
import { seed, subjectOf, type Persona } from '../../src/demo/seed';
import { freePort, startOidcProvider, type OidcProvider } from '../fixtures/oidc';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

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

/** Whom the issuer remembers from now on. */
const becomes = ({ page }: Tab, { issuer }: TestApp, persona: Persona) =>
  page
    .context()
    .addCookies([{ name: 'latchkey-demo-person', value: subjectOf(persona), url: issuer.issuer }]);

describe('a token that expires in mid-form', () => {
  let running: TestApp;
  let tab: Tab;
  let page: Page;
  beforeAll(async () => {
    running = await startConsole({}, 1);
  });
  afterAll(() => running.close());
  beforeEach(async () => {
    tab = await openTab(browser, running);
    ({ page } = tab);
    await signIn(tab, running, 'Ada Brightline', '/clients');
    await page.getByRole('button', { name: 'New client' }).click();
  });
  const create = async (name: string) => {
    await page.getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'New client' }).click();
  };
  const created = (name: string) => page.getByRole('link', { name }).waitFor();
  const isRenewal = (request: Request) => (request.postData() ?? '').includes('refresh_token');
  const renewals = (answer: (route: Route) => Promise<void>) =>
    page
      .context()
      .route(`${running.issuer.issuer}/token`, (route) =>
        isRenewal(route.request()) ? answer(route) : route.continue(),
      );

  test('is renewed without a reload, and what was typed stays', async () => {
    const renewed = page.waitForRequest(isRenewal);
    await create('Typed before the token expired');
    await renewed;
    await created('Typed before the token expired');
    expect(tab.faults).toEqual([]);
  });

  test('is not taken for the end of the sign-in where the issuer cannot be reached', async () => {
    await renewals((route) => route.abort());
    // Until then the token has expired.
    await page.evaluate(() => {
      const { now } = Date;
      Date.now = () => now() + 60_000;
      addEventListener('online', () => (Date.now = now));
    });
    await create('Typed before the network failed');
    await page.getByRole('dialog').getByText('The server cannot be reached.').waitFor();
    expect(await page.getByText('Your sign-in has ended').count()).toBe(0);
    await page.context().unroute(`${running.issuer.issuer}/token`);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await create('Typed before the network failed');
    await created('Typed before the network failed');
  });

  test('asks to sign in again in a window of its own where nothing is renewed, and keeps what was typed', async () => {
    await renewals((route) => route.fulfill({ status: 400, json: { error: 'invalid_grant' } }));
    await create('Typed before the sign-in ended');
    // What waits for the token would wait for ever if the dialog could be left.
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor();
    expect(await tab.findings()).toEqual([]);
    await page.keyboard.press('Escape');
    const opened = page.context().waitForEvent('page');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await opened;
    await page.context().unroute(`${running.issuer.issuer}/token`);
    await created('Typed before the sign-in ended');
    expect(tab.faults).toEqual([]);
  });

  test('sends nothing of one person as another who signs in again, and shows nothing of it', async () => {
    await renewals((route) => route.fulfill({ status: 400, json: { error: 'invalid_grant' } }));
    await create('Typed by Ada');
    await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor();
    await page.evaluate(() => sessionStorage.setItem('latchkey-agency', 'of somebody else'));
    await becomes(tab, running, 'otherAgencyAdmin');
    const begun = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await begun;
    await page.context().unroute(`${running.issuer.issuer}/token`);
    await page.getByRole('link', { name: 'Fjord Hotels' }).waitFor();
    expect(await page.getByText(/Harbor|Typed by Ada/).count()).toBe(0);
    expect(await page.evaluate(() => sessionStorage.getItem('latchkey-agency'))).toBeNull();
    const { clients } = await running.data<{ clients: { totalCount: number } }>(
      '{ clients(search: "Typed by Ada") { totalCount } }',
    );
    expect(clients.totalCount).toBe(0);
  });
});

describe("at the demo's issuer", () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startConsole();
  });
  afterAll(() => running.close());

  test('a reload signs in again at once, and who signed out leaves nothing and is asked whom to be', async () => {
    const tab = await openTab(browser, running);
    const { page } = tab;
    await signIn(tab, running, 'Ada Brightline', '/agents');
    await page.reload();
    await page.getByRole('link', { name: 'Harbor front desk' }).waitFor();
    expect(page.url()).toBe(`${running.url}/agents`);
    await page.getByRole('link', { name: 'Clients' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await tab.findings()).toEqual([]);
    await page.goBack();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.getByText('Harbor').count()).toBe(0);
    expect(await page.evaluate(() => ({ ...sessionStorage }))).toEqual({});
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Max Brightline' }).waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('after a reload, the back button leads to the page before, and from the first page out of the console', async () => {
    const tab = await openTab(browser, running);
    const { page } = tab;
    await signIn(tab, running, 'Ada Brightline', '/clients');
    await page.getByRole('link', { name: 'Harbor Dental' }).click();
    await page.getByRole('link', { name: 'Portal users' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Portal users' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Clients' }).waitFor();
    expect(page.url()).toBe(`${running.url}/clients`);
    await page.goBack();
    expect(page.url()).toBe('about:blank');
  });

  test('a deep link survives that the issuer refuses', async () => {
    const tab = await openTab(browser, running);
    const { page } = tab;
    const authorize = new RegExp(`^${running.issuer.issuer}/authorize`);
    await page.route(authorize, (route) => {
      const { searchParams } = new URL(route.request().url());
      const answer = new URLSearchParams({
        error: 'access_denied',
        state: searchParams.get('state') ?? '',
        iss: running.issuer.issuer,
      });
      return route.fulfill({
        status: 303,
        headers: { location: `${running.url}/signed-in?${answer.toString()}` },
      });
    });
    await page.goto(`${running.url}/agents?provider=VAPI`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signing in did not work. Try again.').waitFor();
    await page.unroute(authorize);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Ada Brightline' }).click();
    await page.getByRole('heading', { level: 1, name: 'Agents' }).waitFor();
    expect(page.url()).toBe(`${running.url}/agents?provider=VAPI`);
  });

  test.each(['/signed-in', '/signed-in?code=an-old-one&state=an-old-one'])(
    '%s, which answers nothing, leads to the beginning',
    async (path) => {
      const { page } = await openTab(browser, running);
      await page.goto(running.url + path);
      await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
      expect(page.url()).toBe(`${running.url}/`);
    },
  );

  test('another person who signs in with a reload starts anew, without the agency that was chosen before', async () => {
    const tab = await openTab(browser, running);
    const { page } = tab;
    await signIn(tab, running, 'Ada Brightline', '/people');
    await page.evaluate(() => sessionStorage.setItem('latchkey-agency', 'of somebody else'));
    await becomes(tab, running, 'agencyMember');
    await page.reload();
    await page.getByText('Agency member').waitFor();
    expect(page.url()).toBe(`${running.url}/`);
    expect(await page.evaluate(() => sessionStorage.getItem('latchkey-agency'))).toBeNull();
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
