import { BLOCKED_PORT, isBlockedPort } from '../../../platform/blocked-port';

/**
 * `key` is the service's name for its own key, and `wrapped` is what the service has wrapped with that key.
 */
export interface WrappedBytes {
  readonly key: string;
  readonly wrapped: string;
}

/**
 * A key service wraps and unwraps with keys that never leave it. What it wraps can be unwrapped under the
 * same `name` only.
 */
export interface KeyService {
  /** The result is null for text that `wrap` has not written. The service is not asked. */
  parse(text: string): WrappedBytes | null;
  wrap(
    key: string,
    plaintext: Buffer,
    name: string,
    environment: KeyServiceEnvironment,
  ): Promise<WrappedBytes>;
  unwrap(wrapped: WrappedBytes, name: string, environment: KeyServiceEnvironment): Promise<Buffer>;
}

/** These settings tell where the services are. AWS is configured through its official client instead. */
export interface KeyServiceEnvironment {
  readonly VAULT_ADDR?: string | undefined;
  readonly VAULT_TOKEN?: string | undefined;
  readonly VAULT_TOKEN_FILE?: string | undefined;
  readonly VAULT_NAMESPACE?: string | undefined;
  /** The limit is for the whole exchange, including authentication and repeated requests. */
  readonly KEY_SERVICE_TIMEOUT_MS: number;
}

/**
 * The message tells why a service gave no usable answer, in Latchkey's own words or by the code that the
 * service gave. It contains nothing else of the answer.
 */
export class KeyServiceFailure extends Error {}

/** This throws `KeyServiceFailure` and nothing else. */
export async function askKeyService<T>(
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new KeyServiceFailure(`no answer within ${timeoutMs} ms`))),
  );
  try {
    return await Promise.race([ask(signal), late]);
  } catch (error) {
    if (signal.aborted) throw new KeyServiceFailure(`no answer within ${timeoutMs} ms`);
    throw error instanceof KeyServiceFailure ? error : new KeyServiceFailure(codeOf(error));
  }
}

// Codes are single words (`AccessDeniedException`, `ECONNREFUSED`). Messages are left out: they may quote
// what was sent or answered.
function codeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: { code?: unknown } };
  if (isBlockedPort(cause)) return BLOCKED_PORT;
  const found = [cause?.code, code, name].find((each) => typeof each === 'string' && /^\w{2,64}$/.test(each));
  return typeof found === 'string' ? found : 'it failed';
}
