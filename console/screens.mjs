// Makes docs/screens/*.png of the console's pages, from a fresh demo: `npm run screens`.
/* global document, sessionStorage */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const ROOT = resolve(import.meta.dirname, '..');
const OUT = join(ROOT, 'docs', 'screens');
const CHROMIUMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const WIDE = { width: 1100, height: 680 };
const NARROW = { width: 360, height: 680 };
const client = (number) => `/clients/01900000-0000-7000-8000-000000000${number}`;
const HARBOR = client(101);
const STATEMENT = '/billing?clientId=01900000-0000-7000-8000-000000000101';
const MAPLE = client(102);

const KEY = 'key_demo_retell_client_valid_0002';
const typeKey = async (page) => {
  await page.getByLabel('Retell key', { exact: true }).fill(KEY);
  await page.getByText('accepts this key').waitFor();
};
const scrollToEnd = (page) => page.getByText(/ of 1,000/).scrollIntoViewIfNeeded();
const acceptAndReturn = async (page) => {
  await page.getByRole('button', { name: /^Accept/ }).click();
  await page.getByRole('link', { name: 'Change agency' }).waitFor();
  // As in another tab, in which nothing is chosen yet.
  await page.evaluate(() => sessionStorage.removeItem('latchkey-agency'));
  await page.reload();
};
const removeAdmin = async (page) => {
  await page.getByRole('button', { name: 'Remove: Ada Brightline' }).click();
  await page.getByText('Keep service tokens').waitFor();
};
/** The demo has one admin, who is shown here as if another looked. */
const asAnother = (page) =>
  page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    await route.fulfill({ response, body: body.replace('"isViewer":true', '"isViewer":false') });
  });
const openCall = async (page) => {
  await page.getByRole('rowheader').first().getByRole('link').click();
  await page.getByRole('link', { name: 'Back to the calls' }).waitFor();
};
const compareHarbor = async (page) => {
  await page.getByLabel('Client', { exact: true }).selectOption('Harbor Dental');
  await press('Compare')(page);
};
const startCall = async (page) => {
  await press('Start a call')(page);
  await press('Add a variable')(page);
};
const startWebCall = async (page) => {
  await press('Start a web call')(page);
  await press('Start the web call')(page);
  await page.getByText('The provider has taken the call.').waitFor();
};
const press = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click();

const openDialog = (name) => (page) => page.getByRole('button', { name }).first().click();

/** Answers for the server with a list of clients of another length than the demo has. */
const clientsOf = (count) => async (page) => {
  const nodes = Array.from({ length: Math.min(count, 50) }, (_, number) => ({
    id: `01900000-0000-7000-8000-00000000${5000 + number}`,
    name: `Client ${number + 1}`,
    archivedAt: null,
    apiKeys: ['RETELL', 'VAPI', 'BLAND'].map((provider, at) => ({
      provider,
      isSet: (number + at) % 5 === 0,
      status: (number + at) % 5 === 0 ? 'VALID' : 'NOT_SET',
    })),
  }));
  const pageInfo = { hasNextPage: count > 50, endCursor: 'next' };
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('list:clients')
      ? route.fulfill({ json: { data: { list: { nodes, pageInfo, totalCount: count } } } })
      : route.continue(),
  );
};

/** Name, person, address, and what else: what comes before, what to do then, the size, the colours. */
const SCREENS = [
  ['clients', 'Ada', '/clients'],
  ['clients-dark', 'Ada', '/clients', { colorScheme: 'dark' }],
  ['clients-narrow', 'Ada', '/clients', { viewport: NARROW }],
  ['clients-none-found', 'Ada', '/clients?search=nobody'],
  ['clients-zero', 'Ada', '/clients', { prepare: clientsOf(0) }],
  ['clients-thousand', 'Ada', '/clients', { prepare: clientsOf(1000), act: scrollToEnd }],
  ['api-keys', 'Ada', HARBOR],
  ['api-keys-consequences', 'Ada', MAPLE, { act: typeKey }],
  ['api-keys-dark', 'Ada', MAPLE, { colorScheme: 'dark', act: typeKey }],
  ['api-keys-narrow', 'Ada', HARBOR, { viewport: NARROW }],
  ['api-keys-clear', 'Ada', HARBOR, { act: press('Clear: Retell key') }],
  ['client-agents', 'Ada', `${HARBOR}/agents`],
  ['client-calls', 'Ada', `${HARBOR}/calls`],
  ['portal-users', 'Ada', `${HARBOR}/people`],
  ['agents', 'Ada', '/agents'],
  ['import-agents', 'Ada', '/agents/import', { act: compareHarbor }],
  ['why-this-key', 'Ada', '/agents/01900000-0000-7000-8000-000000000401'],
  ['test-call', 'Ada', '/agents/01900000-0000-7000-8000-000000000408', { act: press('Test call') }],
  ['calls', 'Ada', '/calls'],
  ['calls-narrow', 'Ada', '/calls', { viewport: NARROW }],
  ['call', 'Ada', '/calls', { act: openCall }],
  ['call-dark-narrow', 'Ada', '/calls', { act: openCall, viewport: NARROW, colorScheme: 'dark' }],
  ['start-call', 'Ada', '/agents/01900000-0000-7000-8000-000000000401', { act: startCall }],
  ['start-web-call', 'Ada', '/agents/01900000-0000-7000-8000-000000000401', { act: startWebCall }],
  ['alerts', 'Ada', '/alerts'],
  ['alerts-narrow-dark', 'Ada', '/alerts', { viewport: NARROW, colorScheme: 'dark' }],
  ['hand-ins', 'Ada', '/hand-ins'],
  ['hand-in-accept', 'Ada', '/hand-ins', { act: openDialog(/^Accept/) }],
  ['links', 'Ada', '/links'],
  ['link-create', 'Ada', '/links', { act: press('New one-time link') }],
  ['people', 'Ada', '/people'],
  ['people-narrow', 'Ada', '/people', { viewport: NARROW }],
  ['service-tokens', 'Ada', '/tokens'],
  ['gateway-tokens', 'Ada', '/tokens/gateway'],
  ['rates', 'Ada', '/billing/rates'],
  ['rates-narrow', 'Ada', '/billing/rates', { viewport: NARROW }],
  ['statement', 'Ada', STATEMENT],
  ['statement-narrow-dark', 'Ada', STATEMENT, { viewport: NARROW, colorScheme: 'dark' }],
  ['analytics', 'Ada', '/analytics'],
  ['analytics-narrow-dark', 'Ada', '/analytics', { viewport: NARROW, colorScheme: 'dark' }],
  ['gateway-token-lines', 'Ada', '/tokens/gateway', { act: press('Use it: Scheduler') }],
  ['audit-trail', 'Ada', '/audit'],
  ['audit-trail-narrow', 'Ada', '/audit', { viewport: NARROW }],
  ['agency', 'Ada', '/agency'],
  ['provider-events', 'Ada', '/agency/events'],
  ['provider-events-narrow', 'Ada', `${HARBOR}/events`, { viewport: NARROW }],
  ['provider-events-secret', 'Ada', '/agency/events', { act: openDialog(/the secret: Retell$/) }],
  ['webhooks', 'Ada', '/agency/webhooks'],
  ['webhook-create', 'Ada', '/agency/webhooks', { act: press('New webhook') }],
  ['member', 'Max', '/clients'],
  ['portal', 'Hana', '/'],
  ['portal-dark', 'Hana', '/', { colorScheme: 'dark' }],
  ['portal-integrations', 'Hana', '/integrations'],
  ['portal-hand-in', 'Hana', '/integrations', { act: press('Hand in a key') }],
  ['portal-nothing', 'Finn', '/'],
  ['invited', 'Ines', '/'],
  ['invited-narrow', 'Ines', '/', { viewport: NARROW }],
  ['agencies', 'Nora', '/agencies'],
  // What these do stays: they come last.
  ['choose-agency', 'Nora', '/agencies', { act: acceptAndReturn }],
  ['remove-admin', 'Ada', '/people', { prepare: asAnother, act: removeAdmin }],
];

const folder = await mkdtemp(join(tmpdir(), 'latchkey-screens-'));
await symlink(join(ROOT, 'schema'), join(folder, 'schema'));
const demo = spawn(process.execPath, [join(ROOT, 'dist/src/demo/main.js')], {
  cwd: folder,
  env: { PATH: process.env.PATH, PORT: '0' },
});
const url = await new Promise((found, failed) => {
  let output = '';
  demo.stdout.on('data', (data) => {
    output += data;
    const [, address] = /Console: +(http:\/\/\S+)\//.exec(output) ?? [];
    if (address) found(address);
  });
  demo.once('exit', () => failed(new Error(`The demo did not start:\n${output}`)));
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? CHROMIUMS.find(existsSync),
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  for (const [name, person, path, { prepare, act, ...options } = {}] of SCREENS) {
    const context = await browser.newContext({ viewport: WIDE, locale: 'en-US', ...options });
    const page = await context.newPage();
    await prepare?.(page);
    await page.goto(url + path);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: person }).click();
    await settled(page);
    await act?.(page);
    await settled(page);
    await page.screenshot({ path: join(OUT, `${name}.png`), animations: 'disabled', caret: 'hide' });
    await context.close();
  }
} finally {
  await browser.close();
  demo.kill();
  await rm(folder, { recursive: true, force: true });
}

async function settled(page) {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('.loading, [aria-busy=true]') === null);
}
