import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DeliveryRow } from '../../src/deliveries/delivery.entity';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { startReceiver, type Receiver } from '../fixtures/receiver';
import { announceCalls, createWebhook, letTimePass } from '../fixtures/webhooks';
import { startTestApp, type TestApp } from '../harness';
import { COMPILED_BEFORE } from './process';

const COUNT = 60;
const STAGES = ['EXPANDED', 'CLAIMED', 'SENT', 'IN ITS RECORD', 'RECORDED'] as const;

let running: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  running = await startTestApp();
  receiver = await startReceiver();
});
afterAll(async () => {
  await running.close();
  await receiver.close();
});

/** An instance works until it has killed itself. */
async function killedAt(stage: string): Promise<NodeJS.Signals | null> {
  const env = { ...COMPILED_BEFORE, ...running.env, PORT: '0', KILL_AT: stage };
  const child = fork(join(__dirname, '../fixtures/killed-deliveries.mjs'), { execArgv: [], env });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}

/** What an instance that was killed had claimed may be taken by another one at once. */
async function release(): Promise<void> {
  await running.app.database.write((tx) => tx.run('UPDATE outgoing_webhooks SET claimedUntil = NULL', []));
  await running.app.database.write((tx) => tx.run('DELETE FROM leases', []));
  await letTimePass(running);
}

test('a process that is killed at any stage of its deliveries loses none, and repeats no more than what was on its way', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await announceCalls(running, COUNT);
  const kills: [string, NodeJS.Signals | null, number][] = [];
  for (const stage of STAGES) {
    const before = receiver.received.length;
    kills.push([stage, await killedAt(stage), receiver.received.length - before]);
    await release();
  }
  expect(kills.map(([stage, signal]) => [stage, signal])).toEqual(STAGES.map((stage) => [stage, 'SIGKILL']));
  // What was sent before a kill and was not on record by then is sent again.
  await running.app.upkeep.deliveries.work();
  const { read } = running.app.database;
  const rows = await read.findBy(DeliveryRow, { webhookId: outgoingWebhook.id });
  expect(rows.map(({ status }) => status)).toEqual(Array(COUNT).fill('DELIVERED'));
  expect(await read.count(OutgoingMessageRow)).toBe(0);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids)).toEqual(new Set(rows.map(({ messageId }) => messageId)));
  const atOnce = 10;
  expect(ids.length).toBeLessThanOrEqual(COUNT + 3 * atOnce);
  expect(ids.length).toBeGreaterThan(COUNT);
});
