import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { isSecureUrl } from '../platform/secure-url';

/** Who a token says that someone is. What they may do is not in it. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
}

export interface IdentityVerifier {
  /**
   * The identity that a valid bearer token proves. Null for everything else, whatever the reason. Throws `IssuerUnreachable` when the
   * issuer's keys cannot be had, so that nothing can be said of the token.
   */
  identify(authorization: string | undefined): Promise<Identity | null>;
}

export interface IdentityOptions {
  /** As it stands in the tokens; its discovery document lies below it. */
  readonly issuer: string;
  readonly audience: string;
  /** How long a signing key that nobody knows does not make us ask for the issuer's keys again, in milliseconds. */
  readonly jwksCooldownMs?: number;
}

/** The issuer gives no answer, or none that can be trusted. */
export class IssuerUnreachable extends Error {}

// Asymmetric only: with a symmetric one, whoever can verify a token can make one.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_TOLERANCE_S = 5;
const TIMEOUT_MS = 5_000;
const JWKS_COOLDOWN_MS = 5_000;
const VERIFIED_KEPT = 10_000;
const VERIFIED_FOR_MS = 60_000;
const MAX_HEADER_LENGTH = 8_192;

export function createIdentityVerifier(options: IdentityOptions): IdentityVerifier {
  // Checking a signature takes longer than all else that is done to know who asks. What was found holds for the same token, until it
  // expires or the issuer's keys are fetched again; what the person may do is read from the database each time.
  const verified = new LRUCache<string, JWTPayload>({ max: VERIFIED_KEPT, ttl: VERIFIED_FOR_MS });
  const keys = lazily(() => discover(options, () => verified.clear()));
  return {
    async identify(authorization) {
      const token = bearerToken(authorization);
      if (token === null) return null;
      const known = verified.get(token);
      const payload = known && isInForce(known) ? known : await verify(token, await keys(), options);
      if (payload && !known) verified.set(token, payload);
      return payload && toIdentity(payload);
    },
  };
}

function bearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > MAX_HEADER_LENGTH) return null;
  return /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1] ?? null;
}

function isInForce({ exp = 0 }: JWTPayload): boolean {
  return exp + CLOCK_TOLERANCE_S > Date.now() / 1000;
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: IdentityOptions,
): Promise<JWTPayload | null> {
  const requirements = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', 'sub'],
  };
  try {
    return (await jwtVerify(token, keys, requirements)).payload;
  } catch (error) {
    if (isFaultOfIssuer(error)) throw new IssuerUnreachable("The issuer's signing keys cannot be had");
    return null;
  }
}

// jose raises its base class for an answer that is no key set, `JWKSTimeout` for none in time, and what `fetch` raises for a broken connection.
function isFaultOfIssuer(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

function toIdentity({ iss, sub, email, email_verified }: JWTPayload): Identity | null {
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '') return null;
  return {
    issuer: iss,
    subject: sub,
    email: typeof email === 'string' ? email : null,
    emailVerified: email_verified === true,
  };
}

async function discover(
  { issuer, jwksCooldownMs = JWKS_COOLDOWN_MS }: IdentityOptions,
  beforeFetch: () => void,
): Promise<JWTVerifyGetKey> {
  const document = await fetchDiscovery(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const jwksUri = document.jwks_uri;
  if (document.issuer !== issuer)
    throw new IssuerUnreachable('The discovery document is that of another issuer');
  if (typeof jwksUri !== 'string' || !isSecureUrl(jwksUri))
    throw new IssuerUnreachable('The discovery document names no usable key set');
  const fetchKeys: FetchImplementation = (...request) => {
    beforeFetch();
    return fetch(...request);
  };
  return createRemoteJWKSet(new URL(jwksUri), {
    cooldownDuration: jwksCooldownMs,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: fetchKeys,
  });
}

async function fetchDiscovery(address: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 200) return (await response.json()) as Record<string, unknown>;
  } catch {
    // Told below, without what the issuer or the network said.
  }
  throw new IssuerUnreachable('The discovery document cannot be read');
}

/** Runs once for all who wait for it; a failure is not kept. */
function lazily<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | null = null;
  return () => {
    current ??= work().catch((error: unknown) => {
      current = null;
      throw error;
    });
    return current;
  };
}
