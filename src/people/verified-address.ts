import { LRUCache } from 'lru-cache';
import type { Address } from '../access/identity';
import { atMost } from '../platform/at-most';
import { IssuerRefuses, type Claims, type Issuer } from './issuer';

type Subject = Claims & { readonly sub?: string };

const KEPT = 10_000;
/**
 * The answer of the userinfo endpoint about a person holds for this time in milliseconds, also when it said
 * nothing.
 */
const KEPT_FOR_MS = 120_000;
const FAILURE_KEPT_FOR_MS = 3_000;

const NO_ADDRESS: Address = { email: null, refusal: 'NO_ADDRESS' };
const NOT_VERIFIED: Address = { email: null, refusal: 'ADDRESS_NOT_VERIFIED' };
const FAILED: Address = { email: null, refusal: 'USERINFO_FAILED' };
/** The endpoint takes no such token, e.g. because it belongs to another service. */
const REFUSED: Address = { ...FAILED };

/**
 * The e-mail addresses that the issuer has verified. Most access tokens carry none. Then the issuer's
 * userinfo endpoint is asked with the person's own token, and its answer is kept for two minutes for each
 * person, so that nobody can make Latchkey ask without end. A failure says nothing about the person, and is
 * kept for a few seconds only.
 */
export class VerifiedAddresses {
  readonly #asked = new LRUCache<string, Promise<Address>>({ ...atMost(KEPT), ttl: KEPT_FOR_MS });

  constructor(
    private readonly issuer: Issuer,
    /** Whether an address counts when the issuer does not say whether it has verified it. */
    private readonly trustEmail: boolean,
  ) {}

  /**
   * Reads the claims of a token, and asks the issuer when they do not say that the address is verified. What
   * the issuer denies, in the token or at its endpoint, never counts.
   */
  async of(claims: Subject, token: string): Promise<Address> {
    const told = this.#read(claims);
    if (isDenied(claims) || (told.email !== null && isVerified(claims))) return told;
    const answer = await this.#askOnce(claims.sub ?? '', token);
    if (answer.refusal === 'NO_ADDRESS') return told;
    // The address of the token is trusted unless the endpoint denies it, or could not be asked.
    return told.email !== null && (answer.email !== null || answer === REFUSED) ? told : answer;
  }

  #askOnce(subject: string, token: string): Promise<Address> {
    const known = this.#asked.get(subject);
    if (known) return known;
    const asked = this.#ask(subject, token);
    this.#asked.set(subject, asked);
    void asked.then(({ refusal }) => {
      if (refusal === 'USERINFO_FAILED') this.#asked.set(subject, asked, { ttl: FAILURE_KEPT_FOR_MS });
    });
    return asked;
  }

  async #ask(subject: string, token: string): Promise<Address> {
    try {
      const claims = await this.issuer.userinfo(token);
      // An answer about somebody else must not be used (OpenID Connect Core, 5.3.2).
      return claims?.sub === subject ? this.#read(claims) : NO_ADDRESS;
    } catch (error) {
      return error instanceof IssuerRefuses ? REFUSED : FAILED;
    }
  }

  #read(claims: Claims): Address {
    if (isDenied(claims)) return NOT_VERIFIED;
    const { email } = claims;
    if (typeof email !== 'string' || email.trim() === '') return NO_ADDRESS;
    return isVerified(claims) || this.trustEmail ? { email, refusal: null } : NOT_VERIFIED;
  }
}

// Some issuers send `email_verified` as text.
function isVerified({ email_verified: verified }: Claims): boolean {
  return verified === true || verified === 'true';
}

/** Whatever an issuer says that does not mean that the address is verified denies it. */
function isDenied(claims: Claims): boolean {
  return (claims.email_verified ?? null) !== null && !isVerified(claims);
}
