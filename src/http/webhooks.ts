import type { EventIntakeService, Intake } from '../events/event-intake.service';
import type { Route } from './server';

/** The largest event that is read, in bytes: transcripts are long. */
export const MAX_EVENT_BYTES = 1024 * 1024;

const STATUS: Readonly<Record<Intake, number>> = { STORED: 204, REFUSED: 401, UNREADABLE: 400 };

interface WebhookRoute {
  Params: { provider: string; token: string };
  Body: Buffer | undefined;
}

/**
 * Takes the events of providers. The answer has no body, and is the same for an address that leads nowhere
 * and for a signature that does not hold.
 */
export function webhooks(intake: EventIntakeService): Route {
  return (scope) => {
    // The signature is over the bytes as they were sent, whatever type they are said to have.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_EVENT_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.post<WebhookRoute>(
      '/webhooks/:provider/:token',
      { bodyLimit: MAX_EVENT_BYTES },
      async ({ params, body, headers }, reply) => {
        const outcome = await intake.accept({
          ...params,
          body: body ?? Buffer.alloc(0),
          header: (name) => String(headers[name] ?? ''),
        });
        return reply.code(STATUS[outcome]).send();
      },
    );
  };
}
