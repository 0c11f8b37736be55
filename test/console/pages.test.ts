import type { Browser } from 'playwright-core';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';
import type { DemoPersonName } from './people';

let running: TestApp;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(
    `mutation { startTestCall(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "+14155550123" }) { call { id } } }`,
  );
  ids.CALL = startTestCall.call.id;
});
afterAll(() => Promise.all([browser.close(), running.close()]));

const CLIENT = `/clients/${HARBOR}`;
const AGENT = `/agents/${HARBOR_RETELL_AGENT}`;
/** What stands in an address for an id that is known only later. */
const ids: Record<string, string> = {};
const addressOf = (path: string) => path.replace(/[A-Z]+$/, (name) => ids[name] ?? name);

const EVERY_PAGE = [
  '/clients',
  CLIENT,
  `${CLIENT}/agents`,
  `${CLIENT}/calls`,
  `${CLIENT}/events`,
  `${CLIENT}/people`,
  '/agents',
  '/agents/import',
  AGENT,
  '/calls',
  '/calls/CALL',
  '/analytics',
  '/alerts',
  '/hand-ins',
  '/hand-ins/all',
  '/links',
  '/people',
  '/tokens',
  '/tokens/gateway',
  '/audit',
  '/agency',
  '/agency/events',
  '/agency/webhooks',
  '/agencies',
  '/integrations',
];

interface Expected {
  readonly name: DemoPersonName;
  readonly sections: readonly string[];
  readonly pages: readonly string[];
}

const PEOPLE: readonly Expected[] = [
  {
    name: 'Ada Brightline',
    sections: [
      'Clients',
      'Agents',
      'Calls',
      'Analytics',
      'Alerts',
      'Billing',
      'Hand-ins',
      'People',
      'Tokens',
      'Audit trail',
      'Agency',
    ],
    pages: EVERY_PAGE.slice(0, -1),
  },
  {
    name: 'Max Brightline',
    sections: ['Clients', 'Agents', 'Calls', 'Analytics'],
    pages: [
      '/clients',
      CLIENT,
      `${CLIENT}/agents`,
      `${CLIENT}/calls`,
      '/agents',
      AGENT,
      '/calls',
      '/calls/CALL',
      '/analytics',
      '/agencies',
    ],
  },
  {
    name: 'Dr. Hana Harbor',
    sections: ['Overview', 'Agents', 'Calls', 'Analytics', 'Billing', 'Integrations'],
    pages: ['/agents', AGENT, '/calls', '/calls/CALL', '/analytics', '/agencies', '/integrations'],
  },
  { name: 'Finn Harbor', sections: ['Overview'], pages: ['/agencies'] },
];

describe.each(PEOPLE)('for $name', ({ name, sections, pages }) => {
  let tab: Tab;
  beforeAll(async () => {
    tab = await openTab(browser, running);
    await signIn(tab, running, name);
  });

  test('the console shows the sections that this person may see', async () => {
    expect(
      await tab.page.getByRole('navigation', { name: 'Menu' }).getByRole('link').allTextContents(),
    ).toEqual(sections);
  });

  test('each page opens or says that there is nothing, without a fault and without a finding of axe', async () => {
    for (const path of EVERY_PAGE) {
      // As a deep link, too.
      expect((await fetch(running.url + addressOf(path))).status).toBe(200);
      await tab.visit(addressOf(path));
      const isThere = (await tab.page.getByText('There is nothing here').count()) === 0;
      expect(`${path} ${isThere}`).toBe(`${path} ${pages.includes(path)}`);
      if (isThere) expect({ path, findings: await tab.findings() }).toEqual({ path, findings: [] });
    }
    expect(tab.faults).toEqual([]);
  });

  test('nothing of keys is in a page unless this person manages them', async () => {
    if (name === 'Ada Brightline') return;
    for (const path of pages) {
      await tab.visit(addressOf(path));
      expect(await tab.page.locator('body').innerText()).not.toMatch(/•{8}|Client’s key|Agency’s key/);
    }
  });
});

test.each([
  ['a narrow screen in the dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
  ['a screen that is zoomed to 200 %', { viewport: { width: 640, height: 400 }, colorScheme: 'light' }],
] as const)(
  'on %s, no page is wider than the screen, and axe finds nothing',
  async (_name, { viewport, colorScheme }) => {
    const tab = await openTab(browser, running, { viewport, colorScheme });
    await signIn(tab, running, 'Ada Brightline');
    for (const path of EVERY_PAGE.slice(0, -1)) {
      await tab.visit(addressOf(path));
      const width = await tab.page.evaluate(() => document.documentElement.scrollWidth);
      const findings = await tab.findings();
      expect({ path, width, findings }).toEqual({ path, width: viewport.width, findings: [] });
    }
  },
);

test('on a narrow screen, each tab is in sight, also that of the page that is shown', async () => {
  const viewport = { width: 390, height: 844 };
  const tab = await openTab(browser, running, { viewport });
  await signIn(tab, running, 'Ada Brightline');
  for (const path of [
    `${CLIENT}/people`,
    '/links',
    '/agency/webhooks',
    '/billing/rates',
    '/tokens/gateway',
  ]) {
    await tab.visit(path);
    const boxes = await tab.page.locator('.tabs').evaluate((tabs) => {
      const { left, right, top, bottom } = tabs.getBoundingClientRect();
      return [...tabs.children].map((link) => {
        const box = link.getBoundingClientRect();
        return box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom;
      });
    });
    expect({ path, boxes }).toEqual({ path, boxes: boxes.map(() => true) });
  }
});

test.each([360, 800, 1000, 1280])(
  'on a screen of %d pixels, the arrows of the chain point to the next step',
  async (width) => {
    const tab = await openTab(browser, running, { viewport: { width, height: 800 } });
    await signIn(tab, running, 'Ada Brightline');
    await tab.visit(AGENT);
    const steps = await tab.page.locator('.chain li').evaluateAll((items) =>
      items.map((item) => ({
        top: item.getBoundingClientRect().top,
        arrow: getComputedStyle(item, '::before').content.slice(0, 3),
      })),
    );
    expect(steps).toHaveLength(3);
    steps.slice(1).forEach(({ top, arrow }, before) => {
      expect(arrow).toBe(top > (steps[before]?.top ?? top) ? '"↓"' : '"→"');
    });
  },
);

test('paints for the first time within 400 ms', async () => {
  const tab = await openTab(browser, running);
  // The best of a few: a machine that is busy with something else says nothing of the page.
  const paints: number[] = [];
  for (let time = 0; time < 10 && !(Math.min(...paints) <= 400); time += 1) {
    await tab.page.goto(running.url);
    await tab.page.getByRole('heading', { level: 1 }).waitFor();
    paints.push(
      await tab.page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
      ),
    );
  }
  expect(Math.min(...paints)).toBeLessThanOrEqual(400);
});
