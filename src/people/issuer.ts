import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose';
import { BLOCKED_PORT, isBlockedPort } from '../platform/blocked-port';
import { ConfigError } from '../platform/config-error';
import { readJson, UnreadableAnswer } from '../platform/read-json';
import { isSecureUrl } from '../platform/secure-url';

/**
 * The issuer gives no answer, or none that can be trusted. The message names the address and the reason, and
 * quotes nothing of the answer.
 */
export class IssuerUnreachable extends Error {}

/** The issuer does not tell the holder of this token anything. */
export class IssuerRefuses extends IssuerUnreachable {}

/** One of the signing keys that the issuer publishes cannot be used. */
export class UnusableSigningKey extends IssuerUnreachable {
  constructor() {
    super("a signing key of the issuer's key set cannot be used");
  }
}

type SigningKeys = ReturnType<typeof createRemoteJWKSet>;

export type Claims = Readonly<Record<string, unknown>>;

export interface IssuerOptions {
  /**
   * When a signing key is not known, the issuer's keys are not fetched again for this time, in milliseconds.
   */
  readonly jwksCooldownMs: number;
  /** The time limit of one exchange in milliseconds. It covers connecting, sending and reading the answer. */
  readonly timeoutMs: number;
}

interface Metadata {
  readonly keys: SigningKeys;
  /** Null when the issuer has no such endpoint. */
  readonly userinfo: string | null;
}

/**
 * The issuer of OpenID Connect with what it publishes: its discovery document, its signing keys and its
 * userinfo endpoint.
 */
export class Issuer {
  #metadata: Promise<Metadata> | null = null;
  #problem: string | null = null;
  #reloading: Promise<boolean> | null = null;
  #reloads = 0;
  #reloadedAt = -Infinity;

  constructor(
    /** The issuer exactly as it stands in the tokens. Its discovery document lies below this address. */
    readonly name: string,
    private readonly options: IssuerOptions,
    /** This is called before the signing keys are fetched. */
    private readonly beforeKeys: () => void,
  ) {}

  /**
   * The reason why sign-ins could not be checked when the issuer was last asked. Null when they could, or
   * before it was asked.
   */
  get problem(): string | null {
    return this.#problem;
  }

  /** Returns the issuer's signing keys. Throws `IssuerUnreachable`. */
  async keys(): Promise<JWTVerifyGetKey> {
    return (await this.#discovered()).keys;
  }

  /** How often the signing keys were fetched again because a token did not fit the one that it names. */
  get reloads(): number {
    return this.#reloads;
  }

  /**
   * Fetches the signing keys again, where a token does not fit the one that it names. Returns whether they
   * were fetched after the reloads that the caller has seen: they are not within the cooldown, so that forged
   * tokens cause no flood of requests.
   */
  async reloadKeys(seenReloads: number): Promise<boolean> {
    const { keys } = await this.#discovered();
    // Another request has fetched them since.
    if (this.#reloads !== seenReloads) return true;
    if (this.#reloading) return this.#reloading;
    const isSoon = Date.now() < this.#reloadedAt + this.options.jwksCooldownMs;
    if (keys.coolingDown || isSoon) return false;
    this.#reloadedAt = Date.now();
    this.#reloading = keys
      .reload()
      .then(
        () => {
          this.#reloads += 1;
          return true;
        },
        // Why they cannot be read is noted, and the token is what it was found to be.
        () => false,
      )
      .finally(() => (this.#reloading = null));
    return this.#reloading;
  }

  /** Notes why sign-ins cannot be checked. Returns the error. */
  note(error: unknown): unknown {
    this.#problem = error instanceof IssuerUnreachable ? error.message : 'the issuer cannot be asked';
    return error;
  }

  /**
   * Compares the configured issuer with its discovery document. Throws `ConfigError` when they differ,
   * because then no token could ever be accepted. When the issuer cannot be reached, `problem` says so, and
   * the first sign-in asks again.
   */
  async check(): Promise<void> {
    const other = await this.#discovered().then(
      () => null,
      (error: unknown) => (error instanceof OtherIssuer ? error : null),
    );
    if (other) throw new ConfigError(`AUTH_ISSUER ${other.message}`);
  }

  /**
   * Returns what the issuer tells whoever holds this token of the person, or null when the issuer has no such
   * endpoint. Throws `IssuerUnreachable`, or `IssuerRefuses` where the endpoint takes no such token.
   */
  async userinfo(token: string): Promise<Claims | null> {
    const { userinfo } = await this.#discovered();
    return userinfo === null
      ? null
      : this.#fetch('the userinfo endpoint', userinfo, { authorization: `Bearer ${token}` });
  }

  // All who wait share one request. A failure is not kept.
  #discovered(): Promise<Metadata> {
    this.#metadata ??= this.#discover().catch((error: unknown) => {
      this.#metadata = null;
      throw this.note(error);
    });
    return this.#metadata;
  }

  async #discover(): Promise<Metadata> {
    const address = `${this.name.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = await this.#fetch('the discovery document', address);
    if (document.issuer !== this.name) throw new OtherIssuer(this.name, address, document.issuer);
    const { jwks_uri: keys, userinfo_endpoint: userinfo } = document;
    if (typeof keys !== 'string' || !isSecureUrl(keys))
      throw new IssuerUnreachable(`the discovery document ${address} names no key set with a secure address`);
    this.#problem = null;
    return {
      keys: this.#remoteKeys(keys),
      userinfo: typeof userinfo === 'string' && isSecureUrl(userinfo) ? userinfo : null,
    };
  }

  #remoteKeys(address: string): SigningKeys {
    const fetchKeys: FetchImplementation = async () => {
      this.beforeKeys();
      try {
        const document = await this.#fetch('the key set', address);
        if (!Array.isArray(document.keys)) throw new IssuerUnreachable(`${address} is not a key set`);
        const keys: readonly unknown[] = document.keys;
        // A member that is no key would spoil those that are.
        const usable = keys.filter((key) => typeof key === 'object' && key !== null && !Array.isArray(key));
        this.#problem = null;
        return new Response(JSON.stringify({ keys: usable }));
      } catch (error) {
        throw this.note(error);
      }
    };
    return createRemoteJWKSet(new URL(address), {
      cooldownDuration: this.options.jwksCooldownMs,
      [customFetch]: fetchKeys,
    });
  }

  /**
   * Reads a JSON object within the limits of time and length, and follows no redirect. Throws
   * `IssuerUnreachable`.
   */
  async #fetch(
    what: string,
    address: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Claims> {
    const failed = (reason: string, Failure = IssuerUnreachable) =>
      new Failure(`${what} ${address} cannot be read (${reason})`);
    const { timeoutMs } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let document: unknown;
    try {
      response = await fetch(address, {
        headers: { accept: 'application/json', ...headers },
        redirect: 'manual',
        signal,
      });
      document = response.status === 200 ? await readJson(response) : await response.body?.cancel();
    } catch (error) {
      if (signal.aborted) throw failed(`no whole answer within ${timeoutMs} ms`);
      throw failed(error instanceof UnreadableAnswer ? error.message : networkCode(error));
    }
    const { status } = response;
    if (status === 401 || status === 403) throw failed(`HTTP ${status}`, IssuerRefuses);
    if (status !== 200) throw failed(`HTTP ${status}`);
    if (document === null || typeof document !== 'object') throw failed('not a JSON object');
    return document as Claims;
  }
}

class OtherIssuer extends IssuerUnreachable {
  constructor(configured: string, address: string, found: unknown) {
    // An issuer that could not be configured is not repeated, because the answer can hold anything there.
    const said = typeof found === 'string' && isSecureUrl(found) ? found : 'no issuer that could be used';
    super(`is ${configured}, but the discovery document ${address} says ${said}: both must be the same`);
  }
}

function networkCode(error: unknown): string {
  const { cause } = error as Error;
  if (isBlockedPort(cause)) return BLOCKED_PORT;
  const { code } = (cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : 'the connection failed';
}
