import type { Browser } from 'playwright-core';
import { ClientRow } from '../../src/clients/client.entity';
import { AgentRow } from '../../src/agents/agent.entity';
import { HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import type { TestApp } from '../harness';
import { launch, openTab, signIn, startConsole } from './browser';

/** As long as names may be without a space, at which a line could be broken. */
const LONG = 'Zahnarztpraxisgemeinschaftsverwaltungsgesellschaftmitbeschr';
const SET_RATE = 'mutation ($input: SetRateInput!) { setRate(input: $input) { userErrors { code } } }';

let running: TestApp;
let browser: Browser;
let call: string;
beforeAll(async () => {
  [running, browser] = await Promise.all([startConsole(), launch()]);
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(
    `mutation { startTestCall(input: { agentId: "${HARBOR_RETELL_AGENT}", toNumber: "+14155550123" }) { call { id } } }`,
  );
  call = startTestCall.call.id;
  await running.data(SET_RATE, {
    input: { clientId: HARBOR, keySource: 'AGENCY', pricePerMinute: '0.123456', currency: 'USD' },
  });
  await running.app.database.write(async (tx) => {
    await tx.update(ClientRow, { id: HARBOR }, { name: LONG });
    await tx.update(AgentRow, { id: HARBOR_RETELL_AGENT }, { name: `${LONG}telefon` });
  });
});
afterAll(() => Promise.all([browser.close(), running.close()]));

test.each([320, 390, 800, 1024, 1280])(
  'on a screen of %d pixels, no page is wider, however long names are',
  async (width) => {
    const tab = await openTab(browser, running, { viewport: { width, height: 800 } });
    await signIn(tab, running, 'Ada Brightline');
    for (const path of [
      '/clients',
      `/clients/${HARBOR}`,
      '/agents',
      `/agents/${HARBOR_RETELL_AGENT}`,
      '/calls',
      `/calls/${call}`,
      '/analytics?split=CLIENT',
      '/alerts',
      '/billing',
      `/billing?clientId=${HARBOR}`,
      '/billing/rates',
      '/links',
      '/people',
      '/tokens',
      '/tokens/gateway',
      '/audit',
    ]) {
      await tab.visit(path);
      const wide = await tab.page.evaluate(() => document.documentElement.scrollWidth);
      const scrolled = await tab.page.evaluate(() =>
        [...document.querySelectorAll('.card')].filter((card) => card.scrollWidth > card.clientWidth),
      );
      // Where the screen has room for all columns, or rows are blocks, nothing is out of sight.
      const isFitting = width < 768 || width >= 1280 ? scrolled.length === 0 : true;
      expect({ path, wide, isFitting }).toEqual({ path, wide: width, isFitting: true });
    }
    expect(tab.faults).toEqual([]);
  },
);
