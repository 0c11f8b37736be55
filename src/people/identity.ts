import {
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../access/identity';
import { atMost } from '../platform/at-most';
import { identityDigest } from './identities';
import { Issuer, IssuerUnreachable, UnusableSigningKey, type IssuerOptions } from './issuer';
import { VerifiedAddresses } from './verified-address';

export { IssuerUnreachable };

/** The person of whom a token speaks. What the person may do does not stand in the token. */
export type TokenHolder = Pick<Identity, 'digest' | 'address'>;

/**
 * The reason why a bearer token proves nothing. It stands only in the log: the answer is the same for every
 * reason.
 */
export type TokenRefusal =
  | 'TOO_LONG'
  | 'NOT_A_BEARER_TOKEN'
  | 'NOT_A_JWT'
  | 'TYPE'
  | 'ALGORITHM'
  | 'UNKNOWN_KEY'
  | 'SIGNATURE'
  | 'ISSUER'
  | 'AUDIENCE'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'CLAIMS';

interface VerifiedToken {
  readonly payload: JWTPayload;
  readonly holder: TokenHolder;
}

export interface IdentityVerifier {
  /**
   * Returns the identity that a bearer token proves, or the reason why it proves none. Throws
   * `IssuerUnreachable` when the issuer's keys cannot be read, so that nothing can be said about the token.
   */
  identify(authorization: string): Promise<TokenHolder | TokenRefusal>;
  /**
   * Throws `ConfigError` when the issuer's discovery document names another issuer than the configured one.
   */
  check(): Promise<void>;
  /** The reason why sign-ins could not be checked when the issuer was last asked, or null. */
  problem(): string | null;
}

export interface IdentityOptions {
  /** The issuer exactly as it stands in the tokens. Its discovery document lies below this address. */
  readonly issuer: string;
  readonly audience: string;
  /** Whether an address counts when the issuer does not say whether it has verified it. */
  readonly trustEmail?: boolean;
  /** Settings for the requests to the issuer that differ from the defaults. */
  readonly asking?: Partial<IssuerOptions>;
}

// Only asymmetric algorithms are accepted. With a symmetric one, whoever can verify a token can also make
// one.
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  // RFC 9864 gives the second name to what was meant by the first.
  ...['EdDSA', 'Ed25519'],
];
/**
 * These are the types of access tokens and ID tokens. Other tokens of the same issuer, e.g. logout tokens,
 * were not made to sign anyone in.
 */
const TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt']);
const CLOCK_TOLERANCE_S = 30;
const ASKING: IssuerOptions = { jwksCooldownMs: 5_000, timeoutMs: 5_000 };
const VERIFIED_KEPT = 10_000;
const VERIFIED_FOR_MS = 60_000;
/** Node takes 16 KB of headers, unless it is told otherwise. Access tokens with many groups are long. */
const MAX_HEADER_LENGTH = 15_360;

export function createIdentityVerifier(options: IdentityOptions): IdentityVerifier {
  // Checking a signature takes longer than everything else that finds out who asks. The result is kept for
  // the same token until it expires or the issuer's keys are fetched again. What the person may do is read
  // from the database each time.
  const verified = new LRUCache<string, VerifiedToken>({ ...atMost(VERIFIED_KEPT), ttl: VERIFIED_FOR_MS });
  const issuer = new Issuer(options.issuer, { ...ASKING, ...options.asking }, () => verified.clear());
  const addresses = new VerifiedAddresses(issuer, options.trustEmail ?? false);
  return {
    async identify(authorization) {
      if (authorization.length > MAX_HEADER_LENGTH) return 'TOO_LONG';
      const token = bearerToken(authorization);
      if (token === null) return 'NOT_A_BEARER_TOKEN';
      const known = verified.get(token);
      if (known && isInForce(known.payload)) return known.holder;
      const payload = await verifyWithNewestKeys(token, issuer, options);
      if (typeof payload === 'string') return payload;
      const holder = { digest: digestOf(payload), address: () => addresses.of(payload, token) };
      verified.set(token, { payload, holder });
      return holder;
    },
    check: () => issuer.check(),
    problem: () => issuer.problem,
  };
}

function bearerToken(authorization: string): string | null {
  return /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1] ?? null;
}

function isInForce({ exp = 0 }: JWTPayload): boolean {
  return exp + CLOCK_TOLERANCE_S > Date.now() / 1000;
}

// The issuer may publish another key under the name of an earlier one.
async function verifyWithNewestKeys(
  token: string,
  issuer: Issuer,
  options: IdentityOptions,
): Promise<JWTPayload | TokenRefusal> {
  const keys = await issuer.keys();
  const seenReloads = issuer.reloads;
  let outcome = await verify(token, keys, options);
  const doesNotFit = outcome === 'SIGNATURE' || outcome instanceof UnusableSigningKey;
  if (doesNotFit && (await issuer.reloadKeys(seenReloads)))
    outcome = await verify(token, await issuer.keys(), options);
  if (outcome instanceof UnusableSigningKey) throw issuer.note(outcome);
  return outcome;
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  { issuer, audience }: IdentityOptions,
): Promise<JWTPayload | TokenRefusal | UnusableSigningKey> {
  const requirements = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', 'sub'],
  };
  try {
    const { payload, protectedHeader } = await verifyWithAnyKey(token, keys, requirements);
    if (!TYPES.has(typeOf(protectedHeader.typ))) return 'TYPE';
    return typeof payload.sub === 'string' && payload.sub !== '' ? payload : 'CLAIMS';
  } catch (error) {
    if (error instanceof IssuerUnreachable) throw error;
    if (isFaultOfIssuer(error)) return new UnusableSigningKey();
    const refusal = refusalOf(error as errors.JOSEError);
    // A token of another issuer fits no key of this one. That it comes from another issuer is the more useful
    // reason.
    const isOfKey = refusal === 'UNKNOWN_KEY' || refusal === 'SIGNATURE';
    return isOfKey && issuerOf(token) !== issuer ? 'ISSUER' : refusal;
  }
}

// Some issuers name no key in their tokens. While they publish several, as in a rotation, any may be it.
async function verifyWithAnyKey(
  token: string,
  keys: JWTVerifyGetKey,
  requirements: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(token, keys, requirements);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let failure: unknown = new errors.JWSSignatureVerificationFailed();
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, requirements);
      } catch (reason) {
        // Only the key that has signed the token comes as far as to its claims.
        if (isFaultOfIssuer(reason)) failure = reason;
        else if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      }
    }
    throw failure;
  }
}

// A media type may stand with or without its first half, in upper or lower case (RFC 7515, 4.1.9).
function typeOf(typ: unknown): unknown {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
}

const REFUSALS: Readonly<Partial<Record<string, TokenRefusal>>> = {
  ERR_JWT_EXPIRED: 'EXPIRED',
  ERR_JOSE_ALG_NOT_ALLOWED: 'ALGORITHM',
  ERR_JOSE_NOT_SUPPORTED: 'ALGORITHM',
  ERR_JWKS_NO_MATCHING_KEY: 'UNKNOWN_KEY',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'SIGNATURE',
};
const CLAIM_REFUSALS: Readonly<Partial<Record<string, TokenRefusal>>> = {
  iss: 'ISSUER',
  aud: 'AUDIENCE',
  nbf: 'NOT_YET_VALID',
};

function refusalOf(error: errors.JOSEError): TokenRefusal {
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_REFUSALS[error.claim] ?? 'CLAIMS';
  return REFUSALS[error.code] ?? 'NOT_A_JWT';
}

function issuerOf(token: string): unknown {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

// For a key that is a private one, `jose` raises an error of key sets. For one that is broken, it passes on
// what the platform raises.
function isFaultOfIssuer(error: unknown): boolean {
  return !(error instanceof errors.JOSEError) || error instanceof errors.JWKSInvalid;
}

// The verification has required both claims.
function digestOf({ iss = '', sub = '' }: JWTPayload): string {
  return identityDigest(iss, sub);
}
