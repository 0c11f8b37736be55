import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { HARBOR } from '../demo-ids';
import { gatewayToken, send } from '../gateway';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';

const run = promisify(execFile);

let running: TestApp;
let browser: Browser;
let tab: Tab;
let page: Page;
let dialog: Locator;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  tab = await openTab(browser, running, { permissions: ['clipboard-write'] });
  await signIn(tab, running, 'Ada Brightline');
  ({ page } = tab);
  dialog = page.getByRole('dialog');
});
afterAll(() => Promise.all([browser.close(), running.close()]));
afterEach(() => expect(tab.faults).toEqual([]));

const button = (name: string) => page.getByRole('button', { name, exact: true }).first();
const submit = (name: string) => dialog.getByRole('button', { name, exact: true }).click();
const linesIn = async (provider: string, language: string) => {
  await dialog.getByLabel('Provider', { exact: true }).selectOption(provider);
  await dialog.getByLabel('Language').selectOption(language);
  return dialog.locator('code').last().innerText();
};

/** The lines with an agent and numbers of the demo in the places that are left open. */
async function filledIn(lines: string, provider: 'RETELL' | 'VAPI' | 'BLAND'): Promise<string> {
  const { agents } = await running.data<{
    agents: { nodes: { provider: string; providerAgentId: string; fromNumber: string | null }[] };
  }>('{ agents { nodes { provider providerAgentId fromNumber } } }');
  const agent = agents.nodes.find((each) => each.provider === provider);
  return lines
    .replaceAll('AGENT_ID', agent?.providerAgentId ?? '')
    .replaceAll('+14155550100', agent?.fromNumber ?? '')
    .replaceAll('PHONE_NUMBER_ID', agent?.fromNumber ?? '');
}

const runLines = (lines: string, language: string, token: string) =>
  run(
    language === 'curl' ? 'bash' : process.execPath,
    language === 'curl' ? ['-c', lines] : ['--input-type=module', '-e', lines],
    { cwd: join(__dirname, '../..'), env: { PATH: process.env.PATH, LATCHKEY_GATEWAY_TOKEN: token } },
  );

const placed = async () => {
  const { calls } = await running.data<{ calls: { nodes: { status: string }[] } }>(
    '{ calls(filter: { origin: GATEWAY }) { nodes { status } } }',
  );
  return calls.nodes.filter(({ status }) => status !== 'FAILED').length;
};

test('a gateway token is shown once, with lines that place a call as they are pasted, and is revoked', async () => {
  await tab.visit('/tokens');
  await page.getByRole('link', { name: 'Gateway tokens' }).click();
  await button('New gateway token').click();
  await dialog.getByLabel('Name').fill('Scheduler');
  await submit('New gateway token');
  await dialog.getByLabel('Language').waitFor();
  const token = await dialog.locator('code').first().innerText();
  expect(token).toMatch(/^lk_gw_/);
  expect(await tab.findings()).toEqual([]);
  let calls = 0;
  for (const provider of ['RETELL', 'VAPI', 'BLAND'] as const)
    for (const language of ['node', 'curl']) {
      const lines = await filledIn(await linesIn(provider, language), provider);
      expect(lines.split('\n').length).toBeLessThanOrEqual(13);
      await runLines(lines, language, token);
      calls += 1;
      expect({ provider, language, calls: await placed() }).toEqual({ provider, language, calls });
    }
  await submit('Copy Token');
  await dialog.getByText('Copied').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('row', { name: /Scheduler.*All of the agency.*Retell, Vapi, Bland/ }).waitFor();
  expect(await page.locator('body').innerHTML()).not.toContain(token.slice(10));
  expect(await page.getByRole('row', { name: /Scheduler/ }).innerText()).not.toContain('Never');
  await button('Revoke: Scheduler').click();
  await submit('Revoke');
  await page.locator('.toasts').getByText('Scheduler is revoked.').waitFor();
  const { status } = await send(running.url, '/gateway/retell/get-concurrency', token);
  expect(status).toBe(401);
});

test('the lines of a token that may only read read an agent, in each language, and say so again later', async () => {
  const { token } = await gatewayToken(running, { name: 'Reader', clientId: HARBOR, scopes: ['READ'] });
  await tab.visit('/tokens/gateway');
  await page.reload();
  await page.getByRole('row', { name: /Reader.*Harbor Dental.*Read.*Never/ }).waitFor();
  await button('Use it: Reader').click();
  expect(await tab.findings()).toEqual([]);
  for (const language of ['node', 'curl']) {
    const { stdout } = await runLines(
      await filledIn(await linesIn('RETELL', language), 'RETELL'),
      language,
      token,
    );
    expect(stdout).toContain('agent_demo_client_support');
  }
  for (const provider of ['RETELL', 'VAPI', 'BLAND']) {
    const lines = await linesIn(provider, 'python');
    expect(lines).toContain(`"${running.url}/gateway/${provider.toLowerCase()}`);
    expect(lines).toContain('os.environ["LATCHKEY_GATEWAY_TOKEN"]');
  }
  await page.keyboard.press('Escape');
});

test('what is missing of a new token is said where it is missing', async () => {
  await tab.visit('/tokens/gateway');
  await button('New gateway token').click();
  await dialog.getByLabel('Name').fill('Nothing');
  for (const name of ['Retell', 'Vapi', 'Bland', 'Read', 'Place calls, and end them'])
    await dialog.getByLabel(name, { exact: true }).uncheck();
  await dialog.getByLabel('Good for how many days').fill('366');
  await submit('New gateway token');
  await dialog.getByText('Within the next 365 days.').waitFor();
  expect(await dialog.locator('fieldset .error').allInnerTexts()).toEqual([
    expect.stringMatching(/\S/),
    expect.stringMatching(/\S/),
  ]);
  await page.keyboard.press('Escape');
});
