import { finished } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bearerDigest } from '../access/bearer';
import type { Origin, Viewer } from '../access/viewer';
import type { CallContentService } from '../calls/call-content.service';
import { PublicError, rateLimited, unauthenticated, type ErrorCode } from '../graphql/errors';
import type { Credentials, SignInOutcome } from '../people/sign-in';
import type { OpenRecording } from '../providers/recordings';
import type { WantedPart } from '../vault/download';
import { refuse } from './answers';
import { callerOf, type RateLimits } from './rate-limits';
import type { Route } from './server';

export interface RecordingOptions {
  readonly identify: (credentials: Credentials, origin: Origin) => Promise<SignInOutcome>;
  readonly rateLimits: RateLimits;
  readonly contents: CallContentService;
}

/** One caller listens to so many recordings at once, at most. */
export const MAX_STREAMS_OF_CALLER = 10;
const RETRY_AFTER_SECONDS = 10;

/** One range alone, as players ask for it. Several at once are answered with the whole, as HTTP allows. */
const RANGE = /^bytes=(?:\d{1,15}-\d{0,15}|-\d{1,15})$/;
const IF_RANGE = /^[\x20-\x7E]{1,250}$/;

/** Errors that stand in an answer of GraphQL beside others, and are the whole answer here. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = { FORBIDDEN: 403, PROVIDER_UNAVAILABLE: 502 };

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
    scope.setErrorHandler((error, request, reply) => {
      const status = error instanceof PublicError ? STATUS[error.extensions.code] : undefined;
      if (status === undefined || !(error instanceof PublicError)) throw error;
      const { message, extensions } = error;
      if (request.measured) request.measured.code ??= extensions.code;
      return reply.code(status).send({ errors: [{ message, extensions }] });
    });
    scope.route<RecordingRoute>({
      method: ['GET', 'HEAD'],
      url: '/calls/:id/recording',
      handler: async (request, reply) => {
        const viewer = await admit(options, request);
        const signal = streams.begin(callerOf(viewer, request.sourceAddress), reply);
        const part = wantedPart(request);
        const recording = await options.contents.open(viewer, request.params.id, part, signal);
        return recording ? send(reply, request.method, recording) : refuse(reply, 404);
      },
    });
  };
}

// A recording is asked of its provider, as a call is that is placed.
async function admit({ identify, rateLimits }: RecordingOptions, request: FastifyRequest): Promise<Viewer> {
  const { authorization, 'latchkey-agency': agencyId } = request.headers;
  const credentials = {
    authorization,
    agencyId: typeof agencyId === 'string' ? agencyId : undefined,
    mayJoin: false,
  };
  const { id: requestId, sourceAddress } = request;
  const origin = { requestId, sourceAddress, tokenDigest: () => bearerDigest(authorization) };
  const { viewer, refusal } = await identify(credentials, origin);
  request.viewer = viewer;
  request.signInRefusal = refusal;
  const caller = callerOf(viewer, sourceAddress);
  await rateLimits.count('REQUEST', caller, 1, viewer?.agencyId ?? null);
  if (!viewer) throw unauthenticated();
  await rateLimits.count('KEY_OPERATION', caller, 1, viewer.agencyId);
  return viewer;
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
