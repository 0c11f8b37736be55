import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { CallRow } from '../../src/calls/call.entity';
import { CallFactsService } from '../../src/calls/call-facts.service';
import { OutgoingWebhookSecretRow } from '../../src/deliveries/outgoing-webhook-secret.entity';
import { OutgoingMessageRow } from '../../src/outbox/message.entity';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startReceiver, status, type Received, type Receiver } from '../fixtures/receiver';
import {
  announceCalls,
  codes,
  createWebhook,
  deliveriesOf,
  letTimePass,
  removeWebhooks,
  resultOf,
  webhookOf,
  type Created,
} from '../fixtures/webhooks';
import { tenantDatabase } from '../database';
import { NOTHING } from '../providers/fixtures';
import { startTestApp, type TestApp } from '../harness';
import {
  CLEAR_CLIENT,
  CREATE_WEBHOOK,
  DELETE_WEBHOOK,
  DELIVERIES,
  HAND_IN,
  REDELIVER,
  REDELIVER_FAILED,
  ROTATE_SIGNING,
  SET_CLIENT,
  START_LIVE_CALL,
  UPDATE_WEBHOOK,
  WEBHOOKS,
  type UserErrors,
} from '../operations';

const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
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

const create = (types?: readonly string[]) => createWebhook(running, receiver.url, types);
const work = () => running.app.upkeep.deliveries.work();
const result = <T extends object = UserErrors>(query: string, input: object) =>
  resultOf<T>(running, query, input);
const update = (id: string, change: object) => result(UPDATE_WEBHOOK, { outgoingWebhookId: id, ...change });

const isVerified = (secret: string, { headers, body }: Received) => {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
};
const isSignedBy = (publicKey: string, { headers, body }: Received) => {
  const bytes = Buffer.from(publicKey.slice('whpk_'.length), 'base64');
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes]), format: 'der', type: 'spki' });
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  return headers['webhook-signature']
    .split(' ')
    .filter((each) => each.startsWith('v1a,'))
    .some((each) => verify(null, signed, key, Buffer.from(each.slice('v1a,'.length), 'base64')));
};

describe('a webhook', () => {
  test('is told of keys that are set and cleared, of hand-ins and of calls that ended, by ids and codes alone', async () => {
    const { secret, outgoingWebhook } = await create([
      'API_KEY_SET',
      'API_KEY_CLEARED',
      'HAND_IN_RECEIVED',
      'CALL_ENDED',
    ]);
    const { valid } = running.sandbox.bland.keys;
    await running.data(SET_CLIENT, {
      input: { clientId: HARBOR, keys: [{ provider: 'BLAND', apiKey: valid }] },
    });
    await running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['BLAND'] } });
    await running.data(HAND_IN, { input: { provider: 'BLAND', apiKey: valid } }, 'portalUser');
    await running.chained();
    const { startCall } = await running.data<{ startCall: { call: { id: string } } }>(START_LIVE_CALL, {
      input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'told' },
    });
    const facts = {
      ...NOTHING,
      status: 'COMPLETED' as const,
      durationMs: 61_000,
      endReason: 'HUNG_UP_BY_CALLEE' as const,
    };
    const { id } = startCall.call;
    const origin = { source: 'EVENT', knownAt: new Date() } as const;
    for (const _again of [1, 2])
      await new CallFactsService(tenantDatabase(running.app.database)).apply(id, facts, origin);
    await work();
    const { app } = running;
    const call = await app.database.read.findOneByOrFail(CallRow, { id });
    const told = receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    const key = { agencyId: BRIGHTLINE, clientId: HARBOR, provider: 'BLAND' };
    const version = expect.any(Number) as number;
    expect(told.sort((one, other) => one.type.localeCompare(other.type))).toEqual([
      { type: 'api_key.cleared', timestamp: expect.any(String) as string, data: { ...key, version } },
      { type: 'api_key.set', timestamp: expect.any(String) as string, data: { ...key, version } },
      {
        type: 'call.ended',
        timestamp: call.updatedAt.toISOString(),
        data: {
          agencyId: BRIGHTLINE,
          callId: id,
          clientId: HARBOR,
          agentId: HARBOR_RETELL_AGENT,
          provider: 'RETELL',
          kind: 'LIVE',
          direction: 'OUTBOUND',
          keySource: call.keySource,
          status: 'COMPLETED',
          durationMs: 61_000,
          endReason: 'HUNG_UP_BY_CALLEE',
        },
      },
      {
        type: 'hand_in.received',
        timestamp: expect.any(String) as string,
        data: { ...key, keyHandInId: expect.any(String) as string },
      },
    ]);
    expect(receiver.received.every((each) => isVerified(secret, each))).toBe(true);
    expect(receiver.received.every((each) => isSignedBy(outgoingWebhook.publicKey, each))).toBe(true);
    expect(receiver.received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'latchkey',
    });
    const all = receiver.received.map(({ headers, body }) => JSON.stringify(headers) + body).join('');
    expect(all).not.toMatch(/•|\+1415|Harbor/);
    expect(all).not.toContain(valid);
  });

  test('is told of the types that it wants, from its creation on, and other agencies of nothing', async () => {
    await announceCalls(running, 1);
    const { outgoingWebhook } = await create(['ALERT_OPENED']);
    const other = await create(['CALL_ENDED', 'ALERT_OPENED']);
    const foreign = await running.data<{ createOutgoingWebhook: Created }>(
      CREATE_WEBHOOK,
      { input: { url: receiver.url, types: ['CALL_ENDED'] } },
      'otherAgencyAdmin',
    );
    await announceCalls(running, 2);
    await work();
    const counts = [
      outgoingWebhook,
      other.outgoingWebhook,
      foreign.createOutgoingWebhook.outgoingWebhook,
    ].map(async ({ id }) => (await deliveriesOf(running, id)).length);
    expect(await Promise.all(counts)).toEqual([0, 2, 0]);
    await running.ask('otherAgencyAdmin', DELETE_WEBHOOK, {
      input: { outgoingWebhookId: foreign.createOutgoingWebhook.outgoingWebhook.id },
    });
  });

  test('is signed by each secret for a day after it was rotated, also where another rotation follows at once', async () => {
    const first = await create();
    const { id } = first.outgoingWebhook;
    const rotate = () => result<Created & UserErrors>(ROTATE_SIGNING, { outgoingWebhookId: id });
    const second = await rotate();
    await announceCalls(running, 1);
    await work();
    const third = await rotate();
    await announceCalls(running, 1);
    await work();
    const { database } = running.app;
    await database.write((tx) =>
      tx.run('UPDATE outgoing_webhook_secrets SET validUntil = ? WHERE validUntil IS NOT NULL', [new Date()]),
    );
    await announceCalls(running, 1);
    await work();
    const secrets = [first, second, third];
    expect(receiver.received.map((each) => secrets.map(({ secret }) => isVerified(secret, each)))).toEqual([
      [true, true, false],
      [true, true, true],
      [false, false, true],
    ]);
    const keys = secrets.map(({ outgoingWebhook }) => outgoingWebhook.publicKey);
    expect(receiver.received.map((each) => keys.map((key) => isSignedBy(key, each)))).toEqual([
      [true, true, false],
      [true, true, true],
      [false, false, true],
    ]);
    expect(third.outgoingWebhook).toMatchObject({
      previousSecretValidUntil: expect.any(String) as string,
    });
  });

  test('shows its secret when it is created or rotated, and never again', async () => {
    const { secret, outgoingWebhook } = await create();
    await announceCalls(running, 1);
    await work();
    const answers = [
      await running.data(WEBHOOKS),
      await running.data(DELIVERIES, { id: outgoingWebhook.id }),
      await update(outgoingWebhook.id, { types: ['CALL_ENDED'] }),
    ];
    expect(JSON.stringify(answers)).not.toContain(secret.slice('whsec_'.length));
    expect(running.logs.join('')).not.toContain(secret.slice('whsec_'.length));
  });

  test('has an address that is checked, and a type at least', async () => {
    const refused = async (input: object) =>
      codes(await result(CREATE_WEBHOOK, { url: receiver.url, types: ['CALL_ENDED'], ...input }));
    expect(await refused({ url: ' ' })).toEqual([['REQUIRED', 'input.url']]);
    expect(await refused({ url: 'https://user:pw@example.com/' })).toEqual([['INVALID_FORMAT', 'input.url']]);
    expect(await refused({ url: 'https://[::ffff:10.0.0.1]/' })).toEqual([['INVALID_FORMAT', 'input.url']]);
    // Each of them would be stored as another address than was entered.
    for (const url of [
      ...['https:///x', 'https:example.com', 'https://example.com/\u0000', 'https://a\tb.example.com/'],
      ...['https://example.com\\@evil.example/', 'https://.', 'https://a..example.com/'],
    ])
      expect([url, await refused({ url })]).toEqual([url, [['INVALID_FORMAT', 'input.url']]]);
    expect(await refused({ url: `https://a.test/${'x'.repeat(2_000)}` })).toEqual([
      ['TOO_LONG', 'input.url'],
    ]);
    // Each of these is six characters as it is stored and sent.
    expect(await refused({ url: `https://a.test/${'\u00e9'.repeat(900)}` })).toEqual([
      ['TOO_LONG', 'input.url'],
    ]);
    expect(await refused({ types: [] })).toEqual([['REQUIRED', 'input.types']]);
    expect(await refused({ types: ['CALL_ENDED', 'CALL_ENDED'] })).toEqual([['DUPLICATE', 'input.types']]);
    expect(await running.data(WEBHOOKS)).toEqual({ outgoingWebhooks: [] });
  });

  test('is one of ten at most, also where all are created at once', async () => {
    const input = { url: receiver.url, types: ['CALL_ENDED'] };
    const all = await Promise.all(Array.from({ length: 12 }, () => result(CREATE_WEBHOOK, input)));
    expect(all.flatMap(codes)).toEqual([
      ['TOO_MANY', 'input'],
      ['TOO_MANY', 'input'],
    ]);
  });

  test('of another agency does not exist', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 1);
    await work();
    const [delivery] = await deliveriesOf(running, outgoingWebhook.id);
    const named = { outgoingWebhookId: outgoingWebhook.id };
    const attempts: [string, object][] = [
      [UPDATE_WEBHOOK, { ...named, isOn: false }],
      [DELETE_WEBHOOK, named],
      [ROTATE_SIGNING, named],
      [REDELIVER_FAILED, { ...named, since: new Date(0) }],
      [REDELIVER, { webhookDeliveryId: delivery?.id }],
    ];
    for (const [query, input] of attempts) {
      const { data } = await running.ask('otherAgencyAdmin', query, { input });
      const [payload] = Object.values(data as Record<string, UserErrors>);
      expect(payload && codes(payload)).toEqual([['NOT_FOUND', expect.any(String)]]);
    }
    const { data } = await running.ask('otherAgencyAdmin', DELIVERIES, { id: outgoingWebhook.id });
    expect(data).toMatchObject({ webhookDeliveries: { nodes: [], totalCount: 0 } });
    expect(await webhookOf(running, outgoingWebhook.id)).toMatchObject({ offReason: null });
  });

  test('that is deleted is told of nothing any more, and its log and its secrets are gone', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 1);
    receiver.answer = status(503);
    await work();
    const [delivery] = await deliveriesOf(running, outgoingWebhook.id);
    await announceCalls(running, 1);
    receiver.received.length = 0;
    await result(DELETE_WEBHOOK, { outgoingWebhookId: outgoingWebhook.id });
    await letTimePass(running);
    await work();
    expect(receiver.received).toEqual([]);
    expect(await running.data(DELIVERIES, { id: outgoingWebhook.id })).toMatchObject({
      webhookDeliveries: { nodes: [], totalCount: 0 },
    });
    expect(await running.data(`{ node(id: "${delivery?.id}") { id } }`)).toEqual({ node: null });
    const { read } = running.app.database;
    expect(await read.countBy(OutgoingWebhookSecretRow, { webhookId: outgoingWebhook.id })).toBe(0);
    expect(await read.count(OutgoingMessageRow)).toBe(0);
  });
});

describe('the log of deliveries', () => {
  test('has pages, the newest first, and can be narrowed to a status', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 5);
    receiver.answer = (response, { body }) =>
      status(/"number":[12]}/.test(body) ? 400 : 204)(response, { body } as Received);
    await work();
    interface Log {
      readonly webhookDeliveries: {
        readonly totalCount: number;
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
        readonly nodes: readonly {
          readonly body: string;
          readonly httpStatus: number;
          readonly attempts: number;
        }[];
      };
    }
    const log = async (variables: object) =>
      (await running.data<Log>(DELIVERIES, { id: outgoingWebhook.id, ...variables })).webhookDeliveries;
    const numbers = ({ nodes }: Log['webhookDeliveries']) =>
      nodes.map(({ body }) => (JSON.parse(body) as { data: { number: number } }).data.number);
    const first = await log({ first: 3 });
    expect([numbers(first), first.totalCount, first.pageInfo.hasNextPage]).toEqual([[4, 3, 2], 5, true]);
    expect(numbers(await log({ first: 3, after: first.pageInfo.endCursor }))).toEqual([1, 0]);
    const waiting = await log({ status: 'WAITING' });
    expect(numbers(waiting)).toEqual([2, 1]);
    expect(waiting.nodes).toMatchObject([
      { httpStatus: 400, fault: 'STATUS', attempts: 1 },
      { httpStatus: 400, fault: 'STATUS', attempts: 1 },
    ]);
    expect(numbers(await log({ status: 'DELIVERED' }))).toEqual([4, 3, 0]);
  });

  test('keeps nothing of an answer but its status', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 1);
    receiver.answer = (response) =>
      void response.writeHead(500, { 'x-echo': 'header-of-the-answer' }).end('body-of-the-answer');
    await work();
    const rows = [
      await deliveriesOf(running, outgoingWebhook.id),
      await webhookOf(running, outgoingWebhook.id),
    ];
    expect(JSON.stringify(rows) + running.logs.join('')).not.toMatch(/of-the-answer/);
  });

  test('is kept for thirty days', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 2);
    await work();
    const { deliveries } = running.app.upkeep;
    await deliveries.removeOld(new Date(Date.now() + 29 * DAY_MS));
    expect(await deliveriesOf(running, outgoingWebhook.id)).toHaveLength(2);
    const [again] = await deliveriesOf(running, outgoingWebhook.id);
    await result(REDELIVER, { webhookDeliveryId: again?.id });
    await deliveries.removeOld(new Date(Date.now() + 31 * DAY_MS));
    // What is waiting is sent first.
    expect((await deliveriesOf(running, outgoingWebhook.id)).map(({ id }) => id)).toEqual([again?.id]);
    await work();
    await deliveries.removeOld(new Date(Date.now() + 31 * DAY_MS));
    expect(await deliveriesOf(running, outgoingWebhook.id)).toHaveLength(0);
  });
});

describe('a redelivery', () => {
  test('of one message sends it again under the same id, whatever became of it', async () => {
    const { outgoingWebhook } = await create();
    await announceCalls(running, 1);
    await work();
    const [delivery] = await deliveriesOf(running, outgoingWebhook.id);
    expect(await result(REDELIVER, { webhookDeliveryId: delivery?.id })).toMatchObject({
      delivery: { status: 'WAITING', attempts: 0 },
    });
    await work();
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([delivery?.messageId, delivery?.messageId]);
  });

  test('of all that failed since a time sends these again and no others', async () => {
    const { outgoingWebhook } = await create();
    const { id } = outgoingWebhook;
    receiver.answer = status(400);
    await announceCalls(running, 3);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await work();
      await letTimePass(running);
    }
    const failed = await deliveriesOf(running, id);
    expect(failed.map(({ status: state, attempts }) => [state, attempts])).toEqual(
      Array(3).fill(['FAILED', 10]),
    );
    expect(receiver.received).toHaveLength(30);
    receiver.answer = status(204);
    await announceCalls(running, 1);
    await work();
    receiver.received.length = 0;
    const since = (time: Date) => result(REDELIVER_FAILED, { outgoingWebhookId: id, since: time });
    const attempted = failed.map(({ attemptedAt }) => attemptedAt?.getTime() ?? 0);
    const later = new Date(Math.max(...attempted) + 1_000);
    expect(await since(later)).toEqual({ redeliveredCount: 0, hasMore: false, userErrors: [] });
    // They were made before that time, and have failed since then.
    const last = new Date(Math.min(...attempted));
    expect(Math.max(...failed.map(({ createdAt }) => createdAt.getTime()))).toBeLessThan(last.getTime());
    expect(await since(last)).toEqual({ redeliveredCount: 3, hasMore: false, userErrors: [] });
    await work();
    expect(receiver.received.map(({ headers }) => headers['webhook-id']).sort()).toEqual(
      failed.map(({ messageId }) => messageId).sort(),
    );
    expect(await since(new Date(0))).toMatchObject({ redeliveredCount: 0 });
  });
});
