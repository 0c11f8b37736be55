import type { EventIntakeService } from '../events/event-intake.service';
import { refuse } from './answers';
import { callerOf, type RateLimits } from './rate-limits';
import { isCompressed, type Route } from './server';

/** The largest event that is read, in bytes: transcripts are long. */
export const MAX_EVENT_BYTES = 1024 * 1024;

interface WebhookRoute {
  Params: { provider: string; token: string };
  Body: Buffer | undefined;
}

/**
 * Takes the events of providers. The answer has no body, and is the same for an address that leads nowhere
 * and for a signature that does not hold. Accepted events count for their account alone, and refused ones for
 * the network that sends them: a provider sends those of all accounts from a few addresses, so that what it
 * sends wrongly for one of them must not keep out what it sends for the others.
 */
export function webhooks(intake: EventIntakeService, rateLimits: RateLimits): Route {
  return (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_EVENT_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.addHook('onRequest', (request, reply, done) => {
      if (request.measured) request.measured.operationClass = 'EVENT';
      // The signature is over the bytes as they were sent, whatever type they are said to have, or none.
      request.raw.headers['content-type'] = 'application/octet-stream';
      if (isCompressed(request)) void refuse(reply, 415);
      else done();
    });
    scope.post<WebhookRoute>(
      '/webhooks/:provider/:token',
      { bodyLimit: MAX_EVENT_BYTES },
      async (request, reply) => {
        const { params, body, headers, sourceAddress } = request;
        const event = await intake.verify({
          ...params,
          body: body ?? Buffer.alloc(0),
          header: (name) => String(headers[name] ?? ''),
        });
        if (typeof event === 'string') {
          request.eventRefusal = event;
          await rateLimits.count('REFUSED_EVENT', callerOf(null, sourceAddress));
          return reply.code(event === 'NO_EVENT' ? 400 : 401).send();
        }
        const { owner, provider } = event.endpoint;
        await rateLimits.count('EVENT', `${owner.id} ${provider}`);
        await intake.store(event);
        return reply.code(204).send();
      },
    );
  };
}
