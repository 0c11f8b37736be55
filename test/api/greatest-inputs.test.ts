import { CallRevisionRow } from '../../src/calls/call-revision.entity';
import { CallRow } from '../../src/calls/call.entity';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { HARBOR, HARBOR_RETELL_AGENT, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { runMutation } from '../mutations';
import { eventsOf, over, providerAgentIdOf } from '../retell-events';

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

/** Each of its characters takes four bytes in UTF-8, and two in UTF-16. */
const NAME = '𝒳'.repeat(200);
/** Printable text of which JSON makes nearly twice as much. */
const quotes = (length: number) => `id_7${'"b'.repeat(length / 2)}`.slice(0, length);
const expiresAt = new Date(Date.now() + 60_000);
const handedIn = async () =>
  (await runMutation(running, 'handInApiKey', { provider: 'BLAND', apiKey: quotes(512) }, 'keyHandIn { id }'))
    .keyHandIn?.id;

test.each<[string, () => object | Promise<object>]>([
  ['createClient', () => ({ name: NAME })],
  ['renameClient', () => ({ clientId: MAPLE, name: NAME })],
  ['createAgent', () => ({ name: NAME, provider: 'RETELL', providerAgentId: `agent_${quotes(122)}` })],
  [
    'inviteAgencyPerson',
    () => ({ email: `${'x'.repeat(64)}@${'x'.repeat(177)}.example.com`, name: NAME, role: 'AGENCY_ADMIN' }),
  ],
  ['createServiceToken', () => ({ name: NAME, role: 'AGENCY_ADMIN' })],
  [
    'createGatewayToken',
    () => ({
      ...{ name: NAME, providers: ['RETELL', 'VAPI', 'BLAND'], expiresAt },
      scopes: ['READ', 'PLACE_CALLS'],
    }),
  ],
  ['setAgencyApiKeys', () => ({ keys: [{ provider: 'BLAND', apiKey: quotes(512) }] })],
  ['refuseKeyHandIn', async () => ({ keyHandInId: await handedIn(), reason: '𝒳'.repeat(500) })],
  ['setWebhookSecret', () => ({ clientId: HARBOR, provider: 'VAPI', secret: quotes(512) })],
  [
    'createOutgoingWebhook',
    () => ({
      ...{ url: `https://example.com/${'x'.repeat(1004)}` },
      types: [
        'ALERT_OPENED',
        'ALERT_CLOSED',
        'CALL_ENDED',
        'HAND_IN_RECEIVED',
        'API_KEY_SET',
        'API_KEY_CLEARED',
      ],
    }),
  ],
  ['setRate', () => ({ keySource: 'CLIENT', pricePerMinute: '999999.999999', currency: 'KWD' })],
])('the greatest input that %s takes is stored', async (name, input) => {
  expect((await runMutation(running, name, await input())).userErrors).toEqual([]);
  await running.app.upkeep.sealer.seal();
});

test('an event of the longest id and the longest figures is worked, and one whose id is no id does nothing', async () => {
  const send = await eventsOf(running, HARBOR);
  const agent_id = await providerAgentIdOf(running, HARBOR_RETELL_AGENT);
  const about = { agent_id, direction: 'inbound', call_cost: { combined_cost: 0.1 + 0.2 } };
  await send('call_ended', over('x'.repeat(128), about));
  await send('call_ended', over('"'.repeat(128), about));
  await running.app.upkeep.eventWorker.work();
  const { read } = running.app.database;
  expect(await read.find(ProviderEventRow, {})).toMatchObject([{ state: 'DONE' }, { state: 'DONE' }]);
  expect(await read.find(CallRow, {})).toMatchObject([{ providerCallId: 'x'.repeat(128) }]);
  expect(await read.count(CallRevisionRow)).toBe(1);
});
