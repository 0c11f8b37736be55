import { Webhook } from 'standardwebhooks';
import { startWebhookReceiver, type WebhookReceiver } from '../../src/demo/webhook-receiver';

const SECRET = `whsec_${Buffer.from('a secret of the demo').toString('base64')}`;

let url: string;
let receiver: WebhookReceiver;
let kept: string[];
let isFull: boolean;
beforeEach(async () => {
  kept = [];
  isFull = false;
  receiver = await startWebhookReceiver((message) => {
    if (isFull) throw new Error('ENOSPC');
    kept.push(message);
  });
  await receiver.enter((query) => {
    url = /url: "([^"]+)"/.exec(query)?.[1] ?? url;
    return Promise.resolve({ outgoingWebhooks: [], createOutgoingWebhook: { secret: SECRET } });
  });
});
afterEach(() => receiver.close());

function send(body: string, secret = SECRET): Promise<Response> {
  const now = new Date();
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
  };
  return fetch(url, { method: 'POST', headers, body });
}

describe("the demo's receiver of webhooks", () => {
  test('keeps what is signed by its secret, and nothing else', async () => {
    expect((await send('{"type":"call.ended"}')).status).toBe(204);
    expect((await send('{}', `whsec_${Buffer.from('another').toString('base64')}`)).status).toBe(401);
    expect(kept).toEqual(['{"type":"call.ended"}']);
  });

  test('does not acknowledge what it cannot keep, and goes on', async () => {
    isFull = true;
    await expect(send('{"number":1}')).rejects.toThrow('fetch failed');
    isFull = false;
    expect((await send('{"number":1}')).status).toBe(204);
    expect(kept).toEqual(['{"number":1}']);
  });
});
