import type { Account } from './account';
import type { StandInReply, StandInRequest } from './server';

export type Handler = (request: StandInRequest, account: Account, id: string) => StandInReply;

/**
 * A handler is found by its route, such as `GET /agents` or `GET /agents/:id`, where `:id` is one segment, or
 * `POST /agents/:id/stop`.
 */
export type Handlers = Readonly<Record<string, Handler>>;

/** The result is null when there is no handler for the request. */
export function handle(handlers: Handlers, request: StandInRequest, account: Account): StandInReply | null {
  const { method, path } = request;
  const exact = handlers[`${method} ${path}`];
  if (exact) return exact(request, account, '');
  const segments = path.split('/');
  for (const at of [segments.length - 1, segments.length - 2]) {
    const route = segments.map((segment, index) => (index === at ? ':id' : segment)).join('/');
    const handler = handlers[`${method} ${route}`];
    if (handler) return handler(request, account, decodeURIComponent(segments[at] ?? ''));
  }
  return null;
}
