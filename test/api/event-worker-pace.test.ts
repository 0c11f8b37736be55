import { EventWorker } from '../../src/events/event-worker';
import { ProviderEventRow } from '../../src/events/provider-event.entity';
import { newId } from '../../src/platform/ids';
import { writingThrough } from '../database';
import { HARBOR } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { eventsOf, started } from '../retell-events';

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
  const send = await eventsOf(running, HARBOR);
  await send('call_started', started('first'));
});
afterEach(() => running.close());

test('a worker that is told to stop ends with the events that it has taken, however many wait', async () => {
  const { database } = running.app;
  await copyEvents(149);
  const stops: Promise<void>[] = [];
  const worker = new EventWorker(
    database,
    () => {
      if (stops.length === 0) stops.push(worker.stop());
      return Promise.resolve();
    },
    () => undefined,
  );
  worker.start();
  while (stops.length === 0) await new Promise(setImmediate);
  await Promise.all(stops);
  expect(await database.read.countBy(ProviderEventRow, { state: 'WAITING' })).toBe(50);
});

test('whoever writes while events are worked waits for few of them, also where there is one writer', async () => {
  const { database } = running.app;
  await copyEvents(149);
  let worked = 0;
  let written: Promise<number> | undefined;
  const worker = new EventWorker(
    database,
    (_tx, events) => {
      worked += events.length;
      written ??= database.updateRow('provider_events', { attempts: 0 }, { id: newId() }).then(() => worked);
      return Promise.resolve();
    },
    () => undefined,
  );
  await worker.work();
  expect(worked).toBe(150);
  expect(await written).toBeLessThanOrEqual(database.hasOneWriter ? 10 : 149);
});

test('while requests keep the process of one writer busy, events are worked a third of the time at most', async () => {
  const { database } = running.app;
  /** The share of the time in which 150 events are worked. */
  const share = async () => {
    await copyEvents(149);
    let workedMs = 0;
    const worker = new EventWorker(
      { ...writingThrough(database, (work) => database.write(work)), hasOneWriter: true },
      () => {
        const began = performance.now();
        while (performance.now() < began + 5);
        workedMs += performance.now() - began;
        return Promise.resolve();
      },
      () => undefined,
    );
    const began = performance.now();
    await worker.work();
    return workedMs / (performance.now() - began);
  };
  const alone = await share();
  let isOver = false;
  const request = () => {
    const began = performance.now();
    while (performance.now() < began + 1);
    if (!isOver) setImmediate(request);
  };
  request();
  const besideRequests = await share().finally(() => (isOver = true));
  expect(besideRequests).toBeLessThan(1 / 3);
  expect(alone).toBeGreaterThan(1.5 * besideRequests);
});

/** Puts so many copies of the one event on record. */
async function copyEvents(count: number): Promise<void> {
  const { database } = running.app;
  const [event] = await database.read.find(ProviderEventRow);
  const copy = { ...event, state: 'WAITING', claim: null, dueAt: new Date() };
  await database.write(async (tx) => {
    for (let index = 0; index < count; index += 1)
      await tx.insertRow('provider_events', { ...copy, id: newId(), digest: newId() });
  });
}
