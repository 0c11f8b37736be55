import type { Origin } from './viewer';

/** Someone whom the issuer vouches for, whether or not an agency knows them. */
export interface Identity {
  /** The digest of the issuer and the subject of the token, by which people are recognised. */
  readonly digest: string;
  readonly origin: Origin;
  /**
   * Returns the e-mail address that the issuer has verified. It asks the issuer if the token does not name
   * it, and never rejects.
   */
  address(): Promise<Address>;
}

/** The verified e-mail address of someone, or why there is none. */
export type Address =
  | { readonly email: string; readonly refusal: null }
  | { readonly email: null; readonly refusal: AddressRefusal };

/** The reason is meant for the log alone. */
export type AddressRefusal = 'NO_ADDRESS' | 'ADDRESS_NOT_VERIFIED' | 'USERINFO_FAILED';
