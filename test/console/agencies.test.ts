import type { Browser } from 'playwright-core';
import { INESS_ADDRESS, NORAS_ADDRESS } from '../../src/demo/seed';
import { HARBOR } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole, type Tab } from './browser';
import type { DemoPersonName } from './people';

const INVITE = `mutation ($input: InviteAgencyPersonInput!) { inviteAgencyPerson(input: $input) { person { id } userErrors { code } } }`;
const REMOVE = `mutation ($input: RemovePersonInput!) { removePerson(input: $input) { userErrors { code } } }`;
const CHANGE = `mutation ($input: ChangeAgencyPersonInput!) { changeAgencyPerson(input: $input) { userErrors { code } } }`;
const INVITED = ['Ines Brightline', 'Nora Northwind'];
const MAX = '01900000-0000-7000-8000-000000000302';

let running: TestApp;
let browser: Browser;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
});
afterAll(() => Promise.all([browser.close(), running.close()]));

const invite = async (name: string, email: string) => {
  const { inviteAgencyPerson } = await running.data<{ inviteAgencyPerson: { person: { id: string } } }>(
    INVITE,
    { input: { name, email, role: 'AGENCY_MEMBER' } },
  );
  return inviteAgencyPerson.person.id;
};
// Whoever was invited is not known any more.
afterEach(async () => {
  const { people } = await running.data<{ people: { nodes: { id: string; name: string }[] } }>(
    '{ people { nodes { id name } } }',
  );
  for (const { id: personId, name } of people.nodes)
    if (INVITED.includes(name)) await running.data(REMOVE, { input: { personId } });
});
const open = async (name: DemoPersonName, path = '/'): Promise<Tab> => {
  const tab = await openTab(browser, running);
  await signIn(tab, running, name, path);
  return tab;
};
const whoami = ({ page }: Tab) => page.locator('.whoami').innerText();

test('somebody whom no agency knows is told so, and can sign out', async () => {
  const tab = await open('Ines Brightline');
  await tab.page.getByText('No agency knows you yet').waitFor();
  expect(await tab.findings()).toEqual([]);
  await tab.page.getByRole('button', { name: 'Sign out' }).click();
  await tab.page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect(tab.faults).toEqual([]);
});

test('somebody who is invited sees who invites, and belongs to the agency after accepting and not before', async () => {
  const id = await invite('Ines Brightline', INESS_ADDRESS);
  const tab = await open('Ines Brightline');
  await tab.page.getByText('Ada Brightline of Brightline Voice invites you as an agency member.').waitFor();
  expect(await tab.findings()).toEqual([]);
  const joined = async () => {
    const { people } = await running.data<{ people: { nodes: { id: string; joinedAt: string | null }[] } }>(
      '{ people { nodes { id joinedAt } } }',
    );
    return people.nodes.find((person) => person.id === id)?.joinedAt ?? null;
  };
  expect(await joined()).toBeNull();
  await tab.page.getByRole('button', { name: 'Accept the invitation of Brightline Voice' }).click();
  await tab.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
  expect(await joined()).not.toBeNull();
  expect(await whoami(tab)).toContain('Agency member');
  expect(tab.faults).toEqual([]);
});

test('the first page of somebody who is invited asks once who invites', async () => {
  await invite('Ines Brightline', INESS_ADDRESS);
  const tab = await openTab(browser, running);
  const asked: unknown[] = [];
  tab.page.on('request', (request) => {
    if (request.postData()?.includes('query Belonging') === true) asked.push(request.url());
  });
  await signIn(tab, running, 'Ines Brightline');
  await tab.page.getByRole('button', { name: 'Accept the invitation of Brightline Voice' }).waitFor();
  expect(asked).toEqual([`${running.url}/graphql`]);
});

test('an invitation is declined after a question, and is gone then', async () => {
  await invite('Ines Brightline', INESS_ADDRESS);
  const tab = await open('Ines Brightline');
  await tab.page.getByRole('button', { name: 'Decline the invitation of Brightline Voice' }).click();
  await tab.page.getByText('There is no way back').waitFor();
  expect(await tab.findings()).toEqual([]);
  await tab.page.keyboard.press('Escape');
  await tab.page.getByRole('dialog').waitFor({ state: 'detached' });
  await tab.page.getByRole('button', { name: 'Decline the invitation of Brightline Voice' }).click();
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Decline', exact: true }).click();
  await tab.page.getByText('No agency knows you yet').waitFor();
});

test('a member of one agency accepts the invitation of another, changes between both with nothing of one left in the other, and keeps the choice over a reload', async () => {
  await invite('Nora Northwind', NORAS_ADDRESS);
  const tab = await open('Nora Northwind', '/clients');
  await tab.page.getByRole('link', { name: 'Fjord Hotels' }).waitFor();
  await tab.page.getByRole('link', { name: '1 invitation' }).click();
  await tab.page.getByRole('button', { name: 'Accept the invitation of Brightline Voice' }).click();
  await tab.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
  expect(await tab.page.getByText('Fjord Hotels').count()).toBe(0);
  await tab.page.getByText('You belong to Brightline Voice now.').waitFor();
  await tab.page.getByRole('link', { name: 'Change agency' }).click();
  await tab.page.getByText('You are here').waitFor();
  expect(await tab.findings()).toEqual([]);
  await tab.page.getByRole('button', { name: 'Open Northwind Calls' }).click();
  await tab.page.getByRole('link', { name: 'Fjord Hotels' }).waitFor();
  expect(await tab.page.getByText('Harbor Dental').count()).toBe(0);
  await tab.page.reload();
  await tab.page.getByRole('link', { name: 'Fjord Hotels' }).waitFor();
  await tab.page.getByRole('link', { name: 'Fjord Hotels' }).click();
  await tab.page.getByRole('button', { name: 'Archive' }).click();
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  await tab.page.getByRole('button', { name: 'Undo' }).waitFor();
  await tab.visit('/agencies');
  await tab.page.getByRole('button', { name: 'Open Brightline Voice' }).click();
  await tab.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
  expect(await tab.page.getByText(/Undo|Fjord/).count()).toBe(0);
  expect(tab.faults).toEqual([]);
});

test('whoever has several agencies and has chosen none is asked first, and nothing of either is shown before', async () => {
  await invite('Nora Northwind', NORAS_ADDRESS);
  const first = await open('Nora Northwind', '/agencies');
  await first.page.getByRole('button', { name: 'Accept the invitation of Brightline Voice' }).click();
  await first.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
  const tab = await open('Nora Northwind', '/clients');
  await tab.page.getByRole('heading', { name: 'Choose an agency' }).waitFor();
  expect(await tab.page.getByText('Fjord Hotels').count()).toBe(0);
  expect(await tab.findings()).toEqual([]);
  await tab.page.getByRole('button', { name: 'Open Brightline Voice' }).click();
  await tab.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
});

test('whoever is removed from the agency that is chosen is offered the one that is left', async () => {
  const id = await invite('Nora Northwind', NORAS_ADDRESS);
  const tab = await open('Nora Northwind', '/agencies');
  await tab.page.getByRole('button', { name: 'Accept the invitation of Brightline Voice' }).click();
  await tab.page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
  await running.data(REMOVE, { input: { personId: id } });
  await tab.page.reload();
  await tab.page.getByRole('heading', { name: 'Choose an agency' }).waitFor();
  await tab.page.getByRole('button', { name: 'Open Northwind Calls' }).click();
  await tab.page.getByRole('link', { name: 'Fjord Hotels' }).waitFor();
});

describe('an admin who is removed', () => {
  beforeEach(async () => {
    await running.close();
    running = await startConsole();
    await running.data(CHANGE, { input: { personId: MAX, role: 'AGENCY_ADMIN' } });
    const asMax = (query: string) => running.data(query, {}, 'agencyMember');
    await asMax(
      'mutation { createServiceToken(input: { name: "CRM sync", role: AGENCY_MEMBER }) { token } }',
    );
    await asMax(`mutation { createKeyLink(input: { clientId: "${HARBOR}", provider: BLAND }) { code } }`);
    await asMax(
      'mutation { inviteAgencyPerson(input: { name: "Wim", email: "wim@example.com", role: AGENCY_MEMBER }) { userErrors { code } } }',
    );
  });

  const tokens = async () => {
    const { serviceTokens } = await running.data<{
      serviceTokens: { nodes: { name: string; revokedAt: string | null }[] };
    }>('{ serviceTokens { nodes { name revokedAt } } }');
    return serviceTokens.nodes.map(({ name, revokedAt }) => [name, revokedAt !== null]);
  };

  test('is shown with all that they let in, of which what is kept stays and the rest is revoked, and both are said', async () => {
    const tab = await open('Ada Brightline', '/people');
    await tab.page.getByRole('button', { name: 'Remove: Max Brightline' }).click();
    const dialog = tab.page.getByRole('dialog');
    await dialog.getByLabel('Keep one-time links for: Harbor Dental').waitFor();
    await dialog.getByLabel('Keep invitations of: Wim').waitFor();
    expect(await tab.findings()).toEqual([]);
    await dialog.getByLabel('Keep service tokens: CRM sync').check();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByText('Max Brightline was removed.').waitFor();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual([
      'Service token CRM sync: kept',
      'One-time link for Harbor Dental: revoked',
      'Invitation of Wim: revoked',
    ]);
    expect(await tokens()).toEqual([['CRM sync', false]]);
    await dialog.getByRole('button', { name: 'Close' }).click();
    // The list is asked for again behind the dialog.
    await tab.page.getByText('Max Brightline').first().waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });

  test('or is made a member, loses the same unless it is kept', async () => {
    const tab = await open('Ada Brightline', '/people');
    await tab.page.getByRole('button', { name: 'Change: Max Brightline' }).click();
    const dialog = tab.page.getByRole('dialog');
    await dialog.getByLabel('Keep service tokens: CRM sync').waitFor();
    await dialog.getByLabel('Role').selectOption('Agency member');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Service token CRM sync: revoked').waitFor();
    expect(await tokens()).toEqual([['CRM sync', true]]);
  });
});
