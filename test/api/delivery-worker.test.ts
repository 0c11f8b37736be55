import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { Database } from '../../src/database/dialect';
import type { Transaction } from '../../src/database/transaction';
import { DeliveryBatch } from '../../src/deliveries/delivery-batch';
import { DeliveryWorker } from '../../src/deliveries/delivery-worker';
import { DeliveryRow } from '../../src/deliveries/delivery.entity';
import { dnsResolver } from '../../src/deliveries/receiver-address';
import { Sender } from '../../src/deliveries/sender';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { CLEAR_CLIENT, ROTATE_SIGNING, SET_CLIENT, UPDATE_WEBHOOK } from '../operations';
import { HARBOR } from '../demo-ids';
import { until } from '../e2e/process';
import { startReceiver, status, type Receiver } from '../fixtures/receiver';
import {
  announceCalls,
  createWebhook,
  deliveriesOf,
  letTimePass,
  removeWebhooks,
  webhookOf,
} from '../fixtures/webhooks';
import { writingThrough } from '../database';
import { startTestApp, type TestApp } from '../harness';

let running: TestApp;
let receiver: Receiver;
beforeAll(async () => (running = await startTestApp()));
beforeEach(async () => (receiver = await startReceiver()));
afterEach(async () => {
  await removeWebhooks(running);
  await receiver.close();
});
afterAll(() => running.close());

const work = (on = running) => on.app.upkeep.deliveries.work();
const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id']);
const statesOf = async (id: string) => (await deliveriesOf(running, id)).map(({ status: state }) => state);
const fail = (error: unknown) => {
  throw error;
};

/** A worker over a database of its own, e.g. one that fails. */
function workerOver(database: Database, report: (error: unknown) => void = fail): DeliveryWorker {
  const { vault, audit } = running.app;
  const sender = new Sender(dnsResolver(), true);
  return new DeliveryWorker(
    database,
    new DeliveryBatch(database, vault.cipher, audit, sender, report),
    report,
  );
}

test('several instances share the work: each message is sent once, and to one receiver by one of them at a time', async () => {
  const other = await running.another();
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await createWebhook(running, receiver.url);
  await announceCalls(running, 150);
  receiver.answer = (response) => void setTimeout(() => response.writeHead(204).end(), 5);
  await Promise.all([work(), work(other), work(), work(other)]);
  while ((await running.app.database.read.countBy(DeliveryRow, { status: 'WAITING' })) > 0)
    await Promise.all([work(), work(other)]);
  const ids = idsOf(receiver);
  expect(ids).toHaveLength(300);
  expect(new Set(ids).size).toBe(150);
  // Ten to each of the two webhooks.
  expect(receiver.mostAtOnce()).toBeLessThanOrEqual(20);
  expect(new Set(await statesOf(outgoingWebhook.id))).toEqual(new Set(['DELIVERED']));
  await other.close();
});

test('a receiver that does not answer keeps no other one waiting, and is then left alone', async () => {
  const slow = await startReceiver();
  slow.answer = () => undefined;
  const webhooks = await Promise.all(Array.from({ length: 5 }, () => createWebhook(running, slow.url)));
  await createWebhook(running, receiver.url);
  await announceCalls(running, 30);
  running.app.upkeep.deliveries.start();
  await until(() => receiver.received.length === 30);
  // None of those has ended meanwhile.
  await until(() => slow.received.length === 50);
  for (const { outgoingWebhook } of webhooks)
    expect(await statesOf(outgoingWebhook.id)).toEqual(Array(30).fill('WAITING'));
  await slow.close();
  await running.app.upkeep.deliveries.stop();
  for (const { outgoingWebhook } of webhooks) {
    const { pausedUntil, faults } = await webhookOf(running, outgoingWebhook.id);
    expect([faults, pausedUntil !== null && pausedUntil > new Date()]).toEqual([1, true]);
  }
});

test('a receiver that was down is sent one message, and all others once it has taken that', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await announceCalls(running, 25);
  receiver.answer = status(503);
  await work();
  expect(receiver.received).toHaveLength(10);
  await letTimePass(running);
  await work();
  expect(receiver.received).toHaveLength(11);
  receiver.answer = status(204);
  await letTimePass(running);
  await work();
  expect(receiver.received).toHaveLength(36);
  expect(new Set(await statesOf(outgoingWebhook.id))).toEqual(new Set(['DELIVERED']));
  expect(await webhookOf(running, outgoingWebhook.id)).toMatchObject({ faults: 0, failingSince: null });
});

test('`Retry-After` is heeded, for the message and for all others to that receiver', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await announceCalls(running, 1);
  receiver.answer = status(429, { 'retry-after': '3600' });
  const before = Date.now();
  await work();
  const { pausedUntil } = await webhookOf(running, outgoingWebhook.id);
  const [delivery] = await deliveriesOf(running, outgoingWebhook.id);
  for (const time of [pausedUntil, delivery?.dueAt]) {
    expect(time?.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(time?.getTime()).toBeLessThan(before + 3_660_000);
  }
  await announceCalls(running, 1);
  await work();
  expect(receiver.received).toHaveLength(1);
});

test('a message of an instance that died while it was being sent is sent again by another', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await announceCalls(running, 1);
  let open: () => void = () => undefined;
  const sent = new Promise<void>((resolve) => (open = resolve));
  receiver.answer = () => open();
  const died = work();
  await sent;
  // Nothing is sent while the claim lasts, and nothing keeps it after that.
  receiver.answer = status(204);
  await workerOver(running.app.database).work();
  expect(receiver.received).toHaveLength(1);
  await endClaims();
  await workerOver(running.app.database).work();
  expect(new Set(idsOf(receiver)).size).toBe(1);
  expect(receiver.received).toHaveLength(2);
  expect(await statesOf(outgoingWebhook.id)).toEqual(['DELIVERED']);
  // What the first one has to say comes too late, and changes nothing.
  const { fence } = await webhookOf(running, outgoingWebhook.id);
  await receiver.close();
  await died;
  expect(await statesOf(outgoingWebhook.id)).toEqual(['DELIVERED']);
  expect(await webhookOf(running, outgoingWebhook.id)).toMatchObject({ fence, faults: 0 });
  receiver = await startReceiver();
});

/** A database whose process ends before one of the statements of its transactions. */
function killedAt(database: Database, isTime: () => boolean): Database {
  const statements = new Set<PropertyKey>(['run', 'insertRow', 'updateRow', 'lock', 'rows']);
  const failing = (tx: Transaction) =>
    new Proxy(tx, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (statements.has(property) && isTime()) throw new Error('Killed');
          return Reflect.apply(value, target, args);
        };
      },
    });
  return writingThrough(database, (work) => database.write((tx) => work(failing(tx))));
}

const endClaims = () =>
  running.app.database.write(async (tx) => {
    await tx.run('UPDATE outgoing_webhooks SET claimedUntil = NULL', []);
    await tx.run('UPDATE leases SET expiresAt = ?', [new Date(0)]);
  });

test('whatever statement a worker dies at, every message arrives, under one id, and none is lost or made twice', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  const { database } = running.app;
  let statements = 0;
  let announced = 0;
  for (let at = 1; statements === at - 1; at += 1) {
    announced += 2;
    await announceCalls(running, 2);
    statements = 0;
    await endClaims();
    const dying = workerOver(
      killedAt(database, () => (statements += 1) === at),
      () => undefined,
    );
    await dying.work().catch(() => undefined);
    await endClaims();
    await work();
    expect(await database.read.count(OutgoingMessageRow)).toBe(0);
    const states = await statesOf(outgoingWebhook.id);
    expect(states).toEqual(Array(announced).fill('DELIVERED'));
    expect(new Set(idsOf(receiver)).size).toBe(announced);
  }
  expect(statements).toBeGreaterThanOrEqual(12);
});

test('each event of the audit trail is announced once, by whichever of two sealers chains it', async () => {
  const other = await running.another();
  await createWebhook(running, receiver.url, ['API_KEY_SET', 'API_KEY_CLEARED']);
  const change = async (number: number) => {
    const keys = [{ provider: 'BLAND', apiKey: `key_of_harbor_${number}` }];
    await running.data(SET_CLIENT, { input: { clientId: HARBOR, keys } });
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['BLAND'] } });
  };
  const seals = [running, other].map(async (instance) => {
    for (let round = 0; round < 20; round += 1) {
      await instance.app.upkeep.sealer.seal();
      await pause(5);
    }
  });
  for (let number = 0; number < 10; number += 1) await change(number);
  await Promise.all(seals);
  await running.chained();
  await work();
  const told = receiver.received.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { version: number } };
    return `${type} ${data.version}`;
  });
  expect(told).toHaveLength(20);
  expect(new Set(told).size).toBe(20);
  await other.close();
});

test('a secret that does not open is reported, and nothing is sent unsigned', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  await running.app.database.write((tx) =>
    tx.run('UPDATE outgoing_webhook_secrets SET version = 7 WHERE webhookId = ?', [outgoingWebhook.id]),
  );
  await announceCalls(running, 1);
  await work();
  expect(receiver.received).toEqual([]);
  expect(await deliveriesOf(running, outgoingWebhook.id)).toMatchObject([
    { status: 'WAITING', fault: 'SECRET_UNREADABLE' },
  ]);
  expect(running.logs.join('')).toContain('The stored key does not open');
});

test('a secret that does not open leaves the other one to sign', async () => {
  const { outgoingWebhook } = await createWebhook(running, receiver.url);
  const { id } = outgoingWebhook;
  const rotated = await running.data<{ rotateOutgoingWebhookSecret: { secret: string } }>(ROTATE_SIGNING, {
    input: { outgoingWebhookId: id },
  });
  await running.app.database.write((tx) =>
    tx.run('UPDATE outgoing_webhook_secrets SET sealed = NULL WHERE webhookId = ? AND version = 1', [id]),
  );
  await announceCalls(running, 1);
  await work();
  expect(await statesOf(id)).toEqual(['DELIVERED']);
  const [message] = receiver.received;
  expect(() =>
    new Webhook(rotated.rotateOutgoingWebhookSecret.secret).verify(
      message?.body ?? '',
      message?.headers ?? {},
    ),
  ).not.toThrow();
});

test.each(['another address', 'being switched off and on'])(
  'an answer that was on its way is no word against a webhook after %s',
  async (what) => {
    const { outgoingWebhook } = await createWebhook(running, receiver.url);
    const { id } = outgoingWebhook;
    await announceCalls(running, 1);
    let release = () => undefined as unknown;
    receiver.answer = (response) => {
      release = () => response.writeHead(410).end();
    };
    const working = work();
    await until(() => Promise.resolve(receiver.received.length === 1));
    const change = (input: object) =>
      running.data(UPDATE_WEBHOOK, { input: { outgoingWebhookId: id, ...input } });
    const moved = await startReceiver();
    if (what === 'another address') await change({ url: moved.url });
    else for (const isOn of [false, true]) await change({ isOn });
    receiver.answer = status(204);
    release();
    await working;
    expect(await webhookOf(running, id)).toMatchObject({ offReason: null, faults: 0 });
    await work();
    expect(await statesOf(id)).toEqual(['DELIVERED']);
    await moved.close();
  },
);
