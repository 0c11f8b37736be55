import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { MESSAGE_TYPE_NAMES } from '../outbox/message-types';
import type { Ask } from './ask';

/** By its path, the receiver of an earlier start is known. */
const PATH = '/webhooks-of-the-demo';

export interface WebhookReceiver {
  /** Enters the receiver as a webhook of the agency, in place of that of an earlier start. */
  enter(ask: Ask): Promise<void>;
  close(): Promise<void>;
}

/** What an agency has of its own: it verifies the messages that Latchkey sends it, and keeps them. */
export async function startWebhookReceiver(keep: (message: string) => void): Promise<WebhookReceiver> {
  let secret = '';
  const server = createServer((request, response) => {
    textOf(request)
      .then((body) => {
        const isGenuine = isSigned(secret, request.headers, body);
        if (isGenuine) keep(body);
        response.writeHead(isGenuine ? 204 : 401).end();
      })
      // What is cut off or cannot be kept is not acknowledged, and comes again.
      .catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    enter: async (ask) => {
      await removeEarlier(ask);
      const input = `{ url: "http://127.0.0.1:${port}${PATH}", types: [${MESSAGE_TYPE_NAMES.join(', ')}] }`;
      const data = await ask(`mutation { createOutgoingWebhook(input: ${input}) { secret } }`);
      secret = (data.createOutgoingWebhook as { secret: string | null } | undefined)?.secret ?? '';
    },
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function removeEarlier(ask: Ask): Promise<void> {
  const { outgoingWebhooks } = await ask('{ outgoingWebhooks { id url } }');
  for (const { id, url } of (outgoingWebhooks ?? []) as { id: string; url: string }[])
    if (url.endsWith(PATH))
      await ask(
        `mutation { deleteOutgoingWebhook(input: { outgoingWebhookId: "${id}" }) { userErrors { code } } }`,
      );
}

function isSigned(secret: string, headers: IncomingHttpHeaders, body: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}
