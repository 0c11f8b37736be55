import { AlertRow } from '../../src/alerts/alert.entity';
import { OutgoingWebhookRow } from '../../src/deliveries/outgoing-webhook.entity';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { BRIGHTLINE } from '../demo-ids';
import { startReceiver, status, type Receiver } from '../fixtures/receiver';
import {
  announceCalls,
  codes,
  createWebhook,
  deliveriesOf,
  letTimePass,
  removeWebhooks,
  resultOf,
  webhookOf,
} from '../fixtures/webhooks';
import { startTestApp, type TestApp } from '../harness';
import { moment } from '../moment';
import { DELETE_WEBHOOK, REDELIVER, REDELIVER_FAILED, UPDATE_WEBHOOK, type UserErrors } from '../operations';

const DAY_MS = 24 * 60 * 60 * 1000;

let running: TestApp;
let receiver: Receiver;
beforeAll(async () => {
  running = await startTestApp();
  receiver = await startReceiver();
});
afterEach(async () => {
  receiver.received.length = 0;
  receiver.answer = status(204);
  await removeWebhooks(running);
});
afterAll(async () => {
  await running.close();
  await receiver.close();
});

const create = () => createWebhook(running, receiver.url);
const work = () => running.app.upkeep.deliveries.work();
const result = <T extends object = UserErrors>(query: string, input: object) =>
  resultOf<T>(running, query, input);
const update = (id: string, change: object) => result(UPDATE_WEBHOOK, { outgoingWebhookId: id, ...change });

describe('a webhook that is switched off', () => {
  test('by an admin is sent nothing; what happens meanwhile can be delivered later', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    await update(id, { isOn: false });
    await announceCalls(running, 2);
    await work();
    expect(receiver.received).toEqual([]);
    const rows = await deliveriesOf(running, id);
    expect(rows).toMatchObject(Array(2).fill({ status: 'FAILED', fault: 'SWITCHED_OFF', attempts: 0 }));
    expect(codes(await result(REDELIVER, { webhookDeliveryId: rows[0]?.id }))).toEqual([
      ['WEBHOOK_OFF', 'input.webhookDeliveryId'],
    ]);
    await update(id, { isOn: true });
    await result(REDELIVER_FAILED, { outgoingWebhookId: id, since: new Date(0) });
    await work();
    expect(receiver.received).toHaveLength(2);
  });

  test('gave its messages up when it was switched off, however long ago they were made and attempted', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    receiver.answer = status(500);
    await announceCalls(running, 1);
    await work();
    expect(await deliveriesOf(running, id)).toMatchObject([{ status: 'WAITING', attempts: 1 }]);
    const attempted = await moment();
    await update(id, { isOn: false });
    await work();
    const givenUp = await moment();
    await update(id, { isOn: true });
    const redeliver = (since: Date) =>
      result<{ redeliveredCount: number }>(REDELIVER_FAILED, { outgoingWebhookId: id, since });
    expect(await redeliver(givenUp)).toMatchObject({ redeliveredCount: 0 });
    const refused = await result(REDELIVER_FAILED, {
      outgoingWebhookId: id,
      since: '9999-12-31T23:59:59-23:59',
    });
    expect(codes(refused)).toEqual([['INVALID_FORMAT', 'input.since']]);
    expect(await redeliver(attempted)).toMatchObject({ redeliveredCount: 1 });
  });

  test('by an admin stays so, whatever an attempt is answered that was on its way', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    await announceCalls(running, 1);
    const attempt = new Promise<() => void>((arrived) => {
      receiver.answer = (response) => arrived(() => void response.writeHead(410).end());
    });
    const working = work();
    const answer = await attempt;
    await update(id, { isOn: false });
    answer();
    await working;
    expect(await webhookOf(running, id)).toMatchObject({ offReason: 'BY_ADMIN' });
    await running.app.upkeep.alertWorker.work();
    const alert = { kind: 'OUTGOING_WEBHOOK_OFF', outgoingWebhookId: id } as const;
    expect(await running.app.database.read.findBy(AlertRow, alert)).toEqual([]);
  });

  test('or on is not changed by an update without a change, which leaves no event', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    const before = await webhookOf(running, id);
    for (const nothing of [{}, { url: null }, { url: before.url }, { types: before.types }, { isOn: true }])
      expect(codes(await update(id, nothing))).toEqual([]);
    expect(await webhookOf(running, id)).toEqual(before);
    const { auditEvents } = await running.data<{ auditEvents: { nodes: { outgoingWebhookId: string }[] } }>(
      '{ auditEvents(filter: { types: [OUTGOING_WEBHOOK_CHANGED] }) { nodes { outgoingWebhookId } } }',
    );
    expect(auditEvents.nodes.filter((event) => event.outgoingWebhookId === id)).toEqual([]);
  });

  test('by a receiver that is gone is recorded as such', async () => {
    const { outgoingWebhook } = await create();
    receiver.answer = status(410);
    await announceCalls(running, 1);
    await work();
    expect(await webhookOf(running, outgoingWebhook.id)).toMatchObject({ offReason: 'GONE' });
    const { auditEvents } = await running.data<{ auditEvents: { nodes: object[] } }>(
      '{ auditEvents(filter: { types: [OUTGOING_WEBHOOK_SWITCHED_OFF] }) { nodes { outgoingWebhookId name actorKind } } }',
    );
    expect(auditEvents.nodes[0]).toEqual({
      outgoingWebhookId: outgoingWebhook.id,
      name: new URL(receiver.url).host,
      actorKind: 'SYSTEM',
    });
  });

  test.each([
    ['switched on', (id: string) => update(id, { isOn: true })],
    ['deleted', (id: string) => result(DELETE_WEBHOOK, { outgoingWebhookId: id })],
  ])('by a fault has an alert of its own, which is closed once it is %s', async (_how, putRight) => {
    const openAlerts = async () => {
      await running.app.upkeep.alertWorker.work();
      return running.app.database.read.findBy(AlertRow, { kind: 'OUTGOING_WEBHOOK_OFF', isOpen: true });
    };
    const gone = [await create(), await create()];
    const { outgoingWebhook: byAdmin } = await create();
    await update(byAdmin.id, { isOn: false });
    receiver.answer = status(410);
    await announceCalls(running, 1);
    await work();
    const alerts = await openAlerts();
    expect(alerts).toMatchObject(
      Array(2).fill({ ownerId: BRIGHTLINE, provider: null, affectedAgentCount: 0 }),
    );
    expect(alerts.map(({ outgoingWebhookId }) => outgoingWebhookId).sort()).toEqual(
      gone.map(({ outgoingWebhook }) => outgoingWebhook.id).sort(),
    );
    for (const [at, { outgoingWebhook }] of gone.entries()) {
      await putRight(outgoingWebhook.id);
      expect(await openAlerts()).toHaveLength(1 - at);
    }
    expect(await running.app.database.read.findOneBy(AlertRow, { id: alerts[0]?.id ?? '' })).toMatchObject({
      closedAt: expect.any(Date) as Date,
    });
  });

  test('is named by its alert, also by its new address and once it is deleted', async () => {
    const { outgoingWebhook } = await create();
    const { id: outgoingWebhookId } = outgoingWebhook;
    const alert = async () => {
      await running.app.upkeep.alertWorker.work();
      const { alerts } = await running.data<{ alerts: { nodes: { message: string }[] } }>(
        '{ alerts(kinds: [OUTGOING_WEBHOOK_OFF], first: 1) { nodes { message closedAt outgoingWebhook { id url } } } }',
      );
      return alerts.nodes[0];
    };
    receiver.answer = status(410);
    await announceCalls(running, 1);
    await work();
    expect(await alert()).toEqual({
      message: expect.stringContaining(`webhook at ${new URL(receiver.url).host} any more`) as string,
      closedAt: null,
      outgoingWebhook: { id: outgoingWebhookId, url: receiver.url },
    });
    await running.chained();
    const messages = await running.app.database.read.find(OutgoingMessageRow, {
      where: { type: 'ALERT_OPENED' },
      order: { id: 'ASC' },
    });
    expect(JSON.parse(messages.at(-1)?.body ?? '')).toMatchObject({ data: { outgoingWebhookId } });
    const url = 'https://hooks.brightline.example/latchkey?secret=1';
    await update(outgoingWebhookId, { url });
    const named = expect.stringMatching(/webhook at hooks\.brightline\.example any more/) as string;
    expect(await alert()).toEqual({
      message: named,
      closedAt: null,
      outgoingWebhook: { id: outgoingWebhookId, url },
    });
    await result(DELETE_WEBHOOK, { outgoingWebhookId });
    expect(await alert()).toEqual({
      message: named,
      closedAt: expect.any(String) as string,
      outgoingWebhook: null,
    });
  });

  /** Lets so much time go by for a webhook, after which all that waits is attempted. */
  const attemptAfter = async (id: string, ms: number) => {
    const { failingSince, failedAt } = await webhookOf(running, id);
    const earlier = (time: Date | null) => time && new Date(time.getTime() - ms);
    await running.app.database.write((tx) =>
      tx.update(
        OutgoingWebhookRow,
        { id },
        { failingSince: earlier(failingSince), failedAt: earlier(failedAt) },
      ),
    );
    await letTimePass(running);
    await work();
  };

  test('by five days of failure had nothing get through in all that time', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    receiver.answer = status(500);
    await announceCalls(running, 2);
    await work();
    expect(await webhookOf(running, id)).toMatchObject({ offReason: null, faults: 1 });
    for (let day = 1; day <= 4; day += 1) await attemptAfter(id, DAY_MS);
    expect(await webhookOf(running, id)).toMatchObject({ offReason: null });
    await attemptAfter(id, DAY_MS);
    expect(await webhookOf(running, id)).toMatchObject({ offReason: 'FAILED', dueAt: null });
    expect((await deliveriesOf(running, id)).map(({ status: state, fault }) => [state, fault])).toEqual(
      Array(2).fill(['FAILED', 'SWITCHED_OFF']),
    );
  });

  test('is on after days in which there was nothing to send, also where it fails before and after', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    receiver.answer = status(500);
    await announceCalls(running, 1);
    await work();
    for (let attempt = 2; attempt <= 10; attempt += 1) await attemptAfter(id, DAY_MS / 3);
    expect((await deliveriesOf(running, id)).map(({ status: state }) => state)).toEqual(['FAILED']);
    expect(await webhookOf(running, id)).toMatchObject({ offReason: null, dueAt: null });
    await attemptAfter(id, 30 * DAY_MS);
    await announceCalls(running, 1);
    await work();
    expect(await webhookOf(running, id)).toMatchObject({ offReason: null });
    // The three days in which it failed before are not forgotten.
    for (let day = 1; day <= 2; day += 1) await attemptAfter(id, DAY_MS);
    expect(await webhookOf(running, id)).toMatchObject({ offReason: 'FAILED' });
  });
});
