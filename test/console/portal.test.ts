import type { Browser } from 'playwright-core';
import { PORTAL_PERMISSIONS, type PortalPermission } from '../../src/access/portal-permissions';
import { HARBOR_RETELL_AGENT } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

const CHANGE = `mutation ($input: ChangePortalUserInput!) { changePortalUser(input: $input) { userErrors { code } } }`;
const FINN = '01900000-0000-7000-8000-000000000304';
const AGENT = `/agents/${HARBOR_RETELL_AGENT}`;
const PAGES = [
  '/agents',
  AGENT,
  '/calls',
  '/integrations',
  '/clients',
  '/people',
  '/hand-ins',
  '/audit',
  '/billing',
  '/analytics',
  '/agency',
];

let running: TestApp;
let browser: Browser;
let tab: Tab;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  // A call, so that there is something to be seen or not.
  await running.data(
    `mutation { startTestCall(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "+14155550123" }) { call { id } } }`,
  );
  tab = await openTab(browser, running);
  await signIn(tab, running, 'Finn Harbor');
});
afterAll(() => Promise.all([browser.close(), running.close()]));

interface Expected {
  readonly sections: readonly string[];
  readonly pages: readonly string[];
  /** What can be done there. */
  readonly buttons?: readonly string[];
}

/** Each permission alone, with the one that it needs. */
const EXPECTED: Readonly<Record<PortalPermission, Expected & { readonly needs?: PortalPermission }>> = {
  VIEW_AGENTS: { sections: ['Agents'], pages: ['/agents', AGENT] },
  EDIT_AGENTS: {
    needs: 'VIEW_AGENTS',
    sections: ['Agents'],
    pages: ['/agents', AGENT],
    buttons: ['Rename'],
  },
  VIEW_CALLS: { sections: ['Calls'], pages: ['/calls'] },
  VIEW_CALL_DETAILS: { needs: 'VIEW_CALLS', sections: ['Calls'], pages: ['/calls'] },
  VIEW_ANALYTICS: { sections: ['Analytics'], pages: ['/analytics'] },
  MANAGE_BILLING: {
    sections: ['Billing'],
    pages: ['/billing'],
    buttons: ['Download CSV', 'Download to print'],
  },
  VIEW_INTEGRATIONS: { sections: ['Integrations'], pages: ['/integrations'] },
  MANAGE_INTEGRATIONS: {
    needs: 'VIEW_INTEGRATIONS',
    sections: ['Integrations'],
    pages: ['/integrations'],
    buttons: ['Hand in a key'],
  },
};

const shows = async (permissions: readonly PortalPermission[], expected: Expected) => {
  await running.data(CHANGE, { input: { personId: FINN, permissions } });
  await tab.page.goto(`${running.url}/`);
  await tab.page.getByRole('navigation', { name: 'Menu' }).waitFor();
  await settled(tab.page);
  const sections = await tab.page
    .getByRole('navigation', { name: 'Menu' })
    .getByRole('link')
    .allTextContents();
  expect(sections).toEqual(['Overview', ...expected.sections]);
  // Each section stands on the page as well, with a sentence that says what is there.
  const tiles = tab.page.locator('.tiles li');
  expect(await tiles.locator('strong').allTextContents()).toEqual(expected.sections);
  expect(await tiles.locator('.fine').allTextContents()).toEqual(
    expected.sections.map(() => expect.stringMatching(/^\w.*\.$/) as string),
  );
  const open: string[] = [];
  const buttons: string[] = [];
  const read = await tiles.allInnerTexts();
  for (const path of PAGES) {
    await tab.visit(path);
    if ((await tab.page.getByText('There is nothing here').count()) > 0) continue;
    open.push(path);
    const content = tab.page.locator('#content');
    buttons.push(...(await content.getByRole('button').allTextContents()));
    read.push(await content.innerText());
    expect({ path, findings: await tab.findings() }).toEqual({ path, findings: [] });
  }
  expect(open).toEqual(expected.pages);
  expect(buttons).toEqual(expected.buttons ?? []);
  expect(read.join()).not.toMatch(/•{8}|Client’s key|Agency’s key|Nothing may be seen|You may not see this/);
  expect(tab.faults).toEqual([]);
  return read.join();
};

describe('a portal user', () => {
  test('with no permission sees that nothing is open yet', async () => {
    await shows([], { sections: [], pages: [] });
    await tab.page.goto(`${running.url}/`);
    await tab.page.getByText('Nothing is open to you yet').waitFor();
  });

  test.each(PORTAL_PERMISSIONS)('with %s alone sees what it allows, and nothing else', async (permission) => {
    const { needs, ...expected } = EXPECTED[permission];
    const read = await shows([...(needs ? [needs] : []), permission], expected);
    // The number that was called is a detail.
    expect(read.includes('+14155550123')).toBe(permission === 'VIEW_CALL_DETAILS');
    // Nobody is told to do what is not theirs to do.
    expect(read.includes('Hand in a key')).toBe(permission === 'MANAGE_INTEGRATIONS');
    expect(read).not.toContain('Hand in your own');
  });
});
