/** A key of the service, by its name there, and what it has wrapped. */
export interface WrappedBytes {
  readonly key: string;
  readonly wrapped: string;
}

/** A service that wraps and unwraps with keys that never leave it. What it wraps opens under the same `name` only. */
export interface KeyService {
  /** Does not read what `wrap` has not written; null then. Asks nobody. */
  parse(text: string): WrappedBytes | null;
  wrap(
    key: string,
    plaintext: Buffer,
    name: string,
    environment: KeyServiceEnvironment,
  ): Promise<WrappedBytes>;
  unwrap(wrapped: WrappedBytes, name: string, environment: KeyServiceEnvironment): Promise<Buffer>;
}

/** Where the services are. AWS is configured as its official client has it, and not here. */
export interface KeyServiceEnvironment {
  readonly VAULT_ADDR?: string | undefined;
  readonly VAULT_TOKEN?: string | undefined;
  readonly VAULT_TOKEN_FILE?: string | undefined;
  readonly VAULT_NAMESPACE?: string | undefined;
  /** For the whole exchange, signing in and repetitions included. */
  readonly KEY_SERVICE_TIMEOUT_MS: number;
}

/** Why a service gave no answer that could be used: in words of ours, or by the code that it gave. Carries nothing else of the answer. */
export class KeyServiceFailure extends Error {}

/** Throws `KeyServiceFailure`, and nothing else. */
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

// Codes are single words (`AccessDeniedException`, `ECONNREFUSED`). Messages are left out: they may quote what was sent or answered.
function codeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: { code?: unknown } };
  const found = [cause?.code, code, name].find((each) => typeof each === 'string' && /^\w{2,64}$/.test(each));
  return typeof found === 'string' ? found : 'it failed';
}
