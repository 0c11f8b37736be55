import { digest } from '../platform/digest';

/** What tells one placement from another. */
export interface AttemptKey {
  readonly digest: string;
  readonly bodyDigest: string;
  readonly hasIdempotencyKey: boolean;
  /** Whether the client says that it repeats a request. */
  readonly isMarked: boolean;
}

/**
 * `newCallId` is that of the call of this request. Nobody is dialled by a web call, whose body is the same
 * for every visitor of a page: without an idempotency key, none is a repetition of another.
 */
export function attemptKeyOf(
  tokenId: string,
  path: string,
  body: string,
  header: (name: string) => string | undefined,
  { newCallId, isWebCall }: { readonly newCallId: string; readonly isWebCall: boolean },
): AttemptKey {
  const bodyDigest = digest(path, body);
  const idempotencyKey = header('idempotency-key')?.trim() ?? '';
  const hasIdempotencyKey = idempotencyKey !== '';
  const byBody = isWebCall ? ['call', newCallId] : ['body', bodyDigest];
  const what = hasIdempotencyKey ? ['key', idempotencyKey] : byBody;
  const isMarked = Number(header('x-stainless-retry-count') ?? 0) > 0;
  return { digest: digest('gateway attempt', tokenId, ...what), bodyDigest, hasIdempotencyKey, isMarked };
}
