import type { Origin } from './viewer';

/** Someone whom the issuer vouches for, whether or not an agency knows them. */
export interface Identity {
  /** By which people are known: the digest of the issuer and the subject of their tokens. */
  readonly digest: string;
  readonly origin: Origin;
  /** The e-mail address that the issuer has verified. Asks the issuer where the token does not tell. Never rejects. */
  address(): Promise<Address>;
}

/** The verified e-mail address of someone, or why there is none. */
export type Address =
  | { readonly email: string; readonly refusal: null }
  | { readonly email: null; readonly refusal: AddressRefusal };

/** For the log alone. */
export type AddressRefusal = 'NO_ADDRESS' | 'ADDRESS_NOT_VERIFIED' | 'USERINFO_FAILED';
