import { LRUCache } from 'lru-cache';
import type { Address } from '../access/identity';
import type { Claims, Issuer } from './issuer';

type Subject = Claims & { readonly sub?: string };

const KEPT = 10_000;
/**
 * The answer of the userinfo endpoint about a person holds for this time in milliseconds, also when it said
 * nothing.
 */
const KEPT_FOR_MS = 120_000;
const FAILURE_KEPT_FOR_MS = 3_000;

/**
 * The e-mail addresses that the issuer has verified. Most access tokens carry none. Then the issuer's
 * userinfo endpoint is asked with the person's own token, and its answer is kept for two minutes for each
 * person, so that nobody can make Latchkey ask without end. A failure says nothing about the person, and is
 * kept for a few seconds only.
 */
export class VerifiedAddresses {
  readonly #asked = new LRUCache<string, Promise<Address>>({ max: KEPT, ttl: KEPT_FOR_MS });

  constructor(
    private readonly issuer: Issuer,
    /** Whether an address counts when the issuer does not say whether it has verified it. */
    private readonly trustEmail: boolean,
  ) {}

  /** Reads the claims of a token, and asks the issuer when they do not tell the address. */
  async of(claims: Subject, token: string): Promise<Address> {
    const told = this.#read(claims);
    const isTold = claims.email !== undefined && claims.email_verified !== undefined;
    if (told.refusal === null || isTold) return told;
    const answer = await this.#askOnce(claims.sub ?? '', token);
    return answer.refusal === 'NO_ADDRESS' ? told : answer;
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
      return claims?.sub === subject ? this.#read(claims) : { email: null, refusal: 'NO_ADDRESS' };
    } catch {
      return { email: null, refusal: 'USERINFO_FAILED' };
    }
  }

  // Some issuers send `email_verified` as text.
  #read({ email, email_verified: verified }: Claims): Address {
    if (typeof email !== 'string' || email.trim() === '') return { email: null, refusal: 'NO_ADDRESS' };
    const counts =
      verified === true || verified === 'true' || (this.trustEmail && (verified ?? null) === null);
    return counts ? { email, refusal: null } : { email: null, refusal: 'ADDRESS_NOT_VERIFIED' };
  }
}
