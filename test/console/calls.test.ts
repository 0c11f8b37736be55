import type { Browser, Page } from 'playwright-core';
import { CallRow } from '../../src/calls/call.entity';
import {
  HARBOR_BLAND_AGENT,
  HARBOR_RETELL_AGENT,
  HARBOR_VAPI_AGENT,
  MAPLE,
  MAPLE_RETELL_AGENT,
} from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, settled, signIn, startConsole, type Tab } from './browser';

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
beforeAll(async () => {
  // Tokens outlast the time that passes in the page alone.
  [running, browser] = await Promise.all([startConsole({}, 24 * 60 * 60), launch()]);
  tab = await openTab(browser, running, { permissions: ['clipboard-write'] });
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  await page.clock.install();
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const START = `mutation ($input: StartCallInput!) { startCall(input: $input) { call { id } userErrors { code } } }`;
const AGENT = `/agents/${HARBOR_RETELL_AGENT}`;
const CHANGE = `mutation ($input: ChangePortalUserInput!) { changePortalUser(input: $input) { userErrors { code } } }`;
const HANA = '01900000-0000-7000-8000-000000000303';

let started = 0;
async function start(agentId = HARBOR_RETELL_AGENT): Promise<string> {
  const input = { agentId, toNumber: '+14155550123', idempotencyKey: `call ${(started += 1)}` };
  const { startCall } = await running.data<{ startCall: { call: { id: string } } }>(START, { input });
  return startCall.call.id;
}

const stored = (id: string) => running.app.database.read.findOneByOrFail(CallRow, { id });

/** The call at the stand-in of its provider, which goes on only when it is told to. */
async function standIn(id: string) {
  const { providerCallId } = await stored(id);
  const call = running.sandbox.retell.calls.byId(providerCallId ?? '');
  if (!call) throw new Error('The stand-in has no such call');
  call.isPaced = true;
  return call;
}

/** Latchkey asks the providers what became of calls, as it does some minutes later. */
let later = Date.now();
const askProviders = () => running.app.upkeep.callAsker.askDue(new Date((later += 24 * 60 * 60 * 1000)));

/** Counts what the page asks while time passes, with each answer taken up before time goes on. */
async function askedIn(seconds: number, step = 2, on = page): Promise<number> {
  const watch = await on.evaluateHandle(watchRequests);
  for (let passed = 0; passed < seconds; passed += step) {
    await on.clock.runFor(step * 1000);
    await watch.evaluate(({ answered }) => answered());
  }
  return watch.evaluate(({ end }) => end());
}

/** Runs in the page: what Playwright tells of requests may come after time has gone on. */
function watchRequests() {
  const fetch = window.fetch.bind(window);
  const open = new Set<Promise<unknown>>();
  let asked = 0;
  window.fetch = async (...request) => {
    asked += 1;
    const answer = fetch(...request).then(async (response) => new Response(await response.blob(), response));
    open.add(answer);
    return answer;
  };
  return {
    answered: async () => {
      await Promise.allSettled(open);
      open.clear();
      // Bodies are read one after the other: by then the page has read its own.
      await new Response('').text();
    },
    end: () => {
      window.fetch = fetch;
      return asked;
    },
  };
}

const facts = ({ page }: Pick<Tab, 'page'>) => page.locator('.facts').innerText();

test('a call stands in the list by when it started, however late it was heard of', async () => {
  const id = await start();
  const startedAt = new Date(Date.now() - 26 * 60 * 60 * 1000);
  await running.app.database.write((tx) => tx.update(CallRow, { id }, { startedAt }));
  await tab.visit('/calls');
  const time = page.locator(`a[href="/calls/${id}"] time`);
  expect(await time.getAttribute('datetime')).toBe(startedAt.toISOString());
  expect(await time.innerText()).not.toBe('now');
});

test('a list is followed while a call on it goes on, and so is what is counted above it', async () => {
  const call = await standIn(await start(MAPLE_RETELL_AGENT));
  // Loaded anew, the page goes by the clock of the test from its beginning.
  await page.goto(`${running.url}/calls?client=${MAPLE}`);
  const row = page.getByRole('row', { name: /Maple viewings/ });
  await row.getByText('Queued').waitFor();
  expect(await row.locator('time').innerText()).toBe('now');
  await page.getByText('1 call in the last 30 days').waitFor();
  call.answer();
  call.end(65_000);
  await askProviders();
  expect(await askedIn(30)).toBeGreaterThan(0);
  await row.getByText('Completed').waitFor();
  expect(await row.innerText()).toMatch(/Completed[^]*1 min 5 s/);
  expect(await page.locator('.summary').innerText()).toMatch(/^1 call[^]*1[^]*Completed$/);
  // Then it is over, and only time goes on.
  expect(await askedIn(120)).toBe(0);
  expect(await row.locator('time').innerText()).toBe('2 minutes ago');
  await tab.visit(`/calls?client=${MAPLE}&kind=TEST`);
  await page.getByText('No call is like this').waitFor();
  expect(await page.locator('.summary').count()).toBe(0);
});

test('a call is started with what its agent is told, and followed until it has ended, while somebody looks', async () => {
  await tab.visit(AGENT);
  await page.getByRole('button', { name: 'Start a call' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Number to call').fill('+14155550123');
  await dialog.getByRole('button', { name: 'Add a variable' }).click();
  await dialog.getByLabel('Name 1').fill('1st');
  await dialog.getByLabel('Value 1').fill('Thursday');
  await dialog.getByRole('button', { name: 'Place the call' }).click();
  await dialog.getByText('Letters, digits and').waitFor();
  expect(await dialog.getByLabel('Name 1').getAttribute('aria-invalid')).toBe('true');
  expect(await tab.findings()).toEqual([]);
  await dialog.getByLabel('Name 1').fill('day');
  await dialog.getByRole('button', { name: 'Place the call' }).click();
  await dialog.getByText('The provider has taken the call.').waitFor();
  await dialog.getByRole('link', { name: 'Open the call' }).click();
  await page.getByRole('heading', { level: 1, name: 'Call by Harbor front desk' }).waitFor();
  const id = new URL(page.url()).pathname.replace('/calls/', '');
  const call = await standIn(id);
  expect(JSON.stringify(call.request)).toContain('"day":"Thursday"');
  expect(await facts(tab)).toMatch(/The provider takes[^]*Not told yet/);
  expect(await page.locator('.chain .taken').innerText()).toMatch(/Client’s key[^]*version 1/);
  expect(await tab.findings()).toEqual([]);

  call.answer();
  await askProviders();
  await page.clock.runFor(2_000);
  await page.getByText('Somebody has answered.').waitFor();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  expect(await askedIn(120)).toBe(0);
  call.end(65_000);
  await askProviders();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await page.getByText('The call is over. The other side hung up.').waitFor();
  expect(await facts(tab)).toMatch(/Lasted\s+1 min 5 s/);
  expect(await facts(tab)).toMatch(/The provider takes\s+\$0\.08125/);
  expect(await askedIn(120)).toBe(0);
});

test('what does not change is asked about ever more seldom', async () => {
  const id = await start();
  await standIn(id);
  await tab.visit(`/calls/${id}`);
  const first = await askedIn(60);
  const second = await askedIn(60);
  expect(second).toBeGreaterThan(0);
  expect(first).toBeGreaterThan(second);
});

test('a call is ended from its page', async () => {
  const id = await start();
  (await standIn(id)).answer();
  await tab.visit(`/calls/${id}`);
  await page.getByRole('button', { name: 'End the call' }).click();
  expect(await tab.findings()).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'End the call' }).click();
  await page.locator('.toasts').getByText('The call has ended.').waitFor();
  await page.getByText('It was stopped.').waitFor();
  expect(await page.getByRole('button', { name: 'End the call' }).count()).toBe(0);
});

test('a cost that nobody knows is not zero, and another account is named as such', async () => {
  const id = await start();
  await running.app.database.write((tx) =>
    tx.update(CallRow, { id }, { costStatus: 'UNKNOWN', isOtherAccount: true, direction: 'INBOUND' }),
  );
  await tab.visit(`/calls/${id}`);
  await page.getByRole('heading', { level: 1, name: 'Call to Harbor front desk' }).waitFor();
  await page.getByText('Nobody can tell it any more. That is not zero.').waitFor();
  await page.getByText('Its provider bills that account.').waitFor();
  expect(await page.locator('#content').innerText()).not.toContain('$');
  expect(await tab.findings()).toEqual([]);
});

test('the rarer filters are there for whoever opens them, and open where an address names one', async () => {
  await start(HARBOR_VAPI_AGENT);
  const total = await running.app.database.read.count(CallRow);
  await tab.visit('/calls');
  await page.getByText(`${total} of ${total}`, { exact: true }).waitFor();
  expect(await page.getByLabel('Direction').isVisible()).toBe(false);
  await page.getByText('More filters').click();
  await page.getByLabel('Direction').selectOption('The agent is called');
  await page.getByText('1 of 1', { exact: true }).waitFor();
  expect(new URL(page.url()).search).toBe('?direction=INBOUND');
  await tab.visit(`/calls?kind=LIVE&origin=API&key=CLIENT&agent=${HARBOR_RETELL_AGENT}`);
  await page.getByText(`${total - 2} of ${total - 2}`, { exact: true }).waitFor();
  expect(await page.getByLabel('Paid with').inputValue()).toBe('CLIENT');
  expect(await page.getByLabel('Agent', { exact: true }).locator('option:checked').innerText()).toBe(
    'Harbor front desk',
  );
  expect(await tab.findings()).toEqual([]);
  await tab.visit('/calls?kind=TEST');
  await page.getByText('No call is like this').waitFor();
});

test.each([
  ['Retell', HARBOR_RETELL_AGENT, 'Access token', 'ICE servers'],
  ['Vapi', HARBOR_VAPI_AGENT, 'Address', 'Transport'],
])(
  'what it takes to join a web call of %s is shown once, and the call followed',
  async (_name, agentId, ...labels) => {
    await tab.visit(`/agents/${agentId}`);
    await page.getByRole('button', { name: 'Start a web call' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Add a variable' }).click();
    await dialog.getByLabel('Name 1').fill('day');
    await dialog.getByLabel('Value 1').fill('Thursday');
    expect(await tab.findings()).toEqual([]);
    await dialog.getByRole('button', { name: 'Start the web call' }).click();
    await dialog.getByText('shown here and never again').waitFor();
    for (const label of labels) await dialog.getByText(label, { exact: true }).waitFor();
    await dialog.getByText('The provider has taken the call.').waitFor();
    expect(await tab.findings()).toEqual([]);
    const shown = await dialog.locator('code').first().innerText();
    const open = dialog.getByRole('link', { name: 'Open the call' });
    await open.click();
    await dialog.getByText('You have not copied it yet').waitFor();
    await dialog.getByRole('button', { name: `Copy ${labels[0]}`, exact: true }).click();
    await dialog.getByText('Copied').waitFor();
    await open.click();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: 'Call to' }).waitFor();
    const call = await stored(new URL(page.url()).pathname.replace('/calls/', ''));
    expect(call).toMatchObject({ agentId, kind: 'LIVE', toNumber: null });
    expect(JSON.stringify(call)).not.toContain(shown);
    expect(await page.content()).not.toContain(shown);
  },
);

test('no web call is offered where the provider has none', async () => {
  await tab.visit(`/agents/${HARBOR_BLAND_AGENT}`);
  await page.getByRole('button', { name: 'Start a call' }).waitFor();
  expect(await page.getByRole('button', { name: 'Start a web call' }).count()).toBe(0);
});

test('a member starts calls and sees whose they are, but nothing of keys and costs', async () => {
  const member = await openTab(browser, running);
  const id = await start();
  await signIn(member, running, 'Max Brightline', `/calls/${id}`);
  expect(await facts(member)).toMatch(/Called number\s+\+14155550123/);
  await member.page.getByRole('button', { name: 'End the call' }).waitFor();
  await member.visit(AGENT);
  await member.page.getByRole('button', { name: 'Start a call' }).click();
  await member.page.getByLabel('Number to call').fill('+14155550125');
  await member.page.getByRole('button', { name: 'Place the call' }).click();
  await member.page.getByRole('link', { name: 'Open the call' }).click();
  await member.page.getByRole('heading', { level: 1, name: 'Call by Harbor front desk' }).waitFor();
  await settled(member.page);
  const content = await member.page.locator('#content').innerText();
  expect(content).not.toMatch(/Paid with|takes|’s key|Step 1|You may not see this/);
  expect(member.faults).toEqual([]);
});

test('for a cost that is not told yet, nothing is asked on behalf of a member, who does not see it', async () => {
  const id = await start();
  const call = await standIn(id);
  call.answer();
  call.end(30_000);
  call.cents = null;
  await askProviders();
  const member = await openTab(browser, running);
  await signIn(member, running, 'Max Brightline');
  await member.page.clock.install();
  await member.visit(`/calls/${id}`);
  await member.page.getByText('The call is over.').waitFor();
  expect(await askedIn(60, 2, member.page)).toBe(0);
  expect(member.faults).toEqual([]);
});

test('a portal user sees a call of its client, and its cost with the permission and on its own account alone', async () => {
  const own = await start();
  (await standIn(own)).end(30_000);
  await askProviders();
  const portal = await openTab(browser, running);
  await signIn(portal, running, 'Dr. Hana Harbor', `/calls/${own}`);
  expect(await facts(portal)).toMatch(/Called number[^]*The provider takes/);
  expect(await portal.page.locator('#content').innerText()).not.toMatch(
    /Paid with|’s key|Step 1|End the call|You may not see this/,
  );
  await running.app.database.write((tx) => tx.update(CallRow, { id: own }, { keySource: 'AGENCY' }));
  await portal.page.goto(`${running.url}/calls/${own}`);
  await portal.page.getByText('Lasted').waitFor();
  expect(await facts(portal)).not.toContain('The provider takes');
  await running.data(CHANGE, { input: { personId: HANA, permissions: ['VIEW_CALLS'] } });
  await portal.page.goto(`${running.url}/calls/${own}`);
  await portal.page.getByText('Lasted').waitFor();
  expect(await facts(portal)).not.toMatch(/Called number|ID at the provider|The provider takes/);
  expect(portal.faults).toEqual([]);
});

test('of a call that is no longer there, or never was, the page says that there is nothing', async () => {
  await tab.visit('/calls/01900000-0000-7000-8000-00000000ffff');
  await page.getByText('There is nothing here').first().waitFor();
});

test('what was said is asked of the provider when it is opened, and a recording is heard with the token', async () => {
  const id = await start(HARBOR_BLAND_AGENT);
  const { providerCallId } = await stored(id);
  const call = running.sandbox.bland.calls.byId(providerCallId ?? '');
  call?.answer();
  call?.end(3_000);
  await askProviders();
  const before = running.sandbox.bland.requests.length;
  await tab.visit(`/calls/${id}`);
  await page.getByText('The call is over.').waitFor();
  expect(running.sandbox.bland.requests.length).toBe(before);
  await page.getByRole('button', { name: 'Show transcript and recording' }).click();
  await page.getByRole('list', { name: 'Transcript' }).getByText('Agent').first().waitFor();
  const recording = page.locator('audio');
  await recording.waitFor();
  expect(await recording.getAttribute('src')).toMatch(/^blob:/);
  expect(await tab.findings()).toEqual([]);
});

test('a call that has ended is followed until its cost is known, and for some minutes at most', async () => {
  const id = await start();
  const call = await standIn(id);
  call.answer();
  call.end(60_000);
  call.cents = null;
  await askProviders();
  await tab.visit(`/calls/${id}`);
  await page.getByText('The call is over.').waitFor();
  expect(await facts(tab)).toMatch(/The provider takes[^]*Not told yet/);
  call.cents = 7.5;
  await askProviders();
  expect(await askedIn(30)).toBeGreaterThan(0);
  await page.locator('.facts').getByText('$0.075').waitFor();
  expect(await facts(tab)).toMatch(/The provider takes\s+\$0\.075/);
  expect(await askedIn(120)).toBe(0);

  await running.app.database.write((tx) => tx.update(CallRow, { id }, { costStatus: 'PENDING' }));
  await tab.visit('/calls');
  await tab.visit(`/calls/${id}`);
  // Until it is answered, the page shows what it knew before.
  const cost = page.locator('.facts').getByText('Not told yet');
  await cost.waitFor();
  expect(await askedIn(20 * 60, 30)).toBeGreaterThan(5);
  expect(await askedIn(120)).toBe(0);
  expect(await cost.isVisible()).toBe(true);
});

test('a list is followed until the cost of a call that has ended is known, and for some minutes at most', async () => {
  const id = await start(MAPLE_RETELL_AGENT);
  const call = await standIn(id);
  call.answer();
  call.end(60_000);
  call.cents = null;
  await askProviders();
  await page.goto(`${running.url}/calls?client=${MAPLE}`);
  const row = page.getByRole('row').filter({ has: page.locator(`a[href="/calls/${id}"]`) });
  await row.getByText('Not told yet').waitFor();
  call.cents = 7.5;
  await askProviders();
  expect(await askedIn(30)).toBeGreaterThan(0);
  await row.getByText('$0.075').waitFor();
  expect(await askedIn(120)).toBe(0);

  await running.app.database.write((tx) => tx.update(CallRow, { id }, { costStatus: 'PENDING' }));
  await tab.visit('/agents');
  await tab.visit(`/calls?client=${MAPLE}`);
  await row.getByText('Not told yet').waitFor();
  expect(await askedIn(20 * 60, 30)).toBeGreaterThan(5);
  expect(await askedIn(120)).toBe(0);
});

test('what was said appears when the provider has it, and is looked for only shortly after the end', async () => {
  const id = await start();
  const call = await standIn(id);
  const { turns } = call;
  call.turns = [];
  call.answer();
  call.end(30_000);
  await askProviders();
  const endedAt = await page.evaluate(() => new Date().toISOString());
  await running.app.database.write((tx) => tx.update(CallRow, { id }, { endedAt: new Date(endedAt) }));
  await tab.visit(`/calls/${id}`);
  await page.getByRole('button', { name: 'Show transcript and recording' }).click();
  await page.getByText('There is no transcript yet.').waitFor();
  expect(await tab.findings()).toEqual([]);
  call.turns = turns;
  expect(await askedIn(30)).toBeGreaterThan(0);
  await page.getByRole('list', { name: 'Transcript' }).getByText('Agent').first().waitFor();
  expect(await askedIn(120)).toBe(0);

  call.turns = [];
  await tab.visit('/calls');
  await tab.visit(`/calls/${id}`);
  await page.getByRole('button', { name: 'Show transcript and recording' }).click();
  await page.getByText('There is no transcript yet.').waitFor();
  expect(await askedIn(20 * 60, 30)).toBeGreaterThan(5);
  await page.getByText('There is no transcript.').waitFor();
  expect(await askedIn(120)).toBe(0);
});
