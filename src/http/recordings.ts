import { finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallContentService } from '../calls/call-content.service';
import { rateLimited } from '../graphql/errors';
import type { OpenRecording } from '../providers/recordings';
import type { WantedPart } from '../vault/download';
import { refuse } from './answers';
import { admit, answerErrors, type FileOptions } from './files';
import { callerOf } from './rate-limits';
import type { Route } from './server';

export interface RecordingOptions extends FileOptions {
  readonly contents: CallContentService;
}

/** One caller listens to so many recordings at once, at most. */
export const MAX_STREAMS_OF_CALLER = 10;
const RETRY_AFTER_SECONDS = 10;

/** One range alone, as players ask for it. Several at once are answered with the whole, as HTTP allows. */
const RANGE = /^bytes=(?:\d{1,15}-\d{0,15}|-\d{1,15})$/;
const IF_RANGE = /^[\x20-\x7E]{1,250}$/;

interface RecordingRoute {
  Params: { id: string };
}

/**
 * Hands on the recordings of calls, as they come in from the providers. Nothing of them is kept, and what a
 * slow listener does not take is not received.
 */
export function recordings(options: RecordingOptions): Route {
  return (scope) => {
    const streams = new Streams();
    // A recording would keep an instance that is to end from ending. Players ask for the rest of it.
    scope.addHook('preClose', (done) => {
      streams.endAll();
      done();
    });
    answerErrors(scope, { FORBIDDEN: 403, PROVIDER_UNAVAILABLE: 502 });
    scope.route<RecordingRoute>({
      method: ['GET', 'HEAD'],
      url: '/calls/:id/recording',
      handler: async (request, reply) => {
        const viewer = await admit(options, request);
        const caller = callerOf(viewer, request.sourceAddress);
        // A recording is asked of its provider, as a call is that is placed.
        await options.rateLimits.count('KEY_OPERATION', caller, 1, viewer.agencyId);
        const signal = streams.begin(caller, reply);
        const part = wantedPart(request);
        const recording = await options.contents.open(viewer, request.params.id, part, signal);
        return recording ? send(reply, request.method, recording) : refuse(reply, 404);
      },
    });
  };
}

function wantedPart({ headers: { range, 'if-range': ifRange } }: FastifyRequest): WantedPart {
  const isRange = range !== undefined && RANGE.test(range);
  const isCondition = isRange && typeof ifRange === 'string' && IF_RANGE.test(ifRange);
  return { range: isRange ? range : undefined, 'if-range': isCondition ? ifRange : undefined };
}

function send(reply: FastifyReply, method: string, { status, headers, body }: OpenRecording): FastifyReply {
  void reply.code(status).headers({ ...headers, 'content-disposition': 'attachment' });
  if (status !== 416 && method !== 'HEAD') return reply.send(body);
  body.destroy();
  if (status === 416) void reply.removeHeader('content-length');
  return reply.send();
}

/** The recordings that are being handed on. */
class Streams {
  readonly #open = new Map<string, Set<AbortController>>();

  /** Returns what ends with the answer, by whichever side. Throws `RATE_LIMITED` for one too many. */
  begin(caller: string, { raw }: FastifyReply): AbortSignal {
    const open = this.#open.get(caller) ?? new Set();
    if (open.size >= MAX_STREAMS_OF_CALLER) throw rateLimited(RETRY_AFTER_SECONDS);
    const end = new AbortController();
    this.#open.set(caller, open.add(end));
    finished(raw, () => {
      end.abort();
      open.delete(end);
      if (open.size === 0) this.#open.delete(caller);
    });
    return end.signal;
  }

  endAll(): void {
    for (const open of this.#open.values()) for (const end of open) end.abort();
  }
}
