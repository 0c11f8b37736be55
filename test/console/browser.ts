import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { DEMO_PEOPLE } from '../../src/demo/seed';
import type { DemoPersonName } from './people';
import { startTestApp, type TestApp } from '../harness';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** The shell shows the same pages in half the time. */
const CHROMIUMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export async function startConsole(
  env: NodeJS.ProcessEnv = {},
  accessTokenSeconds?: number,
): Promise<TestApp> {
  const running = await startTestApp(
    { CONSOLE: 'on', CONSOLE_CLIENT_ID: 'latchkey-console', ...env },
    accessTokenSeconds === undefined ? {} : { accessTokenSeconds },
  );
  return {
    ...running,
    close: () => {
      // A browser opens connections in advance. The server would wait a minute for a request on them.
      running.app.server.server.closeAllConnections();
      return running.close();
    },
  };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? CHROMIUMS.find(existsSync) ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-software-rasterizer',
      '--in-process-gpu',
      '--renderer-process-limit=1',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A tab in a browser of its own, with everything that went wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Errors of scripts, reports of the security policy, and requests to anybody but this server and its issuer. */
  readonly faults: string[];
  /** Another page of the console, as by a link: the tab stays signed in. */
  visit(path: string): Promise<void>;
  /** What axe finds against WCAG 2.2 AA. */
  findings(): Promise<string[]>;
}

export async function openTab(
  browser: Browser,
  { url, issuer }: TestApp,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    ...options,
  });
  const faults: string[] = [];
  await context.exposeFunction('reportViolation', (violation: string) => faults.push(violation));
  await context.addInitScript(() => {
    const { reportViolation } = window as unknown as { reportViolation: (violation: string) => void };
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      reportViolation(`Security policy: ${violatedDirective} ${blockedURI}`),
    );
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // A refused request is what some tests are about; the page says so to the person.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  // The pages of an issuer in a test would load fonts from the internet; those of the console load nothing from elsewhere.
  await context.route(
    ({ origin }) => origin !== url && origin !== issuer.issuer,
    async (route) => {
      const request = route.request();
      if (request.frame().url().startsWith(url)) faults.push(`Request to ${request.url()}`);
      await route.abort();
    },
  );
  return {
    page,
    faults,
    visit: async (path) => {
      await page.evaluate((address) => {
        history.pushState(null, '', address);
        dispatchEvent(new PopStateEvent('popstate'));
      }, path);
      await settled(page);
    },
    findings: async () => {
      if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
      const found = await page.evaluate(async (rules) => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') };
        const { violations } = await axe.run(document, {
          runOnly: rules,
          resultTypes: ['violations'],
          preload: false,
          iframes: false,
        });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      }, RULES);
      return found;
    },
  };
}

/** Signs in as a person of the demo whom its issuer remembers, and who therefore need not be chosen. */
export async function signIn(
  { page }: Tab,
  { url, issuer }: TestApp,
  name: DemoPersonName,
  path = '/',
): Promise<void> {
  const person = DEMO_PEOPLE.find((each) => each.name === name)?.subject ?? '';
  await page.context().addCookies([{ name: 'latchkey-demo-person', value: person, url: issuer.issuer }]);
  await page.goto(url + path);
  const signedIn = page.waitForResponse(`${issuer.issuer}/token`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await signedIn;
  await settled(page);
}

/** Nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('.loading, [aria-busy=true]') === null);
}
